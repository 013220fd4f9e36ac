// A query's tree -> which rows match.

import { distance } from "./words.js";
import { pairsOf } from "./rows.js";
import { axisNumber, axisOf } from "./axes.js";
import { tree } from "./terms.js";

export const TEXTS = [
  "op",
  "case",
  "candidate",
  "law",
  "subject",
  "scenario",
  "status",
  "grade",
  "blame",
  "message",
  "known",
  "change",
  "since",
  "was",
];

export const NUMBERS = ["margin", "ulps", "seconds", "cause"];

export const WITHIN = new Set(["case", "message", "known", "blame", "since"]);

// Columns whose values are few and known: a value that none has is a mistake, and is refused with the nearest.
export const CLOSED = new Set(["op", "candidate", "law", "status", "grade", "subject", "scenario"]);

export const IS = {
  red: (t) => statuses(t, t.facts.red),
  wrong: (t) => statuses(t, [...t.facts.bad, "known"]),
  different: (t) => different(t),
  consequence: (t) => t.columns.cause && ((row) => t.columns.cause[row] >= 0),
  cause: (t) => t.columns.cause && ((row) => t.columns.cause[row] < 0),
};

/**
 * One byte per row; throws an Error with a sentence where the query cannot be read.
 * @param {Table} table
 * @param {string} text
 */
export function match(table, text) {
  return masked(table, tree(text));
}

/** @param {Table} table @param {any} node */
export function masked(table, node) {
  const mask = new Uint8Array(table.rows).fill(node.any ? 0 : 1);
  if (node.any)
    for (const side of node.any)
      masked(table, side).forEach((one, row) => {
        mask[row] |= one;
      });
  else if (node.without)
    masked(table, node.without).forEach((one, row) => {
      mask[row] = one ^ 1;
    });
  else
    for (const part of node.all ?? [node]) {
      if (part.all || part.any || part.without)
        masked(table, part).forEach((one, row) => {
          mask[row] &= one;
        });
      else narrow(table, part, mask);
    }
  return mask;
}

/** @param {Table} table @param {any} term @param {Uint8Array} mask */
export function narrow(table, term, mask) {
  const test = tester(table, term),
    wanted = !term.not;
  if (test.codes) {
    const { codes, lookup } = test,
      flip = wanted ? 0 : 1;
    for (let row = 0; row < mask.length; row++) mask[row] &= lookup[codes[row]] ^ flip;
  } else {
    for (let row = 0; row < mask.length; row++) if (mask[row] && Boolean(test(row)) !== wanted) mask[row] = 0;
  }
}

/**
 * Rows of a case, law, subject and scenario at which one candidate is right and another wrong.
 * @param {Table} table
 */
export function different(table) {
  const { columns, facts } = table,
    of = pairsOf(columns),
    seen = new Map();
  const state = columns.status.words().map((word) => (word === "conforms" ? 1 : facts.bad.includes(word) || word === "known" ? 2 : 0));
  const place = (row) => (columns.case.codes[row] * columns.law.count + columns.law.codes[row]) * of.count + of.code(row);
  for (let row = 0; row < table.rows; row++) {
    const at = place(row);
    seen.set(at, (seen.get(at) ?? 0) | state[columns.status.codes[row]]);
  }
  return (row) => seen.get(place(row)) === 3;
}

/**
 * Refuses a value that nothing has, naming the nearest.
 * @param {string} field
 * @param {string[]} values
 * @param {string[]} words
 */
export function refuseUnknown(field, values, words) {
  for (const value of values) {
    if (
      value === "" ||
      value.includes("*") ||
      words.some((word) => word.toLowerCase() === value.toLowerCase() || word.replaceAll(" ", "-") === value)
    )
      continue;
    const near = words
      .filter(Boolean)
      .map((word) => ({ far: within(value, word) ? 0.5 : likeness(value, word), word }))
      .sort((a, b) => a.far - b.far)[0];
    throw new Error(`no ${field} is “${value}”${near ? `; did you mean “${near.word}”?` : ""}`);
  }
}

/**
 * Whether one word stands in the other: three letters do so by chance.
 * @param {string} one
 * @param {string} other
 */
function within(one, other) {
  return Math.min(one.length, other.length) > 3 && (one.includes(other) || other.includes(one));
}

/**
 * How far apart two words are, digits weighing double: fp16 is nearer to float16 than to float64.
 * @param {string} one
 * @param {string} other
 */
export function likeness(one, other) {
  const digits = (word) => word.replace(/\D/g, "");
  return distance(one, other) + (digits(one) === digits(other) ? 0 : 2);
}

/** @param {Table} table @param {any} term */
export function tester(table, term) {
  const { field, sign, values, whole } = term,
    { columns } = table;
  if (!field || field.includes("/")) return anywhere(table, whole.replace(/^-/, "").replace(/^"(.*)"$/, "$1"));
  if (field === "is") return either(values.map((value) => state(table, value)));
  if (NUMBERS.includes(field))
    return either(values.map((value) => compared(columns[field === "cause" ? "of" : field], sign, value, field)));
  if (CLOSED.has(field)) refuseUnknown(field, values, columns[field].words());
  if (TEXTS.includes(field)) return columns[field] ? inColumn(columns[field], values, WITHIN.has(field)) : () => false;
  if (Object.hasOwn(table.facts.axes, field) && sign === ":" && table.facts.axes[field].length < table.facts.most_values)
    refuseUnknown(field, values, [...table.facts.axes[field], "default"]);
  if (Object.hasOwn(table.facts.axes, field)) return onAxis(table, field, sign, values);
  if (columns.candidate.code(field) >= 0) refuseUnknown("status", values, Object.keys(table.facts.signs));
  if (columns.candidate.code(field) >= 0) return beside(table, field, values);
  throw new Error(unknown(table, field));
}

/** @param {Table} table @param {string} field */
export function unknown(table, field) {
  const names = [...TEXTS, ...NUMBERS, "is", ...Object.keys(table.facts.axes), ...columnsWords(table)];
  const near = names.map((name) => [distance(field, name), name]).sort((a, b) => a[0] - b[0])[0];
  return `“${field}” is no column, axis or candidate${near && near[0] <= 2 + field.length / 4 ? `; did you mean “${near[1]}”?` : ""}`;
}

/** @param {Table} table */
export function columnsWords(table) {
  return table.columns.candidate.words();
}

/** @param {any} column @param {Uint8Array} lookup */
export function byCodes(column, lookup) {
  return { codes: column.codes, lookup };
}

/** @param {any} column @param {string[]} values @param {boolean} within */
export function inColumn(column, values, within) {
  const tests = values.map((value) => {
    if (value.includes("*")) {
      const pattern = new RegExp(
        `^${value
          .split("*")
          .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
          .join(".*")}$`,
        "is",
      );
      return (word) => pattern.test(word);
    }
    const wanted = value.toLowerCase();
    return within
      ? (word) => word.toLowerCase().includes(wanted)
      : (word) => word === value || word.toLowerCase() === wanted || word.replaceAll(" ", "-") === value;
  });
  return byCodes(
    column,
    column.where((word) => tests.some((test) => test(word))),
  );
}

/** @param {Table} table @param {any} wanted */
export function statuses(table, wanted) {
  return inColumn(table.columns.status, wanted, false);
}

/** @param {Table} table @param {any} value */
export function state(table, value) {
  if (Object.hasOwn(IS, value)) return IS[value](table);
  const kind = value.replaceAll("-", " ");
  if (table.facts.kinds.includes(kind)) return table.columns.change ? inColumn(table.columns.change, [kind], false) : () => false;
  refuseUnknown("state", [kind], [...Object.keys(IS), ...table.facts.kinds, ...Object.keys(table.facts.signs)]);
  return statuses(table, [kind]);
}

/**
 * One test that holds where any of these does.
 * @param {any[]} tests
 */
export function either(tests) {
  if (tests.length === 1) return tests[0];
  const each = tests.map((test) => (test.codes ? (row) => test.lookup[test.codes[row]] : test));
  return (row) => each.some((test) => test(row));
}

/** @param {any} column @param {string} sign @param {any} value @param {string} field */
export function compared(column, sign, value, field) {
  const right = value === "inf" ? Infinity : Number(value);
  if (value === "" || Number.isNaN(right)) throw new Error(`“${field}” is compared with a number, as ${field}>8`);
  return {
    ">": (row) => column[row] > right,
    "<": (row) => column[row] < right,
    ">=": (row) => column[row] >= right,
    "<=": (row) => column[row] <= right,
    ":": (row) => column[row] === Math.fround(right) || column[row] === right,
  }[sign];
}

/** @param {Table} table @param {string} axis @param {string} sign @param {string[]} values */
export function onAxis(table, axis, sign, values) {
  const cases = table.columns.case,
    unsaid = values.includes("default") ? (word) => !word.includes(`/${axis}:`) : () => false;
  if (sign === ":")
    return byCodes(
      cases,
      cases.where((word) => values.includes(axisOf(table, word, axis)) || unsaid(word)),
    );
  const right = Number(values[0]);
  const holds = { ">": (n) => n > right, "<": (n) => n < right, ">=": (n) => n >= right, "<=": (n) => n <= right }[sign];
  return byCodes(
    cases,
    cases.where((word) => {
      const value = axisOf(table, word, axis);
      return value !== "default" && value !== "" && holds(axisNumber(value));
    }),
  );
}

/**
 * Rows of the (case, law, subject, scenario) where that candidate has one of these statuses.
 * @param {Table} table
 * @param {string} candidate
 * @param {string[]} values
 */
export function beside(table, candidate, values) {
  const { columns } = table,
    by = columns.candidate.code(candidate),
    status = inColumn(columns.status, values, false).lookup;
  const laws = columns.law.count,
    of = pairsOf(columns),
    cases = columns.case.codes,
    law = columns.law.codes;
  const bits = new Uint32Array(Math.ceil((columns.case.count * laws * of.count) / 32));
  const place = (row) => (cases[row] * laws + law[row]) * of.count + of.code(row);
  for (let row = 0; row < table.rows; row++) {
    if (columns.candidate.codes[row] === by && status[columns.status.codes[row]]) {
      const at = place(row);
      bits[Math.floor(at / 32)] |= 1 << (at % 32);
    }
  }
  return (row) => {
    const at = place(row);
    return bits[Math.floor(at / 32)] & (1 << (at % 32));
  };
}

/** @param {Table} table @param {any} value */
export function anywhere(table, value) {
  const wanted = value.toLowerCase();
  const tests = ["case", "candidate", "law", "subject", "scenario", "status", "message", "known", "blame"]
    .map((name) => {
      const column = table.columns[name];
      return [column.codes, column.where((word) => word.toLowerCase().includes(wanted))];
    })
    .filter(([, lookup]) => lookup.includes(1));
  return (row) => tests.some(([codes, lookup]) => lookup[codes[row]]);
}
