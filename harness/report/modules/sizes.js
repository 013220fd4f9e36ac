// Margins against the size of a case -> a plot with the bound as a line.

import { axisOf } from "./axes.js";
import { el, svg } from "./dom.js";
import { short } from "./numbers.js";
import { placed } from "./strips.js";
import { counted, visible } from "./words.js";

const PLOT = { width: 640, height: 220, left: 46, bottom: 24, columns: 40, rows: 36 };

/**
 * How many entries the sizes of a case make together; NaN where one of them is no number.
 * @param {Table} table
 * @param {string} address
 * @param {string[]} sizes
 */
export function sizeOf(table, address, sizes) {
  return sizes.reduce((product, axis) => product * Math.max(1, Number(axisOf(table, address, axis))), 1);
}

/**
 * Rows -> places of the plot: column by the size's logarithm, row by the margin's, how many there, and whether beyond the bound.
 * @param {any[]} points
 */
export function binned(points) {
  const finite = points.filter(({ size, margin }) => Number.isFinite(size) && !Number.isNaN(margin)),
    largest = finite.reduce((most, { size }) => Math.max(most, size), 2),
    cells = new Map();
  for (const { size, margin } of finite) {
    const column = Math.min(PLOT.columns - 1, Math.floor((Math.log2(size) / Math.log2(largest)) * PLOT.columns));
    const over = margin > 1,
      edge = Math.round(placed(1) * PLOT.rows),
      row = Math.min(PLOT.rows - 1, Math.floor(placed(margin) * PLOT.rows)),
      key = column * PLOT.rows + (over ? Math.max(edge, row) : Math.min(edge - 1, row));
    cells.set(key, (cells.get(key) ?? 0) + 1);
  }
  return { cells, largest, count: finite.length, over: finite.filter(({ margin }) => margin > 1).length };
}

/** @param {any[]} points */
export function sizePlot(points) {
  const { cells, largest, count, over } = binned(points);
  if (!count) return null;
  const { width, height, left, bottom, columns, rows } = PLOT,
    step = (width - left) / columns,
    rise = (height - bottom) / rows,
    y = (part) => (height - bottom) * (1 - part),
    bound = y(Math.round(placed(1) * rows) / rows),
    peak = Math.max(...cells.values());
  const squares = [...cells].map(([key, n]) => {
    const column = Math.floor(key / rows),
      row = key % rows;
    const square = svg("rect", {
      x: left + column * step,
      y: y((row + 1) / rows),
      width: step - 1,
      height: rise - 1,
      class: row >= Math.round(placed(1) * rows) ? "over" : "within",
      opacity: 0.35 + 0.65 * Math.sqrt(n / peak),
    });
    square.append(svg("title", {}, counted(n, "verdict")));
    return square;
  });
  const marks = [
    [0, "exact"],
    [placed(1e-3), "10⁻³"],
    [placed(1), "bound"],
    [placed(1e3), "10³"],
    [1, "∞"],
  ].map(([at, text]) => svg("text", { x: left - 6, y: Math.max(9, Math.min(height - bottom, y(at) + 3)), "text-anchor": "end" }, text));
  const ends = [1, Math.sqrt(largest), largest].map((size, i) =>
    svg(
      "text",
      { x: left + ((width - left) * i) / 2, y: height - 8, "text-anchor": ["start", "middle", "end"][i] },
      short(Math.round(size)),
    ),
  );
  const label = `${counted(count, "margin")} against sizes of 1 to ${short(largest)}${over ? `, ${over.toLocaleString("en")} beyond the bound` : ""}`;
  return el(
    "figure",
    {},
    svg(
      "svg",
      { class: "plot", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
      ...squares,
      svg("line", { x1: left, x2: width, y1: bound, y2: bound, class: "bound" }),
      ...marks,
      ...ends,
    ),
    el("figcaption", {}, `${label}; each square is stronger the more verdicts it holds.`),
  );
}

/**
 * Margins of values against the size of the case, of any candidate or of one.
 *
 * @param {App} app
 * @param {string} op
 * @param {number[]} rows
 * @param {string[]} names
 */
export function sizesOf(app, op, rows, names) {
  const { columns, facts } = app.table,
    sizes = Object.hasOwn(facts.sizes, op) ? facts.sizes[op] : [];
  if (!sizes.length) return null;
  const points = rows
    .filter((row) => columns.law.at(row) === "agrees" && !Number.isNaN(columns.margin[row]))
    .map((row) => ({
      by: columns.candidate.at(row),
      margin: columns.margin[row],
      size: sizeOf(app.table, columns.case.at(row), sizes),
    }));
  const shown = el("div", {}, sizePlot(points));
  if (!shown.firstChild) return null;
  const choose = el(
    "select",
    {
      "aria-label": "Candidate of the plot",
      onchange: () =>
        shown.replaceChildren(
          sizePlot(points.filter(({ by }) => !choose.value || by === choose.value)) ?? el("p", {}, "No margin was measured."),
        ),
    },
    el("option", { value: "" }, "any candidate"),
    names.map((name) => el("option", { value: name }, visible(name))),
  );
  return el("section", {}, el("h3", {}, `Margins of values against size (${sizes.join(" × ")}), of `, choose), shown);
}
