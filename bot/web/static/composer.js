// The field to write in. Enter sends; an input method's Enter only picks a word.

import { keep, recall } from "./keep.js";

const IME_KEY = 229; // Safari ends the composition before it reports the Enter that ended it.

export class Composer {
  #field;
  #send;

  constructor(form, field, send) {
    this.#field = field;
    this.#send = send;
    field.value = recall("sessionStorage", "draft", "");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    field.addEventListener("keydown", (event) => this.#onKey(event));
    field.addEventListener("input", () => this.#changed());
    this.#changed();
  }

  #onKey(event) {
    const composing = event.isComposing || event.keyCode === IME_KEY;
    if (event.key !== "Enter" || event.shiftKey || composing) return;
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const text = this.#field.value.trim();
    if (!text) return this.#field.focus();
    this.#field.value = "";
    this.#changed();
    // A phone's keyboard would cover half of the answer.
    if (matchMedia("(pointer: coarse)").matches) this.#field.blur();
    else this.#field.focus();
    this.#send(text);
  }

  #changed() {
    keep("sessionStorage", "draft", this.#field.value);
    this.#field.style.height = "auto";
    this.#field.style.height = `${this.#field.scrollHeight + 2}px`;
  }
}
