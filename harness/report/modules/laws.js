// An op's row of the matrix, folded out: law, subject, scenario x candidate.

import { kind, quoted } from "./words.js";
import { level, short } from "./numbers.js";
import { el, foreign } from "./dom.js";
import { pairsOf } from "./rows.js";

/** @param {App} app @param {string} op */
export function lawTable(app, op) {
  const { columns, facts, rows } = app.table,
    wanted = columns.op.code(op),
    ranks = facts.precedence,
    cells = new Map(),
    names = new Set();
  const width = columns.candidate.count,
    of = pairsOf(columns),
    statusRank = columns.status.words().map((word) => ranks.indexOf(word));
  for (let row = 0; row < rows; row++) {
    if (columns.op.codes[row] !== wanted) continue;
    const key = (columns.law.codes[row] * of.count + of.code(row)) * width + columns.candidate.codes[row],
      margin = columns.margin[row],
      rank = statusRank[columns.status.codes[row]];
    names.add(columns.candidate.codes[row]);
    const cell = cells.get(key);
    const own = columns.cause[row] < 0;
    if (!cell) cells.set(key, { rank, margin, count: 1, own });
    else {
      cell.count++;
      if (rank === cell.rank) cell.own ||= own;
      else if (rank < cell.rank) cell.own = own;
      if (rank < cell.rank) Object.assign(cell, { rank, margin });
      else if (rank === cell.rank && !(margin <= cell.margin)) cell.margin = Number.isNaN(margin) ? cell.margin : margin;
    }
  }
  const place = (line) => {
    const at = facts.laws.indexOf(columns.law.word(Math.floor(line / of.count)));
    return at < 0 ? facts.laws.length : at;
  };
  const lines = [...new Set([...cells.keys()].map((key) => Math.floor(key / width)))].sort((a, b) => place(a) - place(b) || a - b),
    candidates = [...names].sort((a, b) => a - b);
  const head = el(
    "tr",
    {},
    el("th", { scope: "col" }, "law"),
    candidates.map((by) => el("th", { scope: "col" }, foreign(columns.candidate.word(by)))),
  );
  return el(
    "table",
    { class: "by-law" },
    el("thead", {}, head),
    el(
      "tbody",
      {},
      lines.map((line) => {
        const law = columns.law.word(Math.floor(line / of.count)),
          [subject, scenario] = of.words(line % of.count),
          said = `${subject} ${scenario}`.trim();
        return el(
          "tr",
          {},
          el("th", { scope: "row" }, foreign(law), said && " ", said && el("span", { class: "dim" }, foreign(said))),
          candidates.map((by) => {
            const cell = cells.get(line * width + by);
            if (!cell) return el("td", {});
            const status = ranks[cell.rank] ?? "",
              q = [
                `op:${quoted(op)}`,
                `candidate:${quoted(columns.candidate.word(by))}`,
                `law:${quoted(law)}`,
                subject && `subject:${quoted(subject)}`,
                scenario && `scenario:${quoted(scenario)}`,
                status !== "conforms" && status && `status:${quoted(status)}`,
              ]
                .filter(Boolean)
                .join(" ");
            return el(
              "td",
              {},
              el(
                "a",
                {
                  class: `mini ${level(cell.margin)} ${kind(status)}${cell.own ? "" : " follows"}`,
                  href: app.fragment({ q, all: "1" }),
                  title: `${status}, ${cell.count} verdicts${cell.own ? "" : ", all consequences of a wrong value"}`,
                },
                el("b", { class: "sign", "aria-hidden": "true" }, cell.own ? (facts.signs[status] ?? "") : "↳"),
                ` ${short(cell.margin) || status} `,
                el("span", { class: "many" }, cell.count.toLocaleString("en")),
              ),
            );
          }),
        );
      }),
    ),
  );
}
