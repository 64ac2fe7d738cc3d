// Keeps the pages of work outside, so that they open in a stairwell without a network. What was
// filled in is not here but in the browser's database: see field_queue.js.

const CACHE = "lifeline-field";
const PAGES = new Set(["/console/field", "/console/field/spot"]);
const STATIC = "/console/static/";
// A network that hangs is worse than none.
const PATIENCE_MILLISECONDS = 5000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname.startsWith(STATIC)) event.respondWith(keptFirst(request));
  else if (request.mode === "navigate" && PAGES.has(pathname)) {
    event.respondWith(networkFirst(request, pathname));
  }
});

async function keptFirst(request) {
  return (await caches.match(request.url, { ignoreVary: true })) ?? fetch(request);
}

// The page as it is now is kept for later; a building that was scanned is not part of that.
async function networkFirst(request, pathname) {
  const kept = await caches.match(pathname, { ignoreVary: true });
  try {
    const response = await (kept ? soon(fetch(request)) : fetch(request));
    if (response.ok && !new URL(request.url).search) {
      const copy = response.clone();
      await (await caches.open(CACHE)).put(pathname, copy);
    }
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
