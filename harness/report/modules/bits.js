// Rows of laws that relate two calls -> a map: who gives the same bits or others, is wrong, was not asked.

import { el, foreign } from "./dom.js";
import { notesOf } from "./rows.js";
import { counted, quoted, visible } from "./words.js";

// What came of a relation: of several the first speaks for all of them.
const OUTCOMES = [
  { says: "wrong", css: "m8" },
  { says: "known", css: "m5" },
  { says: "other bits", css: "m3" },
  { says: "right", css: "m1" },
  { says: "same bits", css: "m0" },
  { says: "not judged", css: "nobody" },
  { says: "not offered", css: "nobody" },
];

const [WRONG, KNOWN, OTHER, RIGHT, BITS, UNJUDGED, DECLINED] = OUTCOMES.keys();

// What the notes of a row call these.
const NOTED = { same: BITS, other: OTHER, right: RIGHT, doubted: UNJUDGED };

/**
 * What a row says of its relation: the same bits only where those were compared and found so.
 *
 * @param {Table} table
 * @param {TextColumn} actual
 * @param {number} row
 */
export function outcomeOf({ columns, facts }, actual, row) {
  const status = columns.status.at(row);
  if (facts.bad.includes(status)) return WRONG;
  if (status === "known") return KNOWN;
  if (status === "conforms" || status === "fixed") return actual.codes[row] === actual.code(facts.bits.same) ? BITS : RIGHT;
  return status === "unsupported" ? DECLINED : UNJUDGED;
}

/**
 * The scenarios that a row speaks of, each with its outcome: where several came out right, notes name them.
 *
 * @param {Table} table
 * @param {Columns} cold
 * @param {number} row
 * @param {Map<number, any>} read
 */
function scenariosOf(table, { actual, notes }, row, read) {
  const code = notes.codes[row],
    outcome = outcomeOf(table, actual, row);
  if (!read.has(code)) read.set(code, Object.entries(notesOf(notes.word(code))).filter(([relation]) => Object.hasOwn(NOTED, relation)));
  const noted = outcome >= RIGHT && outcome <= UNJUDGED ? read.get(code) : [];
  return noted.length
    ? noted.flatMap(([relation, scenarios]) => scenarios.map((scenario) => [scenario, NOTED[relation]]))
    : [[table.columns.scenario.at(row), outcome]];
}

/**
 * The relations that some rows speak of, in order, and by group and relation how many of its units have which outcome, the
 * worst of a unit counting. ``alone`` says of a relation whether each of its rows has its scenario as its own.
 *
 * @param {Table} table
 * @param {Columns} cold
 * @param {Iterable<number>} rows
 * @param {string} group
 * @param {string} unit
 */
export function relations(table, cold, rows, group, unit) {
  const { columns, facts } = table,
    laws = facts.bits.laws.map((law) => columns.law.code(law)),
    known = new Map(),
    worst = new Map(),
    read = new Map();
  for (const row of rows) {
    const at = laws.indexOf(columns.law.codes[row]);
    if (at < 0 || columns.subject.at(row) === facts.ledger || columns.candidate.at(row) === "oracle") continue;
    const own = columns.scenario.at(row),
      name = columns[group].at(row),
      of = columns[unit].codes[row];
    for (const [scenario, outcome] of scenariosOf(table, cold, row, read)) {
      const relation = `${at}\t${scenario}`,
        key = `${name}\n${relation}`;
      if (!known.has(relation)) known.set(relation, { law: facts.bits.laws[at], scenario, alone: true });
      if (scenario !== own) known.get(relation).alone = false;
      if (!worst.has(key)) worst.set(key, new Map());
      const units = worst.get(key);
      if (!(units.get(of) <= outcome)) units.set(of, outcome);
    }
  }
  const found = [...known].sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, relation]) => ({ key, ...relation }));
  return { relations: found, of: (name, { key }) => countsOf(worst.get(`${name}\n${key}`)) };
}

/** @param {Map<number, number> | undefined} units */
function countsOf(units) {
  const counts = OUTCOMES.map(() => 0);
  for (const outcome of units?.values() ?? []) counts[outcome]++;
  return counts;
}

/**
 * A table of groups and relations, the relations by law; null where no row speaks of a relation.
 *
 * @param {App} app
 * @param {Iterable<number>} rows
 * @param {any} it
 */
export function relationMap(app, rows, { group, unit, names, state, down }) {
  const { table, cold } = app;
  if (!cold) return null;
  const found = relations(table, cold.columns, rows, group, unit);
  if (!found.relations.length) return null;
  const units = unit === "case" ? ["case", "cases"] : ["candidate", "candidates"];
  const cell = (name, relation) => {
    const counts = found.of(name, relation),
      first = counts.findIndex((n) => n);
    if (first < 0) return el("td", { class: "unasked", title: "no case asks for it" }, "not asked");
    const said = OUTCOMES.map(({ says }, i) => counts[i] && `${counts[i]} ${says}`).filter(Boolean),
      terms = { [group]: name, law: relation.law, ...(relation.alone && relation.scenario && { scenario: relation.scenario }) },
      q = Object.entries({ ...state, ...terms }).map(([field, value]) => `${field}:${quoted(value)}`);
    return el(
      "td",
      { class: OUTCOMES[first].css },
      el(
        "a",
        { href: app.fragment({ ...state, q: q.join(" "), all: "1" }), title: `of ${counted(sum(counts), units[0], units[1])} asked` },
        said.map((part) => el("span", {}, part)),
      ),
    );
  };
  const head = (scope, text, more) => el("th", { scope, ...more }, foreign(visible(text))),
    told = ({ law, scenario }) => scenario || `${law}, all scenarios`,
    laws = table.facts.bits.laws
      .map((law) => [law, found.relations.filter((relation) => relation.law === law)])
      .filter(([, of]) => of.length);
  const parts = down
    ? [
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            head("col", "what is asked"),
            names.map((name) => head("col", name)),
          ),
        ),
        laws.map(([law, of]) =>
          el(
            "tbody",
            {},
            el("tr", { class: "of-law" }, head("rowgroup", law, { colspan: String(names.length + 1) })),
            of.map((relation) =>
              el(
                "tr",
                {},
                head("row", told(relation)),
                names.map((name) => cell(name, relation)),
              ),
            ),
          ),
        ),
      ]
    : [
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            el("td"),
            laws.map(([law, of]) => head("colgroup", law, { colspan: String(of.length) })),
          ),
          el(
            "tr",
            {},
            head("col", group),
            found.relations.map((relation) => head("col", told(relation))),
          ),
        ),
        el(
          "tbody",
          {},
          names.map((name) =>
            el(
              "tr",
              {},
              head("row", name),
              found.relations.map((relation) => cell(name, relation)),
            ),
          ),
        ),
      ];
  return el("table", { class: "heat bits" }, parts);
}

/** @param {number[]} counts */
function sum(counts) {
  return counts.reduce((a, b) => a + b, 0);
}

/**
 * The map of all ops, made when it is asked for; a page without rows has no place for it.
 *
 * @param {App} app
 */
export function mapOfOps(app) {
  const node = document.getElementById("bits");
  if (!node) return;
  const shown = /** @type {HTMLElement} */ (node.querySelector(".wide"));
  node.addEventListener("toggle", async () => {
    if (shown.firstChild) return;
    await app.coldRows;
    const { columns, rows } = app.table,
      every = Array.from({ length: rows }, (_, row) => row);
    shown.replaceChildren(
      relationMap(app, every, { group: "op", unit: "candidate", names: columns.op.words().sort(), state: {}, down: false }) ??
        el("p", {}, "No row compares two calls."),
    );
  });
}

/**
 * What two calls that relate to each other have in common.
 *
 * @param {App} app
 * @param {string} op
 * @param {number[]} rows
 * @param {string[]} names
 */
export function bitsOf(app, op, rows, names) {
  const map = relationMap(app, rows, { group: "candidate", unit: "case", names, state: { op }, down: true });
  return (
    map &&
    el(
      "section",
      {},
      el("h3", {}, "Bits of two calls, by cases"),
      el("p", { class: "dim" }, app.table.facts.bits.says),
      el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Bits of two calls" }, map),
    )
  );
}
