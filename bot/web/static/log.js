// The conversation as shown: what was said, what came back, in order and once.

import { make } from "./dom.js";
import { thumbnail } from "./pictures.js";
import { isUrgent, replyElement } from "./replies.js";

const SLOW_MILLISECONDS = 500;
// In the place of what cannot be shown again.
const STANDING = { photo: "〔照片〕", place: "〔位置〕" };
const RECEIVED = "收到";

export class Log {
  #log;
  #alarm;
  #actions;
  #shown = new Set();
  #waiting = new Map();
  last = 0;

  // `actions`: choose(label), rate(turn id, useful), isRated(turn id), pickPhotos(), sendPlace(),
  // sentAs(turn id) → "photo", "place" or undefined.
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

  // Shows what the person just said or sent, before there is an answer.
  expect(message, photo) {
    const note = make("p", { class: "note" });
    const said = this.#said(message.text ?? STANDING[kindOf(message)], note);
    if (photo) this.#picture(said, photo);
    this.#waiting.set(message.id, { said, note, text: message.text });
    const isWaiting = () => this.#waiting.has(message.id) && !note.hasChildNodes();
    setTimeout(() => isWaiting() && this.#dots(note), SLOW_MILLISECONDS);
    this.#log.append(said);
    this.#retire();
    this.#show(said);
  }

  // How much of a photo has left.
  progress(id, part) {
    const note = this.#waiting.get(id)?.note;
    if (!note) return;
    const bar = note.querySelector("progress") ?? make("progress", { max: "1", "aria-label": "正在发照片" });
    if (!bar.parentElement) {
      note.className = "note";
      note.replaceChildren(bar);
    }
    bar.value = part;
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
    if (isKnown) return this.#meet(waiting, turn);
    this.#end(waiting, turn);
    this.#remember(turn);
    waiting.said.after(...this.#replies(turn));
    this.#announce(turn);
    if (waiting.said === this.#latestSaid()) this.#show(waiting.said);
  }

  // The stream was faster: of words it has brought both, of a photo or a place the answer alone.
  #meet(waiting, turn) {
    if (waiting.text !== undefined) return waiting.said.remove();
    this.#end(waiting, turn);
    this.#log.querySelector(`[data-turn="${turn.id}"]`)?.before(waiting.said);
  }

  #end({ said, note, text }, turn) {
    if (text === undefined && !turn.replies.length) {
      note.className = "note";
      note.textContent = RECEIVED;
    } else {
      note.remove();
    }
    said.dataset.settled = "yes";
  }

  // Something new from elsewhere: another page of this person, or a later delivery.
  arrive(turn) {
    if (this.#isShown(turn)) return;
    for (const [id, waiting] of this.#waiting) {
      if (turn.said && waiting.text === turn.said) return this.settle(id, turn);
    }
    const isAtEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 120;
    const first = this.#append(turn);
    this.#announce(turn);
    if (first && isAtEnd) this.#show(first);
  }

  #append(turn, next = null) {
    if (this.#isShown(turn)) return undefined;
    this.#retire();
    this.#remember(turn);
    const elements = this.#replies(turn);
    const said = turn.said || STANDING[this.#actions.sentAs(turn.id)];
    if (said) elements.unshift(this.#said(said));
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
    const { choose, pickPhotos, sendPlace, isRated } = this.#actions;
    const rate = turn.id !== null && !isRated(turn.id)
      ? (useful) => this.#actions.rate(turn.id, useful)
      : undefined;
    return turn.replies.map((reply) => {
      const element = replyElement(reply, { choose, rate, pickPhotos, sendPlace });
      element.dataset.turn = turn.id;
      return element;
    });
  }

  #said(text, ...more) {
    const who = make("span", { class: "unseen" }, "你说：");
    return make("article", { class: "said", "aria-live": "off", tabindex: "-1" }, make("p", {}, who, text), ...more);
  }

  async #picture(said, photo) {
    const picture = await thumbnail(photo);
    if (!picture) return;
    const [who] = said.firstElementChild.childNodes;
    said.classList.add("photo");
    said.firstElementChild.replaceChildren(who, picture);
    if (said === this.#latestSaid() && !said.dataset.settled) this.#show(said);
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

// What a message without words is.
export function kindOf(message) {
  if (message.isPhoto) return "photo";
  return message.place ? "place" : undefined;
}
