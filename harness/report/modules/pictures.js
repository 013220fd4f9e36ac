// Numbers -> pictures: heat maps and histograms.

import { numeric, short } from "./numbers.js";
import { el, svg } from "./dom.js";
import { counted } from "./words.js";
import { isComplex } from "./scales.js";

/**
 * Nested lists -> planes of rows of numbers, with the index that names each plane.
 * @param {any} nested
 * @param {number[]} [prefix]
 */
function planes(nested, prefix = []) {
  if (!Array.isArray(nested)) return [{ index: prefix, rows: [[nested]] }];
  if (!Array.isArray(nested[0])) return [{ index: prefix, rows: [nested] }];
  if (!Array.isArray(nested[0][0])) return [{ index: prefix, rows: nested }];
  return nested.flatMap((part, i) => planes(part, [...prefix, i]));
}

/**
 * Pictures of arrays of one shape, read together: what points at an entry of one points at it in all.
 * @param {any} it
 */
export function heatMaps({ maps: shown, origin, place }) {
  const maps = shown.map((one) => heatMap(one, origin, place, (plane, at) => maps.forEach((map) => map.read(plane, at))));
  return maps.map(({ node }) => node);
}

/**
 * The planes that hold the worst entry, small and without words.
 * @param {any} it
 */
export function thumbnails({ maps, place }) {
  const small = maps.filter(({ name }) => name !== "ratio");
  return small.map(({ title, nested, colour }) => {
    const all = planes(nested),
      { rows } = all.find(({ index }) => index.every((i, axis) => i === place[axis])) ?? all[0],
      canvas = el("canvas", { role: "img", "aria-label": title });
    paint(canvas, rows, colour, THUMB);
    return el("figure", {}, canvas, el("figcaption", {}, title));
  });
}

/**
 * Actual against expected, entry by entry: on the line where it is right.
 * @param {Evidence} evidence
 */
export function scatter(evidence) {
  if (!Array.isArray(evidence.expected) || !Array.isArray(evidence.actual) || isComplex(evidence.actual) || isComplex(evidence.expected))
    return null;
  const [expected, actual, margins] = ["expected", "actual", "margin"].map((name) => [evidence[name] ?? []].flat(Infinity).map(numeric)),
    points = expected
      .map((x, i) => ({ x, y: actual[i], over: margins[i] > 1 }))
      .filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  if (points.length < 3) return null;
  const [low, high] = [Math.min, Math.max].map((end) => points.reduce((most, { x, y }) => end(most, x, y), points[0].x));
  if (low === high) return null;
  const at = (value) => 4 + (192 * (value - low)) / (high - low);
  const label = `actual against expected, ${counted(points.length, "entry", "entries")} from ${short(low)} to ${short(high)}; on the line where they are equal`;
  return el(
    "figure",
    { class: "scatter" },
    el("figcaption", {}, "actual (upward) against expected"),
    svg(
      "svg",
      { viewBox: "0 0 200 200", role: "img", "aria-label": label, class: "plot" },
      svg("line", { x1: 4, y1: 196, x2: 196, y2: 4, class: "bound" }),
      ...points.map(({ x, y, over }) => svg("circle", { cx: at(x), cy: 200 - at(y), r: 2.5, class: over ? "over" : "within" })),
    ),
    el("p", { class: "reading" }, `${short(low) || 0} to ${short(high) || 0}`),
  );
}

// Screen points a picture's longer side has at least, so that a mark around an entry can be thin.
const SIDE = 320;

// The same for a small picture.
const THUMB = 120;

/** @param {HTMLCanvasElement} canvas @param {any[][]} rows @param {any} colour @param {number} side */
function paint(canvas, rows, colour, side) {
  const height = Math.max(1, rows.length),
    width = Math.max(1, rows[0]?.length ?? 0),
    picture = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")),
    size = Math.max(1, Math.ceil(side / Math.max(height, width)));
  [canvas.height, canvas.width] = [height * size, width * size];
  canvas.style.aspectRatio = `${width} / ${height}`;
  rows.forEach((row, y) =>
    row.forEach((value, x) => {
      picture.fillStyle = `rgb(${colour(numeric(value)).map(Math.round).join(" ")})`;
      picture.fillRect(x * size, y * size, size, size);
    }),
  );
  return { picture, size, height, width };
}

/** @param {any} it @param {number[]} origin @param {number[]} worst @param {any} point */
function heatMap({ title, nested, colour, legend, stepped }, origin, worst, point) {
  const placed = (index) => index.map((i, axis) => i + (origin[axis] ?? 0)).join(", ");
  const all = planes(nested);
  const canvas = el("canvas", { tabindex: "0", role: "img" }),
    said = el("p", { class: "reading", "aria-live": "polite" });
  const axes = (part) => (Array.isArray(part) ? 1 + axes(part[0]) : 0),
    flat = axes(nested) < 2;
  const marked = worst.length === axes(nested) ? worst : [];
  const home = all.findIndex(({ index }) => marked.length && index.every((i, axis) => i === marked[axis]));
  const choose =
    all.length > 1 &&
    el(
      "select",
      { "aria-label": `Plane of ${title}`, onchange: () => point(Number(choose.value), at) },
      all.map(({ index }, i) => el("option", { value: i }, `[${placed(index)}]`)),
    );
  let shown = Math.max(0, home),
    at = marked.length ? [marked.at(-2) ?? 0, marked.at(-1) ?? 0] : [0, 0];
  function draw() {
    const { picture, size, height, width } = paint(canvas, all[shown].rows, colour, SIDE);
    canvas.setAttribute("aria-label", `${title}, ${height} by ${width}; arrow keys read entries`);
    if (shown === home) outline(picture, [marked.at(-2) ?? 0, marked.at(-1)], size, "#000", "#fff");
    outline(picture, at, size, "#fff", "#3546b5");
  }
  /**
   * What it points at, and the other pictures do.
   *
   * @param {number} plane
   * @param {any} them
   */
  function read(plane, [y, x]) {
    shown = plane;
    const { index, rows } = all[shown];
    at = [Math.max(0, Math.min(rows.length - 1, y)), Math.max(0, Math.min((rows[0]?.length ?? 1) - 1, x))];
    if (choose) choose.value = String(shown);
    draw();
    said.textContent = `[${placed(flat ? [at[1]] : [...index, ...at])}] ${rows[at[0]]?.[at[1]] ?? "no entries"}`;
  }
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect(),
      { rows } = all[shown];
    const to = [
      Math.floor(((event.clientY - box.top) / box.height) * rows.length),
      Math.floor(((event.clientX - box.left) / box.width) * (rows[0]?.length ?? 1)),
    ];
    if (to[0] !== at[0] || to[1] !== at[1]) point(shown, to);
  });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    point(shown, [at[0] + step[0], at[1] + step[1]]);
  });
  read(shown, at);
  const ramp = el(
    "p",
    { class: stepped ? "ramp steps" : "ramp", "aria-hidden": "true" },
    legend.map(({ text, colour: of }) => el("i", { style: `background: rgb(${of.map(Math.round).join(" ")})` }, text)),
  );
  return { read, node: el("figure", { class: "map" }, el("figcaption", {}, title, " ", choose), canvas, ramp, said) };
}

/**
 * @param {CanvasRenderingContext2D} picture
 * @param {any} them
 * @param {any} size
 * @param {string} outer
 * @param {string} inner
 */
function outline(picture, [y, x], size, outer, inner) {
  const wide = Math.max(1, Math.min(4, size / 8));
  for (const { colour, inset } of [
    { colour: outer, inset: wide / 2 },
    { colour: inner, inset: 1.5 * wide },
  ]) {
    picture.strokeStyle = colour;
    picture.lineWidth = wide;
    picture.strokeRect(x * size + inset, y * size + inset, size - 2 * inset, size - 2 * inset);
  }
}

/**
 * How many margins fall into each decade, this row's marked.
 * @param {number[]} margins
 * @param {number} mine
 */
export function histogram(margins, mine) {
  const steps = [-Infinity, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6],
    tallies = steps.map(() => 0);
  const place = (margin) => (margin === 0 ? 0 : Math.max(1, Math.min(steps.length - 1, Math.ceil(Math.log10(margin)) + 7)));
  for (const margin of margins) if (!Number.isNaN(margin)) tallies[place(margin)]++;
  const most = Math.max(1, ...tallies),
    here = Number.isNaN(mine) ? -1 : place(mine);
  const name = (i) => (i === 0 ? "exact" : i === steps.length - 1 ? `over 10^${steps[i] - 1}` : `up to 10^${steps[i]}`);
  const bars = tallies.map((n, i) =>
    el(
      "div",
      { class: `bin${i === here ? " here" : ""}${i > 7 ? " over" : ""}`, title: `${name(i)}: ${n}` },
      el("span", { class: "n" }, n ? n.toLocaleString("en") : ""),
      el("i", { style: `height: ${n ? Math.max(4, 100 * Math.sqrt(n / most)) : 0}%` }),
      el(
        "small",
        {},
        i === 0
          ? "0"
          : i === 7
            ? "1"
            : i === 8
              ? "10"
              : i === steps.length - 1
                ? ">10⁵"
                : `10${[...String(steps[i])].map((d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d] ?? "⁻").join("")}`,
      ),
    ),
  );
  return el(
    "figure",
    { class: "histogram" },
    el("figcaption", {}, "Margins of this candidate under this law, in powers of ten", here >= 0 && "; this one is marked"),
    el(
      "div",
      {
        class: "bins",
        role: "img",
        "aria-label": tallies
          .map((n, i) => n && `${n} ${name(i)}`)
          .filter(Boolean)
          .join(", "),
      },
      bars,
    ),
  );
}
