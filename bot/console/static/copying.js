// Copies a text with one tap; where there is no clipboard the text is selected for a long press.

const DONE_MILLISECONDS = 4000;

const select = (text) => {
  const range = document.createRange();
  range.selectNodeContents(text);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  text.focus();
};

const say = (button, words) => {
  const before = button.dataset.words ?? button.textContent;
  button.dataset.words = before;
  button.textContent = words;
  setTimeout(() => { button.textContent = before; }, DONE_MILLISECONDS);
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy);
  select(text);
  try {
    // Missing on plain http and in some chat apps.
    await navigator.clipboard.writeText(text.textContent);
    say(button, "复制好了");
  } catch {
    say(button, "已选中，请长按复制");
  }
});
