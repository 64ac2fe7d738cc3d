// Photos that are yet to be sent, kept in the browser's database through a reload. Where that
// is switched off or full they are kept in memory: then a reload forgets them.

const NAME = "lifeline";
const STORE = "photos";
const STALE_MILLISECONDS = 12 * 3600 * 1000;

const inMemory = new Map();
let opened;

export async function keepPhoto(id, blob) {
  inMemory.set(id, blob);
  await doing("readwrite", (store) => store.put({ id, blob, at: Date.now() }));
}

export async function keptPhoto(id) {
  return inMemory.get(id) ?? (await doing("readonly", (store) => store.get(id)))?.blob;
}

export async function dropPhoto(id) {
  inMemory.delete(id);
  await doing("readwrite", (store) => store.delete(id));
}

// What a closed page left behind is of no use to anybody.
export async function dropOldPhotos() {
  const old = Date.now() - STALE_MILLISECONDS;
  const kept = (await doing("readonly", (store) => store.getAll())) ?? [];
  for (const { id, at } of kept) if (at < old) await dropPhoto(id);
}

async function doing(mode, work) {
  try {
    opened ??= open();
    const store = (await opened).transaction(STORE, mode).objectStore(STORE);
    return await settled(work(store));
  } catch {
    return undefined; // see above
  }
}

function open() {
  const request = indexedDB.open(NAME, 1);
  request.addEventListener("upgradeneeded", () => {
    request.result.createObjectStore(STORE, { keyPath: "id" });
  });
  return settled(request);
}

function settled(request) {
  return new Promise((done, failed) => {
    request.addEventListener("success", () => done(request.result));
    request.addEventListener("error", () => failed(request.error));
  });
}
