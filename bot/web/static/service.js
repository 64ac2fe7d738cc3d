// Calls to the service.

const PATIENCE_MILLISECONDS = 15000;
// A photo may take minutes over a weak network, as long as it gets on.
const STALLED_MILLISECONDS = 30000;
const NOT_SENT = "没发出去，请刷新页面再试。";

// Returns the answer, or {refused: why} when sending the same again cannot help.
// Throws when it may.
export async function postJson(path, body) {
  const response = await patiently(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (response.ok) return response.json();
  if (isPassing(response.status)) throw new Error(`${response.status}`);
  return { refused: reason(await response.text()) };
}

// Sends one photo; `onProgress` gets how much of it has left, from 0 to 1.
// Returns and throws as postJson.
export function postPhoto(path, id, photo, onProgress) {
  const form = new FormData();
  form.append("id", id);
  form.append("photo", photo, "photo");
  const request = new XMLHttpRequest(); // fetch tells nothing of what has left
  return new Promise((done, failed) => {
    let timer;
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), STALLED_MILLISECONDS);
    };
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      wait();
      onProgress(total ? loaded / total : 0);
    });
    request.addEventListener("loadend", () => {
      clearTimeout(timer);
      const { status, responseText } = request;
      if (!status || isPassing(status)) failed(new Error(`${status}`));
      else if (status < 300) done(JSON.parse(responseText));
      else done({ refused: reason(responseText) });
    });
    request.open("POST", path);
    wait();
    request.send(form);
  });
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

function isPassing(status) {
  return status >= 500 || status === 429;
}

function reason(text) {
  try {
    return JSON.parse(text).error ?? NOT_SENT;
  } catch {
    return NOT_SENT;
  }
}
