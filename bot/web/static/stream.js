// The stream of what is new, kept open while the page is seen. Hidden pages close theirs:
// a browser has only six connections to a host, and messages need one.

import { turnsAfter } from "./service.js";

const WAITS = [1000, 2000, 5000, 10000, 20000];

export class Stream {
  #source;
  #timer;
  #failures = 0;
  #on;

  // `on`: last() → id, turn(turn), online(), offline().
  constructor(on) {
    this.#on = on;
    const follow = () => (document.hidden ? this.#close() : this.#open());
    document.addEventListener("visibilitychange", follow);
    window.addEventListener("pageshow", follow);
    window.addEventListener("online", () => {
      this.#close();
      follow();
    });
    window.addEventListener("offline", () => this.#lost());
    window.addEventListener("pagehide", () => this.#close());
    follow();
  }

  #open() {
    if (this.#source) return;
    clearTimeout(this.#timer);
    const source = new EventSource(`/chat/events?after=${this.#on.last()}`);
    this.#source = source;
    source.addEventListener("open", () => {
      this.#failures = 0;
      this.#on.online();
    });
    source.addEventListener("turn", (event) => this.#on.turn(JSON.parse(event.data)));
    source.addEventListener("error", () => this.#broken());
  }

  #close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
  }

  #lost() {
    this.#on.offline();
    this.#broken();
  }

  // A stream can break where plain requests still work (a proxy, too many pages): ask
  // before saying that the network is gone, and take what is new while asking.
  async #broken() {
    this.#close();
    const wait = WAITS[Math.min(this.#failures, WAITS.length - 1)];
    this.#failures += 1;
    this.#timer = setTimeout(() => this.#open(), wait);
    try {
      for (const turn of await turnsAfter(this.#on.last())) this.#on.turn(turn);
      this.#on.online();
    } catch {
      this.#on.offline();
    }
  }
}
