// Joins the roll call's page: shows the list with what was tapped, keeps and sends every tap, asks
// how it stands every few seconds, and keeps the page for when there is no network.

import { Kept, NOT_YOURS, OFFLINE, SIGNED_OUT, forgetLists } from "./roll_kept.js";
import { Lines, Sweeps, button, make, nameOf } from "./roll_lines.js";
import { TILES, withPending } from "./roll_state.js";

const CACHE = "lifeline-roll";
const AGAIN_MILLISECONDS = 5000;
const NOT_KEPT = "这台手机存不下，没有记上。请换浏览器，或用纸记。";

const byId = (id) => document.getElementById(id);
const root = byId("roll");
const path = root.dataset.path;
const kept = new Kept(path, Number(root.dataset.staff));
const lines = new Lines(byId("roll-list"), note);
const sweeps = new Sweeps(byId("roll-sweeps"), (values) => put("roll_sweep", values, "清查"));
// What a line was before this page's taps, for an undo.
const before = new Map();
let tile = "";
let trouble = "";

function put(kind, values, label) {
  try {
    kept.add(kind, values, label);
  } catch {
    say(NOT_KEPT, "bad");
    return;
  }
  show();
  synchronise();
}

function note(kind, values, line) {
  if (kind !== "undo") {
    before.set(line.id, line);
    put(kind, values, nameOf(line));
    return;
  }
  // A number that was raised stays; what does not fit any more goes back to no word at all.
  const was = before.get(line.id);
  const fits = was && was.persons === line.persons;
  const { status, arrived } = fits ? was : { status: "unknown", arrived: 0 };
  before.delete(line.id);
  put("roll_right", { ...values, status, persons: arrived }, nameOf(line));
}

function say(words, kind = "") {
  const said = byId("roll-said");
  said.textContent = words;
  said.className = `notice ${kind}`;
  said.hidden = !words;
}

function show() {
  showTrouble();
  const { list } = kept;
  if (!list) return;
  const waiting = kept.taps.filter(({ state }) => state !== "refused");
  const now = withPending(list, waiting);
  root.classList.toggle("closed", !list.may_note);
  showCounts(now.counts);
  showLines(list, now.lines, waiting);
  sweeps.draw(list.buildings, now.swept, list.may_note);
  showGuests(list.buildings);
  showActs(list);
}

function showCounts(counts) {
  const place = byId("roll-counts");
  const drawn = TILES.map(({ id, words, number, of }) => {
    const shown = of ? `${number(counts)}/${of(counts)}` : `${number(counts)}`;
    const one = button("", `roll-tile ${id}${number(counts) ? " some" : ""}`, () => choose(tile === id ? "" : id));
    one.append(make("b", "", shown), make("span", "", words));
    one.setAttribute("aria-pressed", String(tile === id));
    return one;
  });
  const sign = drawn.map((one) => one.outerHTML).join("");
  if (place.dataset.sign === sign) return;
  place.dataset.sign = sign;
  const focused = [...place.children].indexOf(document.activeElement);
  place.replaceChildren(...drawn);
  place.children[focused]?.focus();
}

function choose(id) {
  tile = id;
  show();
}

function showLines(list, all, waiting) {
  const sought = byId("roll-find").value.replace(/\s/g, "");
  const has = TILES.find(({ id }) => id === tile)?.has ?? (() => true);
  const found = all.filter((line) => has(line) && line.room.includes(sought) && !isGone(line));
  byId("roll-all").hidden = !tile && !sought;
  const refused = kept.taps.filter(({ state }) => state === "refused");
  const why = new Map(refused.map(({ values, why: words }) => [values.roster_id, words]));
  lines.draw(list.buildings, found, new Set(waiting.map(({ values }) => values.roster_id)), why);
}

const isGone = ({ kind, arrived, status }) => kind === "guest" && !arrived && status === "unknown";

function showGuests(buildings) {
  const select = byId("roll-guest-building");
  if (select.options.length) return;
  select.append(...buildings.map(({ id, name }) => new Option(name, id)));
}

function showActs(list) {
  const state = byId("roll-state");
  state.textContent = list.state_name;
  let acts = 0;
  for (const form of document.querySelectorAll(".roll-act")) {
    const may = list.may_conduct || "anyone" in form.dataset;
    form.hidden = !may || !form.dataset.from.split(" ").includes(list.state);
    acts += form.hidden ? 0 : 1;
  }
  byId("roll-nothing").textContent = acts ? "" : `演练现在：${list.state_name}，这里没有要按的。`;
}

function showTrouble() {
  const net = byId("roll-net");
  const words = {
    [OFFLINE]: "没有网络。照样点名，有网了自动上传。",
    [NOT_YOURS]: "这场演练不在你的范围里了，点的没有上传。请联系组织人。",
  };
  net.textContent = words[trouble] ?? "";
  if (trouble === SIGNED_OUT) net.replaceChildren(`登录过期了。点的都还在，请用${root.dataset.name}的账号`, signIn(), "，登录后自动上传。");
  net.hidden = !trouble;
  const { pending } = kept;
  byId("roll-pending").textContent = `待上传 ${pending.length} 条`;
  byId("roll-pending").hidden = !pending.length;
  const refused = kept.taps.filter(({ state }) => state === "refused");
  byId("roll-refused").hidden = !refused.length;
  byId("roll-refused").replaceChildren(...refused.map(refusal));
}

function signIn() {
  const link = make("a", "", "重新登录");
  link.href = `/console/sign-in?next=${encodeURIComponent(path)}`;
  return link;
}

function refusal({ id, label, why }) {
  const drop = () => {
    kept.drop(id);
    show();
  };
  return make("li", "", make("span", "", make("b", "", label), ` 没有记上：${why}`), button("知道了", "small", drop));
}

async function synchronise() {
  const found = await kept.synchronise(show);
  if (found === undefined) return;
  trouble = found;
  if (!trouble) kept.settle();
  show();
  // What was tapped while this was under way goes at once.
  if (!trouble && kept.pending.length) synchronise();
}

function setUpGuests() {
  byId("roll-guest").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    const persons = Number(form.elements.persons.value);
    put("roll_guest", { building_id: Number(form.elements.building.value), persons }, "名单外的人");
    say(`记上了，名单外${persons}人。`, "good");
    form.elements.persons.value = 1;
  });
}

function setUpActs() {
  for (const form of document.querySelectorAll(".roll-act")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const { words, why } = await kept.act(form);
        say(words ?? why, words ? "good" : "bad");
      } catch {
        say("没有网络，这一步没有办。真有险情直接打119，并大声告诉大家。", "bad");
      } finally {
        form.removeAttribute("aria-busy");
      }
      byId("roll-said").scrollIntoView({ block: "center" });
      synchronise();
    });
  }
}

async function setUpKeeping() {
  navigator.storage?.persist?.().catch(() => undefined);
  if (!("serviceWorker" in navigator) || !("caches" in window)) return;
  await navigator.serviceWorker.register(`${path}/worker.js`, { scope: path });
  const cache = await caches.open(CACHE);
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  const wanted = loaded.filter((url) => new URL(url).pathname.startsWith("/console/static/"));
  await Promise.all([...new Set(wanted)].map((url) => cache.add(url)));
  const response = await fetch(path);
  if (response.ok && !response.redirected) await cache.put(path, response);
  byId("roll-ready").hidden = false;
}

function forgetOnSignOut() {
  document.querySelector('form[action="/console/sign-out"]')?.addEventListener("submit", () => {
    forgetLists();
    caches?.delete(CACHE);
  });
}

function start() {
  byId("roll-find").addEventListener("input", show);
  byId("roll-all").addEventListener("click", () => {
    byId("roll-find").value = "";
    choose("");
  });
  setUpGuests();
  setUpActs();
  forgetOnSignOut();
  window.addEventListener("online", synchronise);
  window.addEventListener("offline", () => {
    trouble = OFFLINE;
    show();
  });
  document.addEventListener("visibilitychange", () => document.hidden || synchronise());
  setInterval(() => document.hidden || synchronise(), AGAIN_MILLISECONDS);
  show();
  synchronise();
  // Keeping is a help: where it is refused, the page works with a network.
  setUpKeeping().catch(() => undefined);
}

start();
