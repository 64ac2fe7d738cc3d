// Joins the pages of work outside: keeps them for later, keeps and sends what is filled in, and
// shows what became of it. Without scripts every form works as it stands, with a network.

import { setUpFinding } from "./field_finding.js";
import { showPreviews, shrunk } from "./field_photos.js";
import { Queue } from "./field_queue.js";

const CACHE = "lifeline-field";
const PAGES = ["/console/field", "/console/field/spot"];
const WORKER = "/console/field/worker.js";
const STATES = { pending: ["待发送", ""], received: ["已收到", "good"], refused: ["被退回", "bad"] };
const KEPT_HERE = "已存在这台手机里，有网了自动发出。可以接着填下一件。";
const SIGN_IN = "/console/sign-in?next=/console/field";

const byId = (id) => document.getElementById(id);

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

function link(href, words) {
  const element = make("a", "", words);
  element.href = href;
  return element;
}

function button(words, act) {
  const element = make("button", "small", words);
  element.type = "button";
  element.addEventListener("click", act);
  return element;
}

function row(item, queue) {
  const [words, badge] = STATES[item.state];
  const when = new Date(item.at).toLocaleString("zh-CN", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
  const parts = [make("span", "", make("span", `badge ${badge}`, words), ` ${item.label}　`, make("small", "", when))];
  if (item.why) parts.push(make("span", "", item.why));
  if (item.code) parts.push(link(`/console/cases/${item.code}`, "看案件"));
  if (item.state === "refused") {
    const drop = () => window.confirm("删掉这一份？照片也一起删。") && queue.drop(item.id);
    parts.push(make("span", "actions", button("再发一次", () => queue.again(item.id)), button("删掉", drop)));
  }
  return make("li", "", ...parts);
}

function showTrouble(trouble, waiting) {
  byId("offline").hidden = navigator.onLine && trouble !== "offline";
  const place = byId("kept-out");
  place.hidden = trouble !== "other" && !(trouble === "signed-out" && waiting);
  if (place.hidden) return;
  const name = byId("field").dataset.name;
  const words = trouble === "other"
    ? "这台手机里还有别的账号填的，请用填的人的账号登录，登录后自动发出。"
    : `登录过期了，${waiting}件还在这台手机里，没有丢。请用${name}的账号`;
  place.replaceChildren(words, ...(trouble === "other" ? [] : [link(SIGN_IN, "重新登录"), "，登录后自动发出。"]));
}

function shower() {
  let last = "";
  return (items, trouble, queue) => {
    last = trouble ?? last;
    byId("queue").hidden = !items.length;
    byId("queue-items").replaceChildren(...items.map((item) => row(item, queue)));
    showTrouble(last, items.filter(({ state }) => state === "pending").length);
  };
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function chosenText(form, name) {
  return form.elements[name].selectedOptions[0]?.text ?? "";
}

function fieldsOf(form) {
  const texts = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrf");
  return Object.fromEntries(texts);
}

// As bytes: not every browser keeps a file that was chosen beyond the page.
async function photosOf(form) {
  const photos = {};
  for (const input of form.querySelectorAll('input[type="file"][name]')) {
    const [file] = input.files;
    if (file) photos[input.name] = { type: file.type, bytes: await file.arrayBuffer() };
  }
  return photos;
}

// A phone may end the page while its camera is open: what was filled in comes back.
async function restore(form, queue) {
  const draft = await queue.draft();
  if (!draft) return;
  for (const [name, value] of Object.entries(draft.fields)) {
    const field = form.elements[name];
    if (name !== "operation" && !(name === "place" && field.value)) field.value = value;
  }
  for (const [name, { type, bytes }] of Object.entries(draft.photos)) {
    const chosen = new DataTransfer();
    chosen.items.add(new File([bytes], `${name}.jpg`, { type }));
    form.elements[name].files = chosen.files;
    await showPreviews(byId(`${name}-preview`), form.elements[name].files);
  }
}

function setUpPhotos(form) {
  let preparing = Promise.resolve();
  for (const input of form.querySelectorAll('input[type="file"][name]')) {
    input.addEventListener("change", () => {
      preparing = preparing.then(() => prepare(input)).catch(() => undefined);
    });
  }
  return () => preparing;
}

async function prepare(input) {
  const chosen = new DataTransfer();
  for (const file of [...input.files]) chosen.items.add(await shrunk(file));
  input.files = chosen.files;
  await showPreviews(byId(`${input.id}-preview`), input.files);
}

function setUpSpot(form, queue) {
  const prepared = setUpPhotos(form);
  const keepDraft = async () => {
    await prepared();
    await queue.keepDraft(fieldsOf(form), await photosOf(form)).catch(() => undefined);
  };
  form.addEventListener("change", keepDraft);
  restore(form, queue).catch(() => undefined);
  let isTaking = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    form.removeAttribute("aria-busy"); // console.js waits for an answer that does not come here
    if (isTaking) return;
    isTaking = true;
    try {
      await prepared();
      const label = `${chosenText(form, "place")} ${chosenText(form, "category")}`;
      await queue.add({ id: newId(), at: Date.now(), label, fields: fieldsOf(form), photos: await photosOf(form) });
    } catch {
      return form.submit(); // this browser keeps nothing
    } finally {
      isTaking = false;
    }
    await queue.dropDraft();
    form.reset();
    for (const preview of form.querySelectorAll(".preview")) preview.replaceChildren();
    const said = byId("spot-said");
    said.textContent = KEPT_HERE;
    said.className = "notice good";
    said.hidden = navigator.onLine;
    byId("field").scrollIntoView();
  });
}

async function setUpKeeping() {
  if (!("serviceWorker" in navigator) || !("caches" in window)) return;
  await navigator.serviceWorker.register(WORKER, { scope: "/console/field" });
  const cache = await caches.open(CACHE);
  await keepAssets(cache);
  for (const path of PAGES) {
    if (await cache.match(path, { ignoreVary: true })) continue;
    const response = await fetch(path);
    if (response.ok && !response.redirected) await cache.put(path, response);
  }
  if (byId("ready")) byId("ready").hidden = false;
}

// Everything that this page has loaded; what is of an older version goes.
async function keepAssets(cache) {
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  const wanted = new Set(loaded.filter((url) => new URL(url).pathname.startsWith("/console/static/")));
  const version = new URL(import.meta.url).pathname.split("/").at(-2);
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/console/static/") && !pathname.includes(`/${version}/`)) await cache.delete(request);
    wanted.delete(request.url);
  }
  await Promise.all([...wanted].map((url) => cache.add(url)));
}

// Whoever signs out leaves no list of buildings behind; what is not sent yet stays.
function forgetOnSignOut() {
  const form = document.querySelector('form[action="/console/sign-out"]');
  form?.addEventListener("submit", () => caches?.delete(CACHE));
}

function start() {
  setUpFinding();
  forgetOnSignOut();
  const place = byId("field");
  const spot = byId("spot");
  if (!place) {
    const form = document.querySelector('form[enctype="multipart/form-data"]');
    if (form) setUpPhotos(form);
    return;
  }
  const show = shower();
  const queue = new Queue(Number(place.dataset.staff), (items, trouble) => show(items, trouble, queue));
  if (spot) setUpSpot(spot, queue);
  const flush = () => queue.flush().catch(() => undefined);
  window.addEventListener("online", flush);
  window.addEventListener("offline", () => queue.show("offline").catch(() => undefined));
  document.addEventListener("visibilitychange", () => document.hidden || flush());
  byId("offline").hidden = navigator.onLine;
  flush();
  // Whoever only looks on may not open the form that is kept for others.
  if (!spot && !document.querySelector('a[href="/console/field/spot"]')) return;
  // Keeping is a help: where it is refused, the pages work with a network.
  setUpKeeping().catch(() => undefined);
}

start();
