// Another run's file -> what changed: the same rules as diff.py.

import { numeric } from "./numbers.js";
import { Text } from "./rows.js";

/** @param {string} text */
export function parseCsv(text) {
  const rows = [];
  let row = [],
    at = 0;
  while (at < text.length) {
    let value;
    if (text[at] === '"') {
      let end = at + 1;
      for (;;) {
        end = text.indexOf('"', end);
        if (end < 0) end = text.length;
        if (text[end + 1] !== '"') break;
        end += 2;
      }
      value = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    } else {
      let end = at;
      while (end < text.length && text[end] !== "," && text[end] !== "\n" && text[end] !== "\r") end++;
      value = text.slice(at, end);
      at = end;
    }
    row.push(value);
    if (text[at] === ",") {
      at++;
      if (at === text.length) row.push("");
      continue;
    }
    if (text[at] === "\r") at++;
    at++;
    rows.push(row);
    row = [];
  }
  if (row.length) rows.push(row);
  return rows;
}

/**
 * The file's rows as objects; throws where it is no table of verdicts.
 * @param {string} text
 */
export function readRun(text) {
  if (text.trimStart().startsWith("{")) {
    const lines = text
      .split("\n")
      .filter((line) => line.trim())
      .map((line) => JSON.parse(line.replace(/:\s*(-?Infinity|NaN)/g, ':"$1"')));
    const found = lines.map((line) => line.verdict ?? line).filter((line) => line.case && line.candidate);
    if (!found.length) throw new Error("That file holds no verdicts.");
    return found;
  }
  const [head = [], ...rows] = parseCsv(text);
  if (head.includes("verdicts")) return unfolded(head, rows);
  if (!["case", "candidate", "law", "status"].every((name) => head.includes(name)))
    throw new Error("That is no table of verdicts: it lacks the columns case, candidate, law, status.");
  return rows.filter((row) => row.length === head.length).map((row) => Object.fromEntries(head.map((name, i) => [name, row[i]])));
}

/**
 * A subject as it is written now: see said_now in subjects.py.
 *
 * @param {string} subject
 */
export const saidNow = (subject) => subject.replace(/^(output|input) \1$/, "$1");

/**
 * The rows of a baseline, as baseline.py folds them.
 * @param {any} head
 * @param {number[]} rows
 */
export function unfolded(head, rows) {
  const at = Object.fromEntries(head.map((name, i) => [name, i]));
  return rows.flatMap((row) =>
    row[at.verdicts]
      .split(";")
      .map((text) => {
        const [, law, subject, scenario, status, margin] = text.match(/^(\S+)\|(.*?)\|(.*?)\|(.*?) ?(exact|inf|nan|2\^-?\d+)$/) ?? [];
        const number = margin === "exact" ? "0" : margin?.startsWith("2^") ? String(2 ** Number(margin.slice(2))) : margin;
        return {
          op: row[at.op],
          case: row[at.case],
          candidate: row[at.candidate],
          law,
          subject,
          scenario,
          status: status || "conforms",
          margin: number,
        };
      })
      .filter(({ law }) => law),
  );
}

/**
 * @param {any} it
 * @param {string | null} was
 * @param {number} before
 * @param {string} status
 * @param {number} margin
 */
export function changed({ severity, bad, growth }, was, before, status, margin) {
  const then = was === null ? null : (severity[was] ?? -1),
    now = severity[status] ?? -1,
    wrong = bad.includes(status);
  if (then === null) return wrong ? "new" : now >= 0 ? "added" : "";
  if (wrong && now > then) return "regressed";
  if (now >= 0 && now === then && margin > before && margin >= growth * before) return "grew";
  if (then >= 0 && now < 0) return "no longer run";
  return now === 0 && now < then ? "fixed" : "";
}

/**
 * Of repeats the last one counts that was judged.
 * @param {any} it
 * @param {any} found
 * @param {string} name
 * @param {any} item
 * @param {string} status
 */
export function once({ severity }, found, name, item, status) {
  const other = found.get(name);
  if (!other || Object.hasOwn(severity, status) || !Object.hasOwn(severity, other.status)) found.set(name, item);
}

/**
 * What an old case, or op, is called now: see diff.py.
 * @param {Record<string, string>} renamed
 */
export function renaming(renamed) {
  const names = new Map(Object.entries(renamed)),
    longest = [...names.keys()].sort((a, b) => b.length - a.length),
    found = new Map();
  const now = (old) => {
    const [op, ...parts] = old.split("/"),
      of = `${names.get(op) ?? op}//`;
    const name = [
      op,
      ...parts.map((part) =>
        part
          .replace(/^[^:]*/, (axis) => names.get(of + axis) ?? axis)
          .replace(/^invalid:([^-]*)-/, (whole, param) => (names.has(of + param) ? `invalid:${names.get(of + param)}-` : whole)),
      ),
    ].join("/");
    const beginning = longest.find((part) => name === part || name.startsWith(part.endsWith("/") ? part : `${part}/`));
    return beginning === undefined ? name : names.get(beginning) + name.slice(beginning.length);
  };
  return (old) => found.get(old) ?? found.set(old, now(old)).get(old);
}

/** @param {Table} table @param {any} old */
export function compareWith(table, old) {
  const now = renaming(table.facts.renamed);
  const { columns, facts, rows } = table,
    key = (...parts) => parts.join("\t"),
    ops = new Set(columns.op.words()),
    there = new Map(),
    here = new Map(),
    names = new Array(rows);
  for (const row of old)
    if ((row.op === undefined || ops.has(now(row.op))) && row.subject !== "ledger")
      once(facts, there, key(now(row.case), row.candidate, row.law, saidNow(row.subject ?? ""), row.scenario ?? ""), row, row.status);
  for (let row = 0; row < rows; row++) {
    names[row] = key(
      columns.case.at(row),
      columns.candidate.at(row),
      columns.law.at(row),
      columns.subject.at(row),
      columns.scenario.at(row),
    );
    once(facts, here, names[row], { row, status: columns.status.at(row) }, columns.status.at(row));
  }
  // A row without a subject speaks for all that a law looks at: see diff.py.
  const law = (name) => `${name.split("\t").slice(0, 3).join("\t")}\t\t`,
    told = new Set([...here.keys()].map(law)),
    severity = (row) => facts.severity[row.status] ?? -1;
  for (const [name, row] of [...there]) {
    const whole = law(name);
    if (name === whole || here.has(name) || !here.has(whole)) continue;
    there.delete(name);
    if (!there.has(whole) || severity(row) >= severity(there.get(whole))) there.set(whole, row);
  }
  for (const [name, row] of here)
    if (!there.has(name) && there.has(law(name)) && (severity(row) >= 0 || !here.has(law(name)))) there.set(name, there.get(law(name)));
  for (const name of [...there.keys()]) if (name === law(name) && !here.has(name) && told.has(name)) there.delete(name);
  const kinds = new Array(rows),
    was = new Array(rows),
    before = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const then = there.get(names[row]),
      now = here.get(names[row]);
    before[row] = then ? numeric(then.margin ?? "nan") : NaN;
    was[row] = then?.status ?? "";
    kinds[row] =
      columns.subject.at(row) === "ledger" || now.row !== row
        ? ""
        : changed(facts, then ? then.status : null, before[row], now.status, columns.margin[now.row]);
  }
  Object.assign(columns, { change: Text.of(kinds), was: Text.of(was), before });
  const gone = [...there].filter(([name, row]) => !here.has(name) && Object.hasOwn(facts.severity, row.status)).map(([, row]) => row);
  table.facts.gone = gone
    .slice(0, 2000)
    .map((row) => [row.case, row.candidate, row.law, row.subject ?? "", row.scenario ?? "", row.status]);
  table.facts.gone_count = gone.length;
  table.facts.baseline = true;
}
