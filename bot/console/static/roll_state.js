// What the list looks like with what was tapped but not sent yet. Values in, values out. The
// service decides in the end; this only shows at once what was tapped.

const ACCOUNTED = ["at_home", "away", "excused"];

// One operation: {id, kind, at, values, ...}; returns {lines, swept, counts}.
export function withPending(list, operations) {
  const lines = new Map(list.lines.map((line) => [line.id, line]));
  const swept = new Set(list.swept.map(String));
  const counts = { ...list.counts };
  for (const { kind, values } of operations) {
    const line = lines.get(values.roster_id);
    if (kind === "roll_guest") counts.guests += values.persons;
    else if (kind === "roll_sweep") swept.add(String([values.building_id, values.stair, values.floor]));
    else if (line) {
      const changed = afterwards(line, kind, values);
      count(counts, line, -1);
      count(counts, changed, 1);
      lines.set(line.id, changed);
    }
  }
  return { lines: [...lines.values()], swept, counts };
}

function afterwards(line, kind, { status, persons }) {
  if (kind === "roll_right") return { ...line, status, arrived: persons };
  if (kind === "roll_found" || status === "arrived") {
    const came = kind === "roll_found" ? line.persons : (persons ?? line.persons);
    const arrived = line.persons ? Math.max(line.arrived, came) : 0;
    const whole = Math.max(line.persons, arrived);
    return { ...line, persons: whole, arrived, status: arrived === whole ? "arrived" : line.status };
  }
  return line.status === "arrived" ? line : { ...line, status };
}

function count(counts, line, sign) {
  if (line.kind === "guest") {
    counts.guests += sign * line.arrived;
    return;
  }
  counts.expected += sign * line.persons;
  counts.arrived += sign * line.arrived;
  counts[line.status === "arrived" ? "unknown" : line.status] += sign * (line.persons - line.arrived);
}

// The four that lead the page; `has` tells which lines belong to one.
export const TILES = [
  {
    id: "help", words: "需要帮助", number: (counts) => counts.needs_help + counts.missing,
    has: ({ status }) => status === "needs_help" || status === "missing",
  },
  {
    id: "come", words: "到 / 该到", number: (counts) => counts.arrived + counts.late,
    of: (counts) => counts.expected, has: ({ arrived, status }) => arrived > 0 || status === "arrived",
  },
  {
    id: "silent", words: "没消息", number: (counts) => counts.unknown + counts.leaving,
    has: (line) => line.kind !== "guest" && ["unknown", "leaving"].includes(line.status) && line.arrived < line.persons,
  },
  {
    id: "away", words: "在外、在家", number: (counts) => counts.away + counts.at_home + counts.excused,
    has: ({ status }) => ACCOUNTED.includes(status),
  },
];
