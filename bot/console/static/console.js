// What every console page needs beside htmx: asking before what cannot be undone, one
// submission for two taps, and words when the network is gone.

const BUSY_MILLISECONDS = 15_000;

const message = (words) => {
  const box = document.createElement("p");
  box.className = "notice bad";
  box.setAttribute("role", "alert");
  box.textContent = words;
  const place = document.getElementById("said");
  place.replaceChildren(box);
  place.scrollIntoView({ block: "nearest" });
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (form.hasAttribute("hx-post") || form.method !== "post") return;
  if (form.getAttribute("aria-busy") === "true") {
    event.preventDefault();
    return;
  }
  form.setAttribute("aria-busy", "true");
  // An answer that is a file leaves this page standing.
  setTimeout(() => form.removeAttribute("aria-busy"), BUSY_MILLISECONDS);
}, true);

// A page that comes back from the browser's memory may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) form.removeAttribute("aria-busy");
});

document.addEventListener("htmx:sendError", () => message("没有连上服务器，这一步没有办。请看看网络再试。"));
document.addEventListener("htmx:timeout", () => message("等得太久了。请刷新页面看看办成没有。"));
