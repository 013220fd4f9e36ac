// Margins -> strips: how often each part of the bound was used, a line where the bound is.

import { short } from "./numbers.js";
import { el, svg } from "./dom.js";

// The bound is an edge between bins: 60 of them over 12 powers of ten.
const STRIP = { low: -5, high: 7, width: 480, height: 16, bins: 60 };

/**
 * Where a margin stands on the strip, from 0 to 1: exact at the left end, without a number at the right.
 * @param {number} margin
 */
export function placed(margin) {
  if (margin === 0) return 0;
  if (margin === Infinity) return 1;
  return Math.max(0.01, Math.min(0.99, (Math.log10(margin) - STRIP.low) / (STRIP.high - STRIP.low)));
}

/**
 * The bin of a margin, on its side of the bound.
 * @param {number} margin
 */
export function binOf(margin) {
  const bin = Math.min(STRIP.bins - 1, Math.floor(placed(margin) * STRIP.bins)),
    edge = Math.round(placed(1) * STRIP.bins);
  return margin > 1 ? Math.max(edge, bin) : Math.min(edge - 1, bin);
}

/** @param {number[]} margins */
export function strip(margins) {
  const bins = new Uint32Array(STRIP.bins);
  let most = 0,
    over = 0,
    measured = 0;
  for (const margin of margins) {
    if (Number.isNaN(margin)) continue;
    measured++;
    if (margin > 1) over++;
    most = Math.max(most, margin);
    bins[binOf(margin)]++;
  }
  const peak = Math.max(1, ...bins),
    { width, height } = STRIP,
    bound = placed(1) * width,
    step = width / STRIP.bins;
  const bars = [...bins]
    .map(
      (n, i) =>
        n &&
        svg("rect", {
          x: i * step,
          y: height * (1 - Math.sqrt(n / peak)),
          width: step - 0.5,
          height: height * Math.sqrt(n / peak),
          class: i >= Math.round(placed(1) * STRIP.bins) ? "over" : "within",
        }),
    )
    .filter(Boolean);
  const label = measured
    ? `${measured.toLocaleString("en")} margins, the largest ${short(most)}${over ? `, ${over.toLocaleString("en")} beyond the bound` : ""}`
    : "no margin was measured";
  return {
    label,
    most,
    node: svg(
      "svg",
      { class: "strip", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
      ...bars,
      svg("line", { x1: bound, x2: bound, y1: 0, y2: height, class: "bound" }),
    ),
  };
}

// The scale under strips.
export function stripScale() {
  const marks = /** @type {[number, string][]} */ ([
    [0, "exact"],
    [placed(1e-3), "10⁻³"],
    [placed(1), "bound"],
    [placed(1e3), "10³"],
    [1, "∞"],
  ]);
  return el(
    "div",
    { class: "strip-scale", "aria-hidden": "true" },
    marks.map(([at, text]) => el("span", { style: `left: ${100 * at}%` }, text)),
  );
}
