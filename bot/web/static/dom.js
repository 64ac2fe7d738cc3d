// Elements are built node by node: text from people or from the service is never HTML.

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// Short numbers that people are told to call, and whole telephone numbers. 「120平方米」 and
// 「第119条」 are no calls.
const SHORT = "119|120|110|122|12345|12350|12356|12369|95598|96\\d{3,4}";
const LONG = "1[3-9]\\d{9}|0\\d{2,3}-\\d{7,8}|400-\\d{3}-\\d{4}|400\\d{7}|800\\d{7}";
const UNIT = "平|米|㎡|厘|毫|公|千|克|斤|元|块|分|秒|度|小时|个|次|天|年|月|条|层|楼|栋|幢|座|单元|"
  + "瓦|伏|安|升|级|室(?!外)|号(?!码)|路(?!口)|人(?!工|员|来)";
const NOT_AFTER = `[\\d.\\-/%℃]|\\s*(?:${UNIT})`;
const NUMBER = new RegExp(`(^|[^\\d.\\-第/])(${LONG}|${SHORT})(?!${NOT_AFTER})`, "g");

// Returns the text as nodes, with telephone numbers as links.
export function withCalls(text) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(NUMBER)) {
    const start = found.index + found[1].length;
    nodes.push(text.slice(from, start), call(found[2]));
    from = start + found[2].length;
  }
  nodes.push(text.slice(from));
  return nodes;
}

export function numbersIn(text) {
  return [...text.matchAll(NUMBER)].map((found) => found[2]);
}

function call(number) {
  return make("a", { class: "call", href: `tel:${number.replaceAll("-", "")}` }, number);
}
