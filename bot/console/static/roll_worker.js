// Keeps the roll call's page, so that it opens at the assembly point without a network. The list
// and what was tapped are not here but in the browser's storage: see roll_kept.js.

const CACHE = "lifeline-roll";
const STATIC = "/console/static/";
const PAGE = new URL(self.registration.scope).pathname;
// A network that hangs is worse than none.
const PATIENCE_MILLISECONDS = 4000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname.startsWith(STATIC)) event.respondWith(keptFirst(request));
  else if (request.mode === "navigate" && pathname === PAGE) event.respondWith(networkFirst(request));
});

async function keptFirst(request) {
  return (await caches.match(request.url, { ignoreVary: true })) ?? fetch(request);
}

async function networkFirst(request) {
  const kept = await caches.match(PAGE, { ignoreVary: true });
  try {
    const response = await (kept ? soon(fetch(request)) : fetch(request));
    if (response.ok) await (await caches.open(CACHE)).put(PAGE, response.clone());
    return response;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

function soon(fetched) {
  const late = new Promise((_, failed) => {
    setTimeout(() => failed(new Error("no answer in time")), PATIENCE_MILLISECONDS);
  });
  return Promise.race([fetched, late]);
}
