// What was said and not yet answered. Each message keeps its id, so that sending it again
// has no second effect, also after a reload.

import { keep, recall } from "./keep.js";
import { postJson } from "./service.js";

const WAITS = [1000, 2000, 4000, 8000, 15000];
// Messages arrive in the order they were written, but a call for help does not wait for long
// behind a question that is stuck.
const TURN_MILLISECONDS = 1500;
const STALE_MILLISECONDS = 12 * 3600 * 1000;

export class Outbox {
  #messages;
  #sending = new Set();
  #latest = Promise.resolve();
  #failures = 0;
  #timer;
  #on;

  // `on`: expected(id, text), answered(id, turn), delayed(id), refused(id, why).
  constructor(on) {
    this.#on = on;
    const old = Date.now() - STALE_MILLISECONDS;
    this.#messages = recall("sessionStorage", "outbox", []).filter(({ at }) => at > old);
  }

  // Shows and sends what an earlier load of the page could not.
  resume() {
    for (const { id, text } of this.#messages) this.#on.expected(id, text);
    this.retry();
  }

  send(text) {
    const message = { id: newId(), text, at: Date.now() };
    this.#messages.push(message);
    this.#save();
    this.#on.expected(message.id, text);
    this.#sending.add(message.id);
    const turn = Promise.race([this.#latest, new Promise((done) => setTimeout(done, TURN_MILLISECONDS))]);
    this.#latest = turn.then(() => this.#attempt(message));
  }

  // In the order they were said: 「1」 means something only after what came before it.
  async retry() {
    clearTimeout(this.#timer);
    for (const message of [...this.#messages]) {
      if (!this.#sending.has(message.id)) await this.#attempt(message);
    }
  }

  async #attempt(message) {
    this.#sending.add(message.id);
    try {
      const { id, text } = message;
      const answer = await postJson("/chat/messages", { id, text });
      this.#failures = 0;
      this.#drop(message);
      if (answer.refused) this.#on.refused(id, answer.refused);
      else this.#on.answered(id, answer.turn);
    } catch {
      this.#on.delayed(message.id);
      this.#retryLater();
    } finally {
      this.#sending.delete(message.id);
    }
  }

  #retryLater() {
    const wait = WAITS[Math.min(this.#failures, WAITS.length - 1)];
    this.#failures += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.retry(), wait);
  }

  #drop(message) {
    this.#messages = this.#messages.filter(({ id }) => id !== message.id);
    this.#save();
  }

  #save() {
    keep("sessionStorage", "outbox", this.#messages);
  }
}

// crypto.randomUUID is missing on plain http in a local network.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
