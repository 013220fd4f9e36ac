// Cases of an op -> which pairs of axis values some case holds, how often they are wrong, and which nobody judged.

import { axisOf } from "./axes.js";

/**
 * Each case once, by its worst row, of one candidate or of all: 0 not judged, 1 right, 2 known, 3 wrong.
 * @param {Table} table
 * @param {string} op
 * @param {string} [candidate]
 */
export function casesOf(table, op, candidate = "") {
  const { columns, facts, rows } = table,
    by = candidate ? columns.candidate.code(candidate) : -1,
    wanted = columns.op.code(op),
    found = new Map();
  const rank = columns.status
    .words()
    .map((status) => (facts.bad.includes(status) ? 3 : status === "known" ? 2 : status === "conforms" || status === "fixed" ? 1 : 0));
  const silent = columns.law.code("status");
  for (let row = 0; row < rows; row++) {
    if (columns.op.codes[row] !== wanted || columns.subject.at(row) === facts.ledger) continue;
    if (by >= 0 && columns.candidate.codes[row] !== by) continue;
    const code = columns.case.codes[row],
      state = rank[columns.status.codes[row]];
    const says = columns.law.codes[row] === silent && state === 1 ? 0 : state;
    if (!(found.get(code) >= says)) found.set(code, says);
  }
  const addresses = [...found]
    .map(([code, state]) => ({ address: columns.case.word(code), state, at: /** @type {Record<string, string>} */ ({}) }))
    .filter(({ address }) => !address.includes("/invalid:"));
  const axes = [
    ...new Set([
      ...Object.keys(facts.first[op] ?? {}),
      ...addresses.flatMap(({ address }) =>
        address
          .split("/")
          .slice(1)
          .map((part) => part.split(":")[0]),
      ),
    ]),
  ].filter((axis) => axis !== "grid");
  for (const one of addresses) one.at = Object.fromEntries(axes.map((axis) => [axis, axisOf(table, one.address, axis)]));
  const values = Object.fromEntries(
    axes.map((axis) => [axis, [...new Set(addresses.map(({ at }) => at[axis]))].sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1))]),
  );
  return { addresses, values, axes: axes.filter((axis) => values[axis].length > 1) };
}

/** @param {any} it @param {string} one @param {string} other */
export function pairTable({ addresses }, one, other) {
  const cells = new Map();
  for (const { at, state } of addresses) {
    const key = `${at[one]}\t${at[other]}`,
      cell = cells.get(key) ?? cells.set(key, { cases: 0, judged: 0, wrong: 0, known: 0 }).get(key);
    cell.cases++;
    if (state) cell.judged++;
    if (state === 3) cell.wrong++;
    if (state === 2) cell.known++;
  }
  return cells;
}
