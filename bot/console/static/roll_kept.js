// What the roll call's page keeps on this phone: the last list, and each tap until the service has
// it. Every tap has a UUID, so that sending it again has no second effect. A session that has
// ended keeps them all: they wait until the same person signs in again.

const LIST = "lifeline-roll-list:";
const TAP = "lifeline-roll-tap:";
const PATIENCE_MILLISECONDS = 15_000;

export const OFFLINE = "offline";
export const SIGNED_OUT = "signed-out";
export const NOT_YOURS = "not-yours";

export class Kept {
  #path;
  #staff;
  #csrf = "";
  #etag = "";
  #isSending = false;

  constructor(path, staff) {
    this.#path = path;
    this.#staff = staff;
  }

  // The last list that was fetched, undefined before the first: {staff, skew, ...}.
  get list() {
    const kept = read(LIST + this.#path);
    return kept?.staff === this.#staff ? kept : undefined;
  }

  // What this person tapped here, the earliest first: {id, kind, at, values, line, state, why}.
  get taps() {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(TAP));
    const own = keys.map(read).filter((tap) => tap?.path === this.#path && tap.staff === this.#staff);
    return own.sort((one, other) => one.order - other.order);
  }

  get pending() {
    return this.taps.filter(({ state }) => state === "pending");
  }

  // Throws when this browser keeps nothing. The time is this phone's, set right by the service's.
  add(kind, values, label) {
    const order = Math.max(0, ...this.taps.map((tap) => tap.order)) + 1;
    const at = Date.now() + (this.list?.skew ?? 0);
    const tap = { id: newId(), kind, at, values, label, order, path: this.#path, staff: this.#staff, state: "pending" };
    localStorage.setItem(TAP + tap.id, JSON.stringify(tap));
  }

  drop(id) {
    localStorage.removeItem(TAP + id);
  }

  // Sends what waits, then fetches the list. Returns what is in the way, "" for nothing.
  async synchronise(shown) {
    if (this.#isSending) return undefined;
    this.#isSending = true;
    try {
      let trouble = this.#csrf ? "" : await this.#fetch();
      for (const tap of trouble ? [] : this.pending) {
        trouble = await this.#send(tap);
        if (trouble) break;
        shown();
      }
      return trouble || (await this.#fetch());
    } catch {
      return OFFLINE;
    } finally {
      this.#isSending = false;
    }
  }

  // Does something that needs the network now; returns {words} or {why}.
  async act(form) {
    if (!this.#csrf) await this.#fetch();
    const body = new FormData(form);
    body.set("csrf", this.#csrf);
    const response = await patiently(form.getAttribute("action"), { method: "POST", headers: { Accept: "application/json" }, body });
    if (response.ok || response.status === 422) return response.json();
    throw new Error(`${response.status}`);
  }

  async #fetch() {
    const headers = this.#etag && this.list ? { "If-None-Match": this.#etag } : {};
    const response = await patiently(`${this.#path}.json`, { headers });
    if (response.status === 304) return "";
    const trouble = troubleOf(response);
    if (trouble) {
      this.#csrf = "";
      return trouble;
    }
    const { session, ...list } = await response.json();
    if (session.staff !== this.#staff) return SIGNED_OUT;
    this.#csrf = session.csrf;
    const skew = Number(response.headers.get("Lifeline-Now")) - Date.now();
    localStorage.setItem(LIST + this.#path, JSON.stringify({ ...list, skew, staff: this.#staff }));
    this.#etag = response.headers.get("ETag");
    return "";
  }

  async #send(tap) {
    const { id, kind, at, values } = tap;
    const response = await patiently(`${this.#path}/done`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": this.#csrf },
      body: JSON.stringify({ operation: id, kind, at: Math.round(at), values }),
    });
    if ([400, 409, 422].includes(response.status)) {
      const why = await response.json().then((said) => said.why, () => "没有记上，请再点一次。");
      localStorage.setItem(TAP + id, JSON.stringify({ ...tap, state: "refused", why }));
      return "";
    }
    const trouble = troubleOf(response);
    if (trouble) this.#csrf = "";
    // What the service has stays until the list that shows it was fetched.
    else localStorage.setItem(TAP + id, JSON.stringify({ ...tap, state: "received" }));
    return trouble;
  }

  // Once the list was fetched, it shows what the service has.
  settle() {
    for (const { id, state } of this.taps) if (state === "received") this.drop(id);
  }
}

// Whoever signs out leaves no list behind; what is not sent yet stays.
export function forgetLists() {
  for (const key of Object.keys(localStorage)) if (key.startsWith(LIST)) localStorage.removeItem(key);
}

function troubleOf(response) {
  if (response.ok) return "";
  if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) return SIGNED_OUT;
  if (response.status === 404) return NOT_YOURS;
  throw new Error(`${response.status}`);
}

async function patiently(path, options) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE_MILLISECONDS);
  try {
    return await fetch(path, { ...options, cache: "no-store", redirect: "manual", signal: stop.signal });
  } finally {
    clearTimeout(timer);
  }
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return undefined;
  }
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
