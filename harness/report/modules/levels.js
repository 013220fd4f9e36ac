// Rows of an op -> of each candidate and contract level, how many cases are what: see census.py.

import { axisOf } from "./axes.js";

// What a case comes to, from the least to the worst.
const STATES = ["not judged", "not offered", "right", "known", "wrong"];

/**
 * The level of a row, as a place among the levels.
 * @param {Table} table
 * @param {number} row
 */
export function levelOf(table, row) {
  const { columns, facts } = table,
    level = facts.levels.of_law[columns.law.at(row)] ?? 0;
  if (level !== 0) return level;
  const address = columns.case.at(row);
  if (address.includes("/invalid:")) return facts.levels.words.length - 1;
  return facts.levels.special.includes(axisOf(table, address, "fill")) ? 1 : 0;
}

/**
 * By candidate and level: how many cases have each state, the worst of a case counting, and why what was not judged was not.
 * @param {Table} table
 * @param {number[]} rows
 */
export function tallies(table, rows) {
  const { columns, facts } = table,
    worst = new Map(),
    why = new Map();
  for (const row of rows) {
    if (columns.subject.at(row) === facts.ledger) continue;
    const level = levelOf(table, row),
      status = columns.status.at(row),
      returned = columns.law.at(row) === "status" && status === "conforms" && level !== facts.levels.words.length - 1,
      state = returned ? -1 : (facts.levels.states[status] ?? 0),
      key = `${columns.candidate.at(row)}\t${level}`;
    if (!worst.has(key)) worst.set(key, new Map());
    const cases = worst.get(key),
      code = columns.case.codes[row];
    if (!(cases.get(code) >= state)) cases.set(code, state);
    if (state === 0 || state === 1) {
      if (!why.has(key)) why.set(key, new Map());
      const reasons = why.get(key),
        said = columns.message.at(row) || status;
      reasons.set(said, (reasons.get(said) ?? 0) + 1);
    }
  }
  return new Map([...worst].map(([key, cases]) => [key, tally(cases, why.get(key))]));
}

/** @param {any} cases @param {any} reasons */
function tally(cases, reasons) {
  const counts = STATES.map(() => 0);
  for (const state of cases.values()) counts[Math.max(0, state)]++;
  return { counts, reason: [...(reasons ?? [])].sort((a, b) => b[1] - a[1])[0]?.[0] ?? "" };
}

/**
 * What a tally says: the state that speaks for it, and its counts in words.
 * @param {any} it
 */
export function saidOf({ counts: [unjudged, declined, right, known, wrong], reason }) {
  const judged = right + known + wrong,
    state = wrong ? "wrong" : known ? "known" : right ? "right" : declined && declined >= unjudged ? "not-offered" : "not-judged";
  const parts = [
    wrong && `${wrong} wrong`,
    known && `${known} known`,
    judged && `${right} of ${judged} right`,
    declined && `${declined} not offered`,
    unjudged && `${unjudged} not judged`,
  ].filter(Boolean);
  return { state, parts, title: reason && declined + unjudged ? `${parts.join(", ")}; most often: ${reason}` : parts.join(", ") };
}
