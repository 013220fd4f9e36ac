// Rows of laws that relate two calls -> a map: who gives the same bits, keeps within the bound, is wrong, was not asked.

import { el, foreign } from "./dom.js";
import { counted, quoted, visible } from "./words.js";

// What came of a relation: of several the first speaks for all of them.
const OUTCOMES = [
  { says: "wrong", css: "m8" },
  { says: "known", css: "m5" },
  { says: "within the bound", css: "m3" },
  { says: "same bits", css: "m0" },
  { says: "not judged", css: "nobody" },
  { says: "not offered", css: "nobody" },
];

const [WRONG, KNOWN, BOUND, BITS, UNJUDGED, DECLINED] = OUTCOMES.keys();

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
  if (status === "conforms" || status === "fixed") return actual.codes[row] === actual.code(facts.bits.same) ? BITS : BOUND;
  return status === "unsupported" ? DECLINED : UNJUDGED;
}

/**
 * The relations that some rows speak of, in order, and by group and relation how many of its units have which outcome, the
 * worst of a unit counting. Only a law whose rows stand apart has a relation for each scenario.
 *
 * @param {Table} table
 * @param {TextColumn} actual
 * @param {Iterable<number>} rows
 * @param {string} group
 * @param {string} unit
 */
export function relations(table, actual, rows, group, unit) {
  const { columns, facts } = table,
    laws = facts.bits.laws.map((law) => columns.law.code(law)),
    known = new Map(),
    worst = new Map();
  for (const row of rows) {
    const at = laws.indexOf(columns.law.codes[row]);
    if (at < 0 || columns.subject.at(row) === facts.ledger || columns.candidate.at(row) === "oracle") continue;
    const law = facts.bits.laws[at],
      scenario = facts.bits.apart.includes(law) ? columns.scenario.at(row) : "",
      relation = `${at}\t${scenario}`,
      key = `${columns[group].at(row)}\n${relation}`,
      of = columns[unit].codes[row],
      outcome = outcomeOf(table, actual, row);
    known.set(relation, { law, scenario });
    if (!worst.has(key)) worst.set(key, new Map());
    const units = worst.get(key);
    if (!(units.get(of) <= outcome)) units.set(of, outcome);
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
 * A table of groups and relations; null where no row speaks of a relation.
 *
 * @param {App} app
 * @param {Iterable<number>} rows
 * @param {any} it
 */
export function relationMap(app, rows, { group, unit, names, state }) {
  const { table, cold } = app;
  if (!cold) return null;
  const found = relations(table, cold.columns.actual, rows, group, unit);
  if (!found.relations.length) return null;
  const units = unit === "case" ? ["case", "cases"] : ["candidate", "candidates"];
  const cell = (name, relation) => {
    const counts = found.of(name, relation),
      first = counts.findIndex((n) => n);
    if (first < 0) return el("td", { class: "unasked", title: "no row asks for it" }, "not asked");
    const said = OUTCOMES.map(({ says }, i) => counts[i] && `${counts[i]} ${says}`).filter(Boolean),
      terms = { [group]: name, law: relation.law, ...(relation.scenario && { scenario: relation.scenario }) },
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
  const head = found.relations.map(({ law, scenario }) => el("th", { scope: "col" }, foreign(scenario || law)));
  const lines = names.map((name) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, foreign(visible(name))),
      found.relations.map((relation) => cell(name, relation)),
    ),
  );
  return el(
    "table",
    { class: "heat bits" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, group), head)),
    el("tbody", {}, lines),
  );
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
      relationMap(app, every, { group: "op", unit: "candidate", names: columns.op.words().sort(), state: {} }) ??
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
  const map = relationMap(app, rows, { group: "candidate", unit: "case", names, state: { op } });
  return (
    map &&
    el(
      "section",
      {},
      el("h3", {}, "Bits, by relation of two calls"),
      el("p", { class: "dim" }, app.table.facts.bits.says),
      el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Bits by relation" }, map),
    )
  );
}
