// The rows that match -> text to take along; a file of another run -> what changed.

import { compareWith, readRun } from "./changes.js";
import { byId, copy, goTo, save, say } from "./dom.js";
import { ledger } from "./ledger.js";
import { drawChanges } from "./news.js";
import { counted, csvField, shell } from "./words.js";

const CSV = [
  "op",
  "case",
  "candidate",
  "law",
  "subject",
  "scenario",
  "status",
  "grade",
  "margin",
  "ulps",
  "actual",
  "expected",
  "bound",
  "at",
  "blame",
  "message",
  "known",
  "seconds",
  "notes",
];

/** @param {App} app @param {string} what */
export async function take(app, what) {
  await app.coldRows;
  const rows = [];
  for (const row of app.orders.of(app.state().sort ?? "worst")) if (app.mask?.[row]) rows.push(app.pane.facts(row));
  const count = counted(rows.length, "row");
  if (!rows.length) return say("No verdict matches: there is nothing to copy.");
  if (what === "csv" || what === "file") {
    const text = `${[CSV.join(","), ...rows.map((row) => CSV.map((name) => csvField(row[name])).join(","))].join("\n")}\n`;
    return what === "csv" ? copy(text, `${count} as CSV`) : save(text, "verdicts-filtered.csv", "text/csv");
  }
  if (what === "ledger") {
    const wrong = rows.filter((row) => app.pane.wrong(row));
    return wrong.length
      ? copy(ledger(wrong, app.table.facts), `${counted(wrong.length, "wrong row")} as known entries`)
      : say("None of these is wrong: there is nothing to know.");
  }
  const { elsewhere } = app.table.facts;
  const cases = [
    ...new Set(rows.map((row) => `${Object.hasOwn(elsewhere, row.op) ? elsewhere[row.op] : `specs/${row.op}.yaml`}::${row.case}`)),
  ].map(shell);
  return copy(`pytest ${cases.join(" ")}`, `${counted(cases.length, "case")} as a pytest selection`);
}

/** @param {App} app @param {File} file */
export async function compare(app, file) {
  try {
    const stream = file.name.endsWith(".gz") ? file.stream().pipeThrough(new DecompressionStream("gzip")) : file.stream();
    compareWith(app.table, readRun(await new Response(stream).text()));
    drawChanges(app);
    app.atlas.draw();
    app.causes.news();
    Object.assign(byId("against"), { hidden: false, textContent: `Against ${file.name}.` });
    app.refresh();
    goTo("changed");
    say(`Compared with ${file.name}`);
  } catch (problem) {
    say(problem instanceof SyntaxError ? "That file cannot be read as verdicts." : /** @type {Error} */ (problem).message);
  }
}
