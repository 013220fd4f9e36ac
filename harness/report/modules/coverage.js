// Pairs of axis values -> a map of two axes: where a candidate is wrong, and which pairs nobody judged.

import { el, foreign } from "./dom.js";
import { casesOf, pairTable } from "./pairs.js";
import { counted, quoted, visible } from "./words.js";

/**
 * Every two axes of an op, those first at whose values most is wrong, then those with most pairs that nobody judged.
 * @param {any} found
 */
export function pairsOfAxes(found) {
  const { axes, values } = found;
  const pairs = axes.flatMap((one, i) =>
    axes.slice(i + 1).map((other) => {
      const cells = [...pairTable(found, one, other).values()],
        all = values[one].length * values[other].length,
        judged = cells.filter((cell) => cell.judged).length;
      return { one, other, all, judged, spread: spread(cells) };
    }),
  );
  return pairs.sort((a, b) => b.spread - a.spread || b.all - b.judged - (a.all - a.judged));
}

/**
 * How far the shares of wrong cases lie apart, weighted by cases: two axes that separate wrong from right come first.
 * @param {any[]} cells
 */
function spread(cells) {
  const judged = cells.reduce((n, cell) => n + cell.judged, 0),
    wrong = cells.reduce((n, cell) => n + cell.wrong, 0);
  if (!wrong) return 0;
  return cells.reduce((sum, cell) => sum + (cell.judged ? cell.judged * (cell.wrong / cell.judged - wrong / judged) ** 2 : 0), 0) / judged;
}

/**
 * The step of the colour scale that a place stands on.
 * @param {any} it
 */
export function shade({ judged, wrong, known }) {
  if (wrong) return wrong > judged / 2 ? "m8" : wrong > judged / 10 ? "m7" : "m6";
  return known ? "m5" : judged > 9 ? "m3" : "m1";
}

/** @param {App} app @param {string} op @param {string[]} names */
export function coverageMap(app, op, names) {
  let by = "",
    found = casesOf(app.table, op);
  if (found.axes.length < 2) return null;
  const shown = el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Cases of two axes" }),
    said = el("p", { class: "dim" });
  const axes = el("select", { "aria-label": "Two axes", onchange: () => draw() }),
    who = el("select", { "aria-label": "Candidate of the map", onchange: () => choose(who.value) }, [
      el("option", { value: "" }, "any candidate"),
      names.map((name) => el("option", { value: name }, visible(name))),
    ]);
  /** @param {string} name */
  function choose(name) {
    by = name;
    found = casesOf(app.table, op, name);
    const pairs = pairsOfAxes(found),
      sum = (of) => pairs.reduce((n, pair) => n + of(pair), 0).toLocaleString("en");
    said.textContent = `${sum((pair) => pair.judged)} of ${sum((pair) => pair.all)} pairs of values of ${found.axes.length} axes were judged together at some case. Each place: cases judged, or wrong/judged, in a case any wrong law counting; hatched where nobody judged both values together.`;
    axes.replaceChildren(
      ...pairs.map(({ one, other, all, judged }) =>
        el(
          "option",
          { value: `${one}\t${other}` },
          visible(`${one} × ${other}: ${(all - judged).toLocaleString("en")} of ${all.toLocaleString("en")} pairs judged by nobody`),
        ),
      ),
    );
    draw();
  }
  function draw() {
    const [one, other] = axes.value.split("\t"),
      cells = pairTable(found, one, other);
    const head = [`${one} \\ ${other}`, ...found.values[other]].map((value) => el("th", { scope: "col" }, foreign(value)));
    const lines = found.values[one].map((row) =>
      el(
        "tr",
        {},
        el("th", { scope: "row" }, foreign(row)),
        found.values[other].map((column) => place(cells.get(`${row}\t${column}`), { [one]: row, [other]: column })),
      ),
    );
    shown.replaceChildren(el("table", { class: "heat" }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, lines)));
  }
  /** @param {any} cell @param {any} at */
  function place(cell, at) {
    if (!cell?.judged)
      return el(
        "td",
        { class: "nobody", title: cell ? `${counted(cell.cases, "case")}, none judged` : "no case holds both" },
        cell ? "?" : "",
      );
    const terms = Object.entries({ op, ...(by && { candidate: by }), ...at }).map(([name, value]) => `${name}:${quoted(value)}`);
    const title = `${cell.wrong} wrong and ${cell.known} known of ${counted(cell.judged, "case")} judged`;
    const link = el(
      "a",
      { href: app.fragment({ op, q: terms.join(" "), all: "1" }), title },
      cell.wrong ? `${cell.wrong}/${cell.judged}` : String(cell.judged),
    );
    return el("td", { class: shade(cell) }, link);
  }
  choose("");
  return el("section", {}, el("h3", {}, "Where it is wrong, and what nobody judged"), said, axes, " ", who, shown);
}
