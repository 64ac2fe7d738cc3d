// The report form with scripts: photos seen and made smaller before they go, the place in one
// tap, and no second press. Without scripts the form works as it stands.

import { shrunk, thumbnail } from "./pictures.js";
import { whereabouts } from "./place.js";

const MOST_PHOTOS = 9;
const TOO_MANY = `最多${MOST_PHOTOS}张，后面的没有选上。`;
const LOCATING = "正在定位……";
const LOCATED = "已经取到位置。楼栋和楼层还可以写一下。";
const SENDING = "正在提交，照片多的话要等一会儿……";

const byId = (id) => document.getElementById(id);
let preparing = Promise.resolve();

async function prepare(input) {
  const files = [...input.files].slice(0, MOST_PHOTOS);
  const notes = input.files.length > MOST_PHOTOS ? [TOO_MANY] : [];
  const chosen = new DataTransfer();
  const pictures = [];
  for (const file of files) {
    const small = await shrunk(file);
    chosen.items.add(small === file ? file : new File([small], "photo.jpg", { type: "image/jpeg" }));
    pictures.push((await thumbnail(small)) ?? "〔照片〕");
  }
  input.files = chosen.files;
  byId("previews").replaceChildren(...pictures, ...notes);
}

async function locate() {
  const said = byId("located");
  said.textContent = LOCATING;
  try {
    const { latitude, longitude } = await whereabouts();
    byId("latitude").value = latitude;
    byId("longitude").value = longitude;
    said.textContent = LOCATED;
  } catch (error) {
    said.textContent = error.message;
  }
}

// The button that was pressed is part of the form, so it is not switched off but deaf.
function sendOnce(form) {
  let isSent = false;
  form.addEventListener("submit", async (event) => {
    if (isSent) return event.preventDefault();
    isSent = true;
    byId("sending").textContent = SENDING;
    event.preventDefault();
    await preparing;
    const chosen = event.submitter;
    if (chosen?.name) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: chosen.name, value: chosen.value });
      form.append(field);
    }
    form.submit();
  });
  // Whoever comes back with the browser's own button may send again.
  window.addEventListener("pageshow", () => {
    isSent = false;
    byId("sending").textContent = "";
  });
}

const photo = byId("photo");
photo.addEventListener("change", () => {
  preparing = prepare(photo).catch(() => undefined);
});
byId("locate").hidden = false;
byId("locate").addEventListener("click", locate);
sendOnce(byId("report"));
