// Rectangles over a photo, drawn with a finger, a pen or a mouse, and kept as fractions of its
// sides. The copy that is masked is made by the server; here they are only drawn.

const LEAST = 0.008;
const SOLID = "rgb(24 26 24 / 85%)";
const EDGE = "#ffffff";
const MOST_PIXELS = 1600;

const box = document.querySelector("[data-masking]");
const canvas = box.querySelector("canvas");
const photo = box.querySelector("img");
const form = document.querySelector("form[action$='/mask']");
const count = document.querySelector("[data-count]");
const most = Number(box.dataset.most);
const masks = JSON.parse(box.dataset.masks);
let begun = null;
let drawn = null;

const clamp = (value) => Math.min(1, Math.max(0, value));

const place = (event) => {
  const frame = canvas.getBoundingClientRect();
  return {
    x: clamp((event.clientX - frame.left) / frame.width),
    y: clamp((event.clientY - frame.top) / frame.height),
  };
};

const between = (a, b) => [
  Math.min(a.x, b.x), Math.min(a.y, b.y), Math.abs(a.x - b.x), Math.abs(a.y - b.y),
];

const paint = () => {
  const pen = canvas.getContext("2d");
  const { width, height } = canvas;
  pen.drawImage(photo, 0, 0, width, height);
  pen.fillStyle = SOLID;
  pen.strokeStyle = EDGE;
  pen.lineWidth = Math.max(2, width / 400);
  for (const [left, top, wide, high] of drawn ? [...masks, drawn] : masks) {
    pen.fillRect(left * width, top * height, wide * width, high * height);
    pen.strokeRect(left * width, top * height, wide * width, high * height);
  }
  form.elements.masks.value = JSON.stringify(
    masks.map((mask) => mask.map((side) => Number(side.toFixed(5)))),
  );
  count.textContent = masks.length ? `画了${masks.length}处。` : "还没有画。";
};

const begin = (event) => {
  if (!event.isPrimary || event.button > 0 || masks.length >= most) return;
  event.preventDefault();
  canvas.setPointerCapture(event.pointerId);
  begun = place(event);
};

const move = (event) => {
  if (!begun || !event.isPrimary) return;
  drawn = between(begun, place(event));
  paint();
};

const end = (event) => {
  if (!begun || !event.isPrimary) return;
  const mask = between(begun, place(event));
  begun = null;
  drawn = null;
  // A tap that slipped is no rectangle.
  if (mask[2] >= LEAST && mask[3] >= LEAST) masks.push(mask);
  paint();
};

const drop = () => {
  begun = null;
  drawn = null;
  paint();
};

const start = () => {
  const shrunk = Math.min(1, MOST_PIXELS / Math.max(photo.naturalWidth, photo.naturalHeight));
  canvas.width = Math.round(photo.naturalWidth * shrunk);
  canvas.height = Math.round(photo.naturalHeight * shrunk);
  canvas.addEventListener("pointerdown", begin);
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", drop);
  document.querySelector("[data-undo]").addEventListener("click", () => { masks.pop(); paint(); });
  document.querySelector("[data-clear]").addEventListener("click", () => { masks.length = 0; paint(); });
  paint();
};

if (photo.complete && photo.naturalWidth) start();
else photo.addEventListener("load", start);
photo.addEventListener("error", () => { count.textContent = "照片没有打开，请刷新页面。"; });
