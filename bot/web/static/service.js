// Calls to the service.

const PATIENCE_MILLISECONDS = 15000;

// Returns the answer, or {refused: why} when sending the same again cannot help.
// Throws when it may.
export async function postJson(path, body) {
  const response = await patiently(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (response.ok) return response.json();
  if (response.status >= 500 || response.status === 429) throw new Error(`${response.status}`);
  return { refused: await reason(response) };
}

// Returns the person's turns after the one given, oldest first.
export async function turnsAfter(last) {
  const response = await patiently(`/chat/history?after=${last}`, {});
  if (!response.ok) throw new Error(`${response.status}`);
  return (await response.json()).turns;
}

async function patiently(path, options) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MILLISECONDS);
  try {
    return await fetch(path, { ...options, signal: stop.signal });
  } finally {
    clearTimeout(timer);
  }
}

async function reason(response) {
  try {
    return (await response.json()).error ?? "没发出去，请刷新页面再试。";
  } catch {
    return "没发出去，请刷新页面再试。";
  }
}
