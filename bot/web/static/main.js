// Joins the parts of the page.

import { Composer } from "./composer.js";
import { withCalls } from "./dom.js";
import { keep, recall } from "./keep.js";
import { kindOf, Log } from "./log.js";
import { Outbox } from "./outbox.js";
import { shrunk } from "./pictures.js";
import { whereabouts } from "./place.js";
import { postJson, turnsAfter } from "./service.js";
import { Stream } from "./stream.js";

const OFFLINE = "网络断了，正在重连。急事直接打119";
const DELAYED = "没送到，正在重试。急事直接打119";
const RESTORE_AGAIN_MILLISECONDS = 3000;
const MOST_RATED = 200;
const MOST_SENT = 200;
const MOST_PHOTOS = 9;
const TOO_MANY = `一次最多发${MOST_PHOTOS}张，后面的没有发。`;
const LOCATING = "正在定位……";

const byId = (id) => document.getElementById(id);

function setUpLargeType(button) {
  const root = document.documentElement;
  const show = () => button.setAttribute("aria-pressed", String(root.classList.contains("large-type")));
  button.addEventListener("click", () => {
    keep("localStorage", "large", root.classList.toggle("large-type") ? "yes" : "no");
    show();
  });
  show();
}

async function rate(turn, useful) {
  try {
    const answer = await postJson("/chat/rating", { turn, useful });
    if (answer.refused) return answer.refused;
  } catch {
    return "没记上，过一会儿再试。";
  }
  const rated = [...recall("localStorage", "rated", []), turn];
  keep("localStorage", "rated", rated.slice(-MOST_RATED));
  return useful ? "谢谢，记下了。" : "记下了。换几个字再问一次，或打12345问人工。";
}

function showOffline(isOffline) {
  const notice = byId("offline");
  if (Boolean(notice.textContent) === isOffline) return;
  notice.replaceChildren(...(isOffline ? withCalls(OFFLINE) : []));
}

function say(words) {
  byId("aside").textContent = words;
}

// Turns without words are known again by their id, on this phone alone.
function noteSent(message, turn) {
  const kind = kindOf(message);
  if (!kind || turn.id === null) return;
  const sent = [...recall("localStorage", "sent", []), [turn.id, kind]];
  keep("localStorage", "sent", sent.slice(-MOST_SENT));
}

function sentAs(turn) {
  return recall("localStorage", "sent", []).find(([id]) => id === turn)?.[1];
}

// The field is emptied, or the same photo could not be chosen twice.
async function sendPhotos(input, outbox) {
  const files = [...input.files];
  input.value = "";
  say(files.length > MOST_PHOTOS ? TOO_MANY : "");
  for (const file of files.slice(0, MOST_PHOTOS)) outbox.sendPhoto(await shrunk(file));
}

async function sendPlace(outbox) {
  say(LOCATING);
  try {
    outbox.sendPlace(await whereabouts());
    say("");
  } catch (error) {
    say(error.message);
  }
}

async function restore(log) {
  const region = byId("log");
  region.setAttribute("aria-live", "off");
  while (true) {
    try {
      log.restore(await turnsAfter(0));
      break;
    } catch {
      showOffline(true);
      await new Promise((resolve) => setTimeout(resolve, RESTORE_AGAIN_MILLISECONDS));
    }
  }
  showOffline(false);
  region.setAttribute("aria-live", "polite");
}

async function start() {
  setUpLargeType(byId("large"));
  const photos = byId("photos");
  const log = new Log(byId("log"), byId("alarm"), {
    choose: (label) => outbox.send(label),
    rate,
    isRated: (turn) => recall("localStorage", "rated", []).includes(turn),
    pickPhotos: photos ? () => photos.click() : undefined,
    sendPlace: () => sendPlace(outbox),
    sentAs,
  });
  const outbox = new Outbox({
    expected: (message, photo) => log.expect(message, photo),
    answered: (message, turn) => {
      noteSent(message, turn);
      log.settle(message.id, turn);
    },
    delayed: (id) => log.note(id, DELAYED),
    refused: (id, why) => log.fail(id, why),
    progress: (id, part) => log.progress(id, part),
  });
  photos?.addEventListener("change", () => sendPhotos(photos, outbox));
  byId("photo")?.addEventListener("click", () => photos.click());
  byId("place").addEventListener("click", () => sendPlace(outbox));
  new Composer(byId("ask"), byId("say"), (text) => outbox.send(text));
  for (const button of byId("suggestions").querySelectorAll("button")) {
    button.addEventListener("click", () => outbox.send(button.textContent));
  }
  await outbox.resume();
  await restore(log);
  new Stream({
    last: () => log.last,
    turn: (turn) => log.arrive(turn),
    online: () => {
      showOffline(false);
      outbox.retry();
    },
    offline: () => showOffline(true),
  });
}

start();
