// Runs before the page is drawn, so that large type does not jump in afterwards.
try {
  if (localStorage.getItem("lifeline.large") === '"yes"') {
    document.documentElement.classList.add("large-type");
  }
} catch {
  // Storage is switched off: the page works, and forgets.
}
