// The notes of a row of the law summation -> pictures of the orders in which a candidate adds.

import { el, foreign, svg } from "./dom.js";
import { notesOf } from "./rows.js";
import { counted } from "./words.js";

// Sizes of a picture: between two summands, and most between two sums one of which holds the other, in pixels.
const WIDE = 20,
  HIGH = 22,
  MOST_HIGH = 300,
  MARGIN = 12;

/** @typedef {number | Tree[]} Tree */

/**
 * Where each sum and summand of a tree stands: its way across, its height above the summands, what it is made of.
 *
 * @param {Tree} tree
 * @param {{ next: number }} [places]
 */
export function standing(tree, places = { next: 0 }) {
  if (typeof tree === "number") return { across: places.next++, height: 0, number: tree, parts: [] };
  const parts = tree.map((part) => standing(part, places)),
    across = parts.reduce((sum, part) => sum + part.across, 0) / parts.length;
  return { across, height: 1 + Math.max(...parts.map(({ height }) => height)), parts };
}

/** A tree as a formula. @param {Tree} tree @returns {string} */
export function formula(tree) {
  return typeof tree === "number"
    ? String(tree)
    : tree.map((part) => (typeof part === "number" ? String(part) : `(${formula(part)})`)).join(" + ");
}

/** @param {Tree} tree @returns {number} */
export function summands(tree) {
  return typeof tree === "number" ? 1 : tree.reduce((/** @type {number} */ sum, part) => sum + summands(part), 0);
}

/** @param {Tree} tree @param {string} words */
function picture(tree, words) {
  const root = standing(tree),
    count = summands(tree),
    high = Math.min(HIGH, MOST_HIGH / Math.max(1, root.height)),
    size = { width: 2 * MARGIN + WIDE * (count - 1), height: 2 * MARGIN + high * root.height + 14 };
  const x = ({ across }) => MARGIN + WIDE * across,
    y = ({ height }) => MARGIN + high * (root.height - height),
    drawn = svg("svg", { ...size, viewBox: `0 0 ${size.width} ${size.height}`, role: "img", class: "tree" });
  drawn.setAttribute("aria-label", `${counted(count, "summand")}: ${words}`);
  const draw = (node) => {
    for (const part of node.parts) {
      drawn.append(svg("path", { d: `M${x(node)} ${y(node)}H${x(part)}V${y(part)}` }));
      draw(part);
    }
    if (node.parts.length) drawn.append(svg("circle", { cx: x(node), cy: y(node), r: 2.5 }));
    else drawn.append(svg("text", { x: x(node), y: y(node) + 14, "text-anchor": "middle" }, String(node.number)));
  };
  draw(root);
  return drawn;
}

/**
 * The orders that a row's notes hold: each named, drawn and written as a formula.
 *
 * @param {string | undefined} notes
 */
export function ordersOf(notes) {
  const { orders = [] } = notesOf(notes);
  return orders.map(({ words, entries, tree }) =>
    el(
      "figure",
      { class: "order" },
      el("figcaption", {}, foreign(words), " ", el("span", { class: "dim" }, `(${counted(entries, "entry", "entries")})`)),
      tree === null
        ? el("p", { class: "dim" }, "Too many summands to draw.")
        : [
            el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Order of summation" }, picture(tree, words)),
            el("details", {}, el("summary", {}, "As a formula"), el("pre", { class: "wrapped", tabindex: "0" }, formula(tree))),
          ],
    ),
  );
}

export const READ = "Number n is the n-th product of an entry, from 0 on; sums are made from the bottom to the top.";

/**
 * The orders of an op: each once, with the candidates and dtypes that add so.
 *
 * @param {App} app
 * @param {number[]} rows
 * @param {(row: number) => string} dtype
 */
export function ordersAt(app, rows, dtype) {
  const { columns } = app.table,
    notes = app.cold?.columns.notes,
    law = columns.law.code("summation"),
    found = new Map();
  if (!notes || law < 0) return null;
  for (const row of rows) {
    const said = columns.law.codes[row] === law ? notes.at(row) : "";
    if (!said) continue;
    const by = `${columns.candidate.at(row)} ${dtype(row)}`;
    found.set(said, [...(found.get(said) ?? []), { row, by }]);
  }
  return found.size
    ? el(
        "section",
        {},
        el("h3", {}, "Order of summation"),
        el("p", { class: "dim" }, READ),
        el(
          "div",
          { class: "sums" },
          [...found].map(([said, those]) =>
            el(
              "div",
              {},
              el(
                "p",
                {},
                those.flatMap(({ row, by }, i) => [i ? " · " : "", el("a", { href: app.linkTo(row) }, foreign(by))]),
              ),
              ordersOf(said),
            ),
          ),
        ),
      )
    : null;
}
