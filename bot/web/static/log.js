// The conversation as shown: what was said, what came back, in order and once.

import { make } from "./dom.js";
import { isUrgent, replyElement } from "./replies.js";

const SLOW_MILLISECONDS = 500;

export class Log {
  #log;
  #alarm;
  #actions;
  #shown = new Set();
  #waiting = new Map();
  last = 0;

  // `actions`: choose(label), rate(turn id, useful), isRated(turn id).
  constructor(log, alarm, actions) {
    this.#log = log;
    this.#alarm = alarm;
    this.#actions = actions;
  }

  // What the page had already when it was opened is not read out.
  restore(turns) {
    const next = this.#log.querySelector("article");
    for (const turn of turns) this.#append(turn, next);
    const latest = this.#latestSaid();
    if (latest) this.#show(latest);
  }

  // Shows what the person just said, before there is an answer.
  expect(id, text) {
    const note = make("p", { class: "note" });
    const said = this.#said(text, note);
    this.#waiting.set(id, { said, note, text });
    setTimeout(() => this.#waiting.has(id) && !note.textContent && this.#dots(note), SLOW_MILLISECONDS);
    this.#log.append(said);
    this.#retire();
    this.#show(said);
  }

  note(id, text) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    waiting.note.className = "note failed";
    waiting.note.textContent = text;
  }

  fail(id, text) {
    this.note(id, text);
    this.#waiting.delete(id);
  }

  // The answer to something said on this page.
  settle(id, turn) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    const isKnown = this.#isShown(turn);
    if (!waiting) return isKnown ? undefined : this.arrive(turn);
    if (isKnown) return waiting.said.remove();
    waiting.note.remove();
    this.#remember(turn);
    waiting.said.after(...this.#replies(turn));
    this.#announce(turn);
    if (waiting.said === this.#latestSaid()) this.#show(waiting.said);
  }

  // Something new from elsewhere: another page of this person, or a later delivery.
  arrive(turn) {
    if (this.#isShown(turn)) return;
    for (const [id, waiting] of this.#waiting) {
      if (waiting.text === turn.said) return this.settle(id, turn);
    }
    const isAtEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 120;
    const first = this.#append(turn);
    this.#announce(turn);
    if (isAtEnd) this.#show(first);
  }

  #append(turn, next = null) {
    if (this.#isShown(turn)) return undefined;
    this.#retire();
    this.#remember(turn);
    const elements = this.#replies(turn);
    if (turn.said) elements.unshift(this.#said(turn.said));
    for (const element of elements) this.#log.insertBefore(element, next);
    return elements[0];
  }

  #latestSaid() {
    return [...this.#log.querySelectorAll(".said")].pop();
  }

  #isShown(turn) {
    return turn.id !== null && this.#shown.has(turn.id);
  }

  #remember(turn) {
    if (turn.id === null) return;
    this.#shown.add(turn.id);
    this.last = Math.max(this.last, turn.id);
  }

  #replies(turn) {
    return turn.replies.map((reply) => replyElement(reply, {
      choose: this.#actions.choose,
      rate: turn.id !== null && !this.#actions.isRated(turn.id)
        ? (useful) => this.#actions.rate(turn.id, useful)
        : undefined,
    }));
  }

  #said(text, ...more) {
    const who = make("span", { class: "unseen" }, "你说：");
    return make("article", { class: "said", "aria-live": "off", tabindex: "-1" }, make("p", {}, who, text), ...more);
  }

  #dots(note) {
    note.className = "note dots";
    note.append(make("span", { class: "unseen" }, "正在答"), make("i"), make("i"), make("i"));
  }

  // Takes away choices that meant something only at their time, without losing the focus.
  #retire() {
    for (const button of this.#log.querySelectorAll("button[data-passing]")) {
      const group = button.parentElement;
      const hadFocus = button === document.activeElement;
      if (hadFocus) group.closest(".reply").focus({ preventScroll: true });
      button.remove();
      if (!group.childElementCount) group.remove();
    }
  }

  #announce(turn) {
    const urgent = turn.replies.filter(isUrgent);
    if (urgent.length) this.#alarm.textContent = urgent.map((reply) => reply.text).join("\n");
  }

  // A long answer is read from its beginning: show from what was said, not from the end.
  #show(element) {
    const top = element.offsetTop - this.#log.offsetTop - 8;
    this.#log.scrollTop = Math.min(top, this.#log.scrollHeight - this.#log.clientHeight);
  }
}
