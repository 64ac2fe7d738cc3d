// Joins the parts of the page.

import { Composer } from "./composer.js";
import { withCalls } from "./dom.js";
import { keep, recall } from "./keep.js";
import { Log } from "./log.js";
import { Outbox } from "./outbox.js";
import { postJson, turnsAfter } from "./service.js";
import { Stream } from "./stream.js";

const OFFLINE = "网络断了，正在重连。急事直接打119";
const DELAYED = "没送到，正在重试。急事直接打119";
const RESTORE_AGAIN_MILLISECONDS = 3000;
const MOST_RATED = 200;

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
  const log = new Log(byId("log"), byId("alarm"), {
    choose: (label) => outbox.send(label),
    rate,
    isRated: (turn) => recall("localStorage", "rated", []).includes(turn),
  });
  const outbox = new Outbox({
    expected: (id, text) => log.expect(id, text),
    answered: (id, turn) => log.settle(id, turn),
    delayed: (id) => log.note(id, DELAYED),
    refused: (id, why) => log.fail(id, why),
  });
  new Composer(byId("ask"), byId("say"), (text) => outbox.send(text));
  for (const button of byId("suggestions").querySelectorAll("button")) {
    button.addEventListener("click", () => outbox.send(button.textContent));
  }
  outbox.resume();
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
