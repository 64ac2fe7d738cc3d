// Forms that were filled in outside, with their photos, kept in the browser's database until the
// service has them. Each has a UUID, so that sending it again has no second effect. A session
// that has ended keeps them all: they wait until the same person signs in again.

const NAME = "lifeline-field";
const STORE = "operations";
const DRAFT = "draft";
const AGAIN_MILLISECONDS = 20_000;
// What the service has is shown for a day, then forgotten.
const SHOWN_MILLISECONDS = 24 * 3600 * 1000;
const PATIENCE_MILLISECONDS = 120_000;

// One form: {id, staff, at, label, fields, photos: {name: {type, bytes}}, state, why, code},
// state being pending, received or refused.
export class Queue {
  #staff;
  #changed;
  #opened;
  #flushing = false;
  #isAskedAgain = false;
  #timer;

  // `changed(items, trouble)` shows them; `trouble` is "", "offline", "signed-out" or "other".
  constructor(staff, changed) {
    this.#staff = staff;
    this.#changed = changed;
  }

  // Throws when this browser keeps nothing: then the form is to be sent as it stands.
  async add(item) {
    await this.#do("readwrite", (store) => store.put({ ...item, staff: this.#staff, state: "pending" }));
    await this.show();
    this.flush().catch(() => undefined);
  }

  async keepDraft(fields, photos) {
    await this.#do("readwrite", (store) => store.put({ id: DRAFT, staff: this.#staff, fields, photos }));
  }

  async draft() {
    const kept = await this.#do("readonly", (store) => store.get(DRAFT));
    return kept?.staff === this.#staff ? kept : undefined;
  }

  async dropDraft() {
    await this.drop(DRAFT);
  }

  async drop(id) {
    await this.#do("readwrite", (store) => store.delete(id));
    await this.show();
  }

  async again(id) {
    const item = await this.#do("readonly", (store) => store.get(id));
    if (item) await this.#put({ ...item, state: "pending", why: "" });
    this.flush().catch(() => undefined);
  }

  // What others filled in on this phone is not for this one to see.
  async show(trouble) {
    const items = await this.#items();
    this.#changed(items.filter(({ staff }) => staff === this.#staff), trouble);
  }

  // Sends what waits, the earliest first; what cannot be sent now is tried again.
  async flush() {
    this.#isAskedAgain = true;
    if (this.#flushing) return;
    this.#flushing = true;
    clearTimeout(this.#timer);
    try {
      while (this.#isAskedAgain) {
        this.#isAskedAgain = false;
        await this.show(await this.#sendAll());
      }
    } finally {
      this.#flushing = false;
    }
  }

  async #sendAll() {
    const waiting = (await this.#items()).filter(({ state }) => state === "pending");
    if (!waiting.length) return "";
    try {
      const session = await sessionNow();
      if (!session) return "signed-out";
      const own = waiting.filter(({ staff }) => staff === session.staff);
      for (const item of own) {
        if (!(await this.#send(item, session.csrf))) return "signed-out";
        await this.show();
      }
      return own.length < waiting.length ? "other" : "";
    } catch {
      this.#timer = setTimeout(() => this.flush().catch(() => undefined), AGAIN_MILLISECONDS);
      return "offline";
    }
  }

  // Returns false when the session has ended; throws when it may work later.
  async #send(item, csrf) {
    const form = new FormData();
    for (const [name, value] of Object.entries(item.fields)) form.append(name, value);
    form.set("operation", item.id);
    for (const [name, { type, bytes }] of Object.entries(item.photos)) {
      form.append(name, new Blob([bytes], { type }), `${name}.jpg`);
    }
    const response = await patiently("/console/field/spot", {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRF-Token": csrf },
      body: form,
      redirect: "manual",
    });
    if (response.status === 401 || response.status === 403) return false;
    if (response.ok) {
      const { code, words } = await response.json();
      await this.#put({ ...item, photos: {}, state: "received", code, why: words });
    } else if (response.status === 413 || response.status === 422) {
      await this.#put({ ...item, state: "refused", why: await whyOf(response) });
    } else {
      throw new Error(`${response.status}`);
    }
    return true;
  }

  async #items() {
    const kept = (await this.#do("readonly", (store) => store.getAll())) ?? [];
    const old = Date.now() - SHOWN_MILLISECONDS;
    const shown = kept.filter(({ id, state, at }) => id !== DRAFT && !(state === "received" && at < old));
    return shown.sort((one, other) => one.at - other.at);
  }

  async #put(item) {
    await this.#do("readwrite", (store) => store.put(item));
  }

  async #do(mode, work) {
    this.#opened ??= opened();
    const store = (await this.#opened).transaction(STORE, mode).objectStore(STORE);
    return settled(work(store));
  }
}

// Returns {staff, csrf} of whoever is signed in now; undefined for nobody.
async function sessionNow() {
  const response = await patiently("/console/field/session", { redirect: "manual" });
  if (response.type === "opaqueredirect" || response.status === 401) return undefined;
  if (!response.ok) throw new Error(`${response.status}`);
  return response.json();
}

async function whyOf(response) {
  try {
    return (await response.json()).why;
  } catch {
    return "照片太大或表单不对，没有收。请删掉重新填。";
  }
}

async function patiently(path, options) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MILLISECONDS);
  try {
    return await fetch(path, { ...options, cache: "no-store", signal: stop.signal });
  } finally {
    clearTimeout(timer);
  }
}

function opened() {
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
