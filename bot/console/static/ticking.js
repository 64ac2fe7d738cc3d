// Ticks every case of the page at once.

const all = document.querySelector("[data-tick-all]");
all?.addEventListener("change", () => {
  for (const one of document.querySelectorAll("input[name=case]")) one.checked = all.checked;
});
