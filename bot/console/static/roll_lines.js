// Draws the lines of the list and the grid of floors. Rows that did not change stay as they are,
// so that nothing moves under a thumb while others note, too.

const STATES = {
  unknown: ["没消息", ""],
  leaving: ["在路上", ""],
  needs_help: ["需要帮助", "bad"],
  missing: ["没找到", "bad"],
  arrived: ["到了", "good"],
  at_home: ["在家", "quiet"],
  away: ["在外", "quiet"],
  excused: ["不用来", "quiet"],
};
const WORDS = [["at_home", "在家"], ["away", "在外"], ["needs_help", "需要帮助"]];
const URGENT = ["needs_help", "missing"];
const MOST_PERSONS = 20;

export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

export function button(words, className, act) {
  const element = make("button", className, words);
  element.type = "button";
  element.addEventListener("click", act);
  return element;
}

const floorName = (floor) => (floor === null ? "楼层没登记" : floor < 0 ? `地下${-floor}层` : `${floor}层`);
const hasCome = ({ arrived, persons, status }) => status === "arrived" && arrived >= persons;

export const nameOf = (line) => (line.kind === "guest" ? "名单外的人" : line.room || "没写房号");

// `note(kind, values, line)` takes what was tapped on a line; kind `undo` takes the last of it back.
export class Lines {
  #place;
  #note;
  #rows = new Map();
  #drawn = "";

  constructor(place, note) {
    this.#place = place;
    this.#note = note;
  }

  // `waiting` are ids of lines; `refused` words by id.
  draw(buildings, lines, waiting, refused) {
    const groups = grouped(buildings, lines);
    const order = JSON.stringify(groups.map(({ title, own }) => [title, own.map(({ id }) => id)]));
    const rows = new Map(lines.map((line) => [line.id, this.#row(line, waiting.has(line.id), refused.get(line.id))]));
    this.#rows = rows;
    if (order === this.#drawn) return;
    this.#drawn = order;
    const drawn = groups.map(({ title, own }) =>
      make("section", "roll-floor", make("h3", "", title), make("ul", "plain", ...own.map(({ id }) => rows.get(id).element))));
    this.#place.replaceChildren(...(drawn.length ? drawn : [make("p", "empty", "没有这样的房号。")]));
  }

  #row(line, isWaiting, why) {
    const sign = JSON.stringify([line, isWaiting, why]);
    const known = this.#rows.get(line.id);
    if (known?.sign === sign) return known;
    const element = known?.element ?? make("li", "roll-line");
    element.dataset.line = line.id;
    element.classList.toggle("urgent", URGENT.includes(line.status));
    const parts = this.#parts(line, isWaiting);
    if (why) parts.push(make("p", "roll-why", `没有记上：${why}`));
    element.replaceChildren(...parts);
    return { element, sign };
  }

  #parts(line, isWaiting) {
    const [words, badge] = STATES[line.status];
    const partly = line.arrived && line.arrived < line.persons ? `到${line.arrived}人，其余` : "";
    const who = make("span", "roll-who", make("b", "", nameOf(line)), ` ${line.persons || 1}人 `);
    if (line.helped) who.append(make("span", "badge bad", "要人帮"), " ");
    const state = make("span", `badge ${badge}`, `${partly}${words}`);
    const head = make("div", "roll-head", who, state);
    if (isWaiting) state.append("，待上传");
    if (hasCome(line)) {
      head.append(this.#undo(line));
      return [head];
    }
    return [head, this.#buttons(line, head)];
  }

  #buttons(line, head) {
    const tap = (kind, values) => () => this.#note(kind, { roster_id: line.id, ...values }, line);
    const persons = stepper(line.persons || 1);
    if (line.persons > 0) head.append(persons.element);
    const come = () => {
      const number = line.persons > 0 ? { persons: persons.value() } : {};
      this.#note("roll_mark", { roster_id: line.id, status: "arrived", ...number }, line);
    };
    const urgent = URGENT.includes(line.status);
    const row = make("div", "roll-buttons", button("到了", "primary", come));
    if (urgent) row.append(button("找到了", "primary", tap("roll_found", {})));
    for (const [status, words] of WORDS) {
      if (status === line.status || (urgent && status === "needs_help")) continue;
      row.append(button(words, status === "needs_help" ? "danger" : "", tap("roll_mark", { status })));
    }
    if (line.status !== "unknown" || line.arrived) row.append(this.#undo(line));
    return row;
  }

  #undo(line) {
    return button("撤销", "quiet", () => this.#note("undo", { roster_id: line.id }, line));
  }
}

function stepper(persons) {
  let number = persons;
  const shown = make("output", "", `${number}人`);
  const step = (by) => () => {
    number = Math.min(MOST_PERSONS, Math.max(1, number + by));
    shown.textContent = `${number}人`;
  };
  const less = button("−", "small", step(-1));
  const more = button("+", "small", step(1));
  less.setAttribute("aria-label", "少一人");
  more.setAttribute("aria-label", "多一人");
  return { element: make("span", "roll-stepper", less, shown, more), value: () => number };
}

function grouped(buildings, lines) {
  const names = new Map(buildings.map(({ id, name }) => [id, name]));
  const groups = new Map();
  for (const line of lines) {
    const title = line.kind === "guest" ? "名单外的人" : `${names.get(line.building) ?? ""} ${floorName(line.floor)}`;
    if (!groups.has(title)) groups.set(title, { title: `【演练】${title}`, own: [] });
    groups.get(title).own.push(line);
  }
  return [...groups.values()];
}

// A grid of stairs and floors for each building; the top floor first, as one goes down.
export class Sweeps {
  #place;
  #sweep;
  #drawn = "";

  constructor(place, sweep) {
    this.#place = place;
    this.#sweep = sweep;
  }

  draw(buildings, swept, mayNote) {
    const sign = JSON.stringify([buildings, [...swept], mayNote]);
    if (sign === this.#drawn) return;
    this.#drawn = sign;
    const open = new Set([...this.#place.querySelectorAll("details[open]")].map((one) => one.dataset.building));
    this.#place.replaceChildren(...buildings.map((one) => this.#building(one, swept, mayNote, open)));
  }

  #building(building, swept, mayNote, open) {
    const { id, name, stairs, floors } = building;
    const cleared = [...swept].filter((one) => one.startsWith(`${id},`)).length;
    const details = make("details", "card", make("summary", "", `${name}：${floors ? `${stairs * floors}层次，` : ""}已清${cleared}`));
    details.dataset.building = id;
    details.open = open.has(String(id));
    if (!floors) details.append(make("p", "soft", "这栋楼没登记楼层数，请在纸上记清查。"));
    for (let floor = floors ?? 0; floor >= 1; floor -= 1) details.append(this.#floor(building, floor, swept, mayNote));
    return details;
  }

  #floor({ id, stairs }, floor, swept, mayNote) {
    const row = make("div", "roll-sweep", make("span", "", `${floor}层`));
    for (let stair = 1; stair <= stairs; stair += 1) {
      const isClear = swept.has(String([id, stair, floor]));
      const words = isClear ? "已清" : stairs > 1 ? `${stair}单元` : "清完了点这里";
      const cell = button(words, isClear ? "primary" : "", () => this.#sweep({ building_id: id, stair, floor }));
      cell.setAttribute("aria-label", `${stair}单元${floor}层${isClear ? "已清" : ""}`);
      cell.disabled = isClear || !mayNote;
      row.append(cell);
    }
    return row;
  }
}
