// One reply as elements.

import { make, numbersIn, withCalls } from "./dom.js";

const STEP = /^(?:(\d{1,2}[.、)）])|([•·]))\s*/;
const URGENT = new Set(["emergency", "crisis"]);
const SPEAKER = {
  emergency: "紧急情况，生命通道回答：",
  crisis: "生命通道回答：",
};

// What a reply may ask for → the words on its button, and the action behind it.
const WANTED = {
  photo: ["发照片", "pickPhotos"],
  place: ["发我的位置", "sendPlace"],
};

export function isUrgent(reply) {
  return URGENT.has(reply.kind);
}

// `actions`: choose(label), pickPhotos() and sendPlace() where the page has them, and
// rate(useful) → Promise<string> with what to show afterwards.
export function replyElement(reply, actions) {
  const attributes = { class: `reply ${reply.kind}`, tabindex: "-1" };
  // Spoken at once from the assertive region instead; twice would cost seconds.
  if (isUrgent(reply)) attributes["aria-live"] = "off";
  const speaker = SPEAKER[reply.kind] ?? "生命通道回答：";
  const article = make("article", attributes, make("p", { class: "unseen" }, speaker));
  if (reply.kind === "emergency") article.append(make("p", { class: "flag" }, "紧急"));
  article.append(...body(reply));
  if (reply.basis || reply.citations.length) article.append(basis(reply));
  if (WANTED[reply.wants]) article.append(...wanted(reply, actions));
  if (reply.choices.length) article.append(choices(reply, actions));
  if (reply.rateable && actions.rate) article.append(rating(actions));
  return article;
}

function body(reply) {
  const lines = reply.text.split("\n").filter((line) => line.trim());
  const parts = [];
  // A possible emergency stands above the usual answer.
  if (reply.kind !== "emergency" && lines.length > 1 && lines[0].startsWith("要是现在")) {
    parts.push(make("p", { class: "perhaps" }, ...withCalls(lines.shift())));
  }
  const isEmergency = reply.kind === "emergency";
  lines.forEach((line, index) =>
    parts.push(lineElement(line, index === 0, isEmergency && line.startsWith("不要"))),
  );
  const first = lines[0] ?? "";
  if (reply.kind === "emergency" && first.startsWith("现在打")) {
    parts.splice(1, 0, callButtons(first));
  }
  return parts;
}

function lineElement(line, isFirst, isNever) {
  const step = line.match(STEP);
  const kind = step ? "step" : isFirst ? "first" : isNever ? "never" : "line";
  const element = make("p", { class: isFirst && step ? "step first" : kind });
  if (step) {
    element.append(make("span", { class: "number" }, step[1] ?? "•"));
    element.append(make("span", {}, ...withCalls(line.slice(step[0].length))));
  } else {
    element.append(...withCalls(line));
  }
  return element;
}

// Only where the first thing to do is the call: with a gas leak it is to walk out.
function callButtons(line) {
  const buttons = make("p", { class: "call-buttons" });
  for (const number of new Set(numbersIn(line))) {
    buttons.append(make("a", { href: `tel:${number}` }, `拨打 ${number}`));
  }
  return buttons;
}

function basis(reply) {
  const list = make("dl");
  for (const cited of reply.citations) {
    list.append(make("dt", {}, cited.name));
    if (cited.supports) list.append(make("dd", { class: "supports" }, `用在：${cited.supports}`));
    if (cited.text) list.append(make("dd", { class: "law" }, cited.text));
  }
  const summary = make("summary", {}, reply.basis || "依据");
  return make("details", { class: "basis" }, summary, list);
}

function choices(reply, actions) {
  const numbered = isUrgent(reply);
  const group = make("div", { class: "choices", role: "group", "aria-label": "可以点选" });
  reply.choices.forEach((choice, index) => {
    const button = make("button", { type: "button" });
    if (numbered) button.append(make("span", { class: "number" }, `${index + 1}`), " ");
    button.append(choice.label);
    // A choice within a flow means nothing once something else was said.
    if (!choice.topic) button.dataset.passing = "yes";
    button.addEventListener("click", () => actions.choose(choice.label));
    group.append(button);
  });
  return group;
}

function wanted(reply, actions) {
  const [words, action] = WANTED[reply.wants];
  if (!actions[action]) return [];
  const button = make("button", { type: "button", "data-passing": "yes" }, words);
  button.addEventListener("click", () => actions[action]());
  return [make("div", { class: "wanted" }, button)];
}

function rating(actions) {
  const group = make("div", { class: "rating", role: "group", "aria-label": "这条回答有用吗" });
  const rate = async (useful) => {
    const hadFocus = group.contains(document.activeElement);
    const said = make("p", { role: "status", tabindex: "-1" }, await actions.rate(useful));
    group.replaceChildren(said);
    if (hadFocus) said.focus();
  };
  for (const [label, useful] of [["有用", true], ["没用", false]]) {
    const button = make("button", { type: "button" }, label);
    button.addEventListener("click", () => rate(useful));
    group.append(button);
  }
  return group;
}
