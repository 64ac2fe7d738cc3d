// What was said, shown or sent and not yet answered. Each message keeps its id, so that sending
// it again has no second effect, also after a reload.

import { keep, recall } from "./keep.js";
import { postJson, postPhoto } from "./service.js";
import { dropOldPhotos, dropPhoto, keepPhoto, keptPhoto } from "./shelf.js";

const WAITS = [1000, 2000, 4000, 8000, 15000];
// Messages arrive in the order they were written, but a call for help does not wait for long
// behind a question that is stuck.
const TURN_MILLISECONDS = 1500;
const STALE_MILLISECONDS = 12 * 3600 * 1000;
const PHOTO_LOST = "这张照片没有留住，请再发一次。";

// A message is {id, at} with `text`, with `place`, or with `isPhoto`.
export class Outbox {
  #messages;
  #sending = new Set();
  #latest = Promise.resolve();
  #latestPhoto = Promise.resolve();
  #failures = 0;
  #timer;
  #on;

  // `on`: expected(message, photo), answered(message, turn), delayed(id), refused(id, why),
  // progress(id, part).
  constructor(on) {
    this.#on = on;
    const old = Date.now() - STALE_MILLISECONDS;
    this.#messages = recall("sessionStorage", "outbox", []).filter(({ at }) => at > old);
  }

  // Shows and sends what an earlier load of the page could not.
  async resume() {
    for (const message of [...this.#messages]) {
      this.#on.expected(message, message.isPhoto ? await keptPhoto(message.id) : undefined);
    }
    this.retry();
    dropOldPhotos();
  }

  send(text) {
    const message = this.#added({ text });
    this.#on.expected(message);
    this.#queue(message);
  }

  sendPlace(place) {
    const message = this.#added({ place });
    this.#on.expected(message);
    this.#queue(message);
  }

  // Photos go one at a time; the browser's database need not be waited for.
  sendPhoto(photo) {
    const message = this.#added({ isPhoto: true });
    this.#on.expected(message, photo);
    keepPhoto(message.id, photo);
    this.#latestPhoto = this.#queue(message, this.#latestPhoto);
  }

  // In the order they were said: 「1」 means something only after what came before it. Photos
  // take long, and nothing waits for theirs.
  async retry() {
    clearTimeout(this.#timer);
    await Promise.all([this.#retryAll(false), this.#retryAll(true)]);
  }

  async #retryAll(isPhoto) {
    for (const message of [...this.#messages]) {
      if (Boolean(message.isPhoto) !== isPhoto || this.#sending.has(message.id)) continue;
      await this.#attempt(message);
    }
  }

  #added(message) {
    const added = { id: newId(), at: Date.now(), ...message };
    this.#messages.push(added);
    this.#save();
    return added;
  }

  #queue(message, before = undefined) {
    this.#sending.add(message.id);
    const turn = Promise.race([this.#latest, new Promise((done) => setTimeout(done, TURN_MILLISECONDS))]);
    this.#latest = Promise.all([turn, before]).then(() => this.#attempt(message));
    return this.#latest;
  }

  async #attempt(message) {
    this.#sending.add(message.id);
    try {
      const answer = await this.#post(message);
      this.#failures = 0;
      this.#drop(message);
      if (answer.refused) this.#on.refused(message.id, answer.refused);
      else this.#on.answered(message, answer.turn);
    } catch {
      this.#on.delayed(message.id);
      this.#retryLater();
    } finally {
      this.#sending.delete(message.id);
    }
  }

  async #post({ id, text = "", place, isPhoto }) {
    if (!isPhoto) return postJson("/chat/messages", place ? { id, text, place } : { id, text });
    const photo = await keptPhoto(id);
    if (!photo) return { refused: PHOTO_LOST };
    return postPhoto("/chat/photos", id, photo, (part) => this.#on.progress(id, part));
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
    if (message.isPhoto) dropPhoto(message.id);
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
