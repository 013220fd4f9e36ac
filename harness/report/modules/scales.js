// Evidence -> what is drawn of it: expected, actual, their ratio and difference, each on its scale of colours.

import { STEPS } from "./shared.js";
import { numeric, short } from "./numbers.js";

const UNSAID = [120, 120, 120],
  MOST_RATIO = Math.log(1e6);

// The colours of the scale of margins, as the page's style has them now.
function stepColours() {
  const style = getComputedStyle(document.documentElement);
  return [...STEPS.keys(), STEPS.length].map((step) => channels(style.getPropertyValue(`--m${step}`).trim()));
}

/** @param {string} hex */
function channels(hex) {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}

// Beyond its bound what is too small has the colour of what is too large with red and blue exchanged.
/** @param {number[]} colour */
function mirrored([red, green, blue]) {
  return [blue, green, red];
}

// The colour of a difference in bounds; beyond the last step it grows darker.
function differenceColours() {
  const colours = stepColours(),
    last = colours[STEPS.length];
  return (difference) => {
    const margin = Math.abs(difference);
    if (Number.isNaN(margin)) return UNSAID;
    const beyond = Math.min(1, Math.max(0, Math.log10(margin) - 6) / 12),
      within = !(margin > STEPS[STEPS.length - 1]),
      colour = within ? colours[STEPS.filter((step) => margin > step).length] : last.map((part) => part * (1 - 0.6 * beyond));
    return difference < 0 && margin > 1 ? mirrored(colour) : colour;
  };
}

// White in the middle, brown above it, blue below it; what has no place on the scale is grey.
function shaded(part) {
  if (Number.isNaN(part)) return UNSAID;
  const [r, g, b] = part < 0 ? [33, 102, 172] : [178, 84, 26],
    deep = Math.min(1, Math.abs(part));
  return [255 - deep * (255 - r), 255 - deep * (255 - g), 255 - deep * (255 - b)];
}

/** @param {number} value @param {number} largest */
function valueColour(value, largest) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? UNSAID : [40, 40, 40];
  return shaded(largest ? value / largest : 0);
}

/**
 * The colour of a ratio, on a logarithmic scale that is as wide on both sides of 1; of another sign it is violet.
 *
 * @param {number} ratio
 * @param {number} span
 */
export function ratioColour(ratio, span) {
  if (ratio < 0) return [196, 140, 210];
  if (Number.isNaN(ratio)) return UNSAID;
  const log = Math.log(ratio);
  return shaded(log === 0 ? 0 : span ? log / span : Math.sign(log));
}

/**
 * How far from 1 the ratios of numbers lie, at most a million times: the end of their scale.
 *
 * @param {any} ratios
 */
export function spanOf(ratios) {
  const logs = [ratios]
    .flat(Infinity)
    .filter((ratio) => ratio > 0 && Number.isFinite(ratio))
    .map((ratio) => Math.abs(Math.log(ratio)));
  return Math.min(
    MOST_RATIO,
    logs.reduce((most, log) => Math.max(most, log), 0),
  );
}

/**
 * Two nested lists of one shape, entry by entry; null where they are of different shapes.
 *
 * @param {any} one
 * @param {any} other
 * @param {any} of
 * @returns {any}
 */
export function zipped(one, other, of) {
  if (!Array.isArray(one) && !Array.isArray(other)) return of(one, other);
  if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return null;
  const parts = one.map((part, i) => zipped(part, other[i], of));
  return parts.includes(null) ? null : parts;
}

// Actual over expected; equal ones are at 1, also where both are 0; without a number where only one is.
export function ratio(actual, expected) {
  const [above, below] = [numeric(actual), numeric(expected)];
  return above === below ? 1 : below === 0 || !Number.isFinite(below) ? NaN : above / below;
}

/**
 * The error in bounds, negative where actual is smaller than expected.
 *
 * @param {any} margins
 * @param {Evidence} evidence
 */
export function differences(margins, { actual, expected }) {
  const below = zipped(actual, expected, (got, due) => numeric(got) < numeric(due));
  return zipped(margins, below, (margin, less) => (less ? -numeric(margin) : margin)) ?? margins;
}

/**
 * What evidence holds to draw: expected and actual on one scale of colours, their ratio, and their difference in bounds; the
 * worst entry's place. Of complex entries the sizes, and the error without a sign.
 * @param {Fact} it
 */
export function drawn({ evidence, at }) {
  const scale = largestOf(evidence.expected) || largestOf(evidence.actual),
    values = (value) => valueColour(value, scale),
    complex = isComplex(evidence.expected) || isComplex(evidence.actual),
    of = complex ? "size of " : "",
    ends = [-scale, 0, scale].filter((value) => !of || value >= 0).map((value) => ({ text: short(value) || "0", colour: values(value) }));
  const maps = [
    { name: "expected", title: `${of}expected`, colour: values, legend: ends, nested: evidence.expected },
    { name: "actual", title: `${of}actual`, colour: values, legend: ends, nested: evidence.actual },
    ratioMap(evidence, of),
    differenceMap(evidence, complex),
  ];
  return {
    place: (String(at ?? "").match(/\d+/g) ?? []).map((i, axis) => Number(i) - (evidence.origin?.[axis] ?? 0)),
    origin: evidence.origin ?? [],
    maps: maps.filter(({ nested }) => Array.isArray(nested)),
  };
}

/** @param {Evidence} evidence @param {string} of */
function ratioMap({ actual, expected }, of) {
  const nested = Array.isArray(actual) && Array.isArray(expected) ? zipped(actual, expected, ratio) : null,
    span = spanOf(nested),
    colour = (value) => ratioColour(value, span);
  const ends = [1 / Math.exp(span), 1, Math.exp(span)].map((value) => ({ text: ratioSaid(value), colour: colour(value) })),
    legend = [...(span ? ends : ends.slice(1, 2)), { text: "other sign", colour: colour(-1) }, { text: "no ratio", colour: colour(NaN) }];
  return { name: "ratio", title: of ? "size of actual / size of expected" : "actual / expected", colour, legend, nested };
}

// A ratio with as many digits as tell it from 1.
function ratioSaid(value) {
  const apart = Math.abs(value - 1);
  return apart > 0 && apart < 0.01 ? `1${value < 1 ? "−" : "+"}${short(apart)}` : short(value);
}

/** @param {Evidence} evidence @param {boolean} complex */
function differenceMap(evidence, complex) {
  const colour = differenceColours(),
    steps = stepColours().map((step, i) => ({ text: ["0", "", "", "", "1", "", "10³", "10⁶", "∞"][i], colour: step }));
  const below = ["-10³", "-10⁶", "-∞"].map((text, i) => ({ text, colour: mirrored(steps[i + 6].colour) })).reverse(),
    held = Array.isArray(evidence.margin);
  return complex || !held
    ? { name: "margin", title: "error in bounds", colour, legend: steps, stepped: true, nested: evidence.margin }
    : {
        name: "margin",
        title: "actual - expected, in bounds",
        colour,
        legend: [...below, ...steps],
        stepped: true,
        nested: differences(evidence.margin, evidence),
      };
}

/**
 * Complex entries are text; a picture shows how large each is.
 * @param {any} nested
 */
export function isComplex(nested) {
  return Array.isArray(nested) && nested.flat(Infinity).some((value) => typeof value === "string" && value.trim().endsWith("j"));
}

/** @param {any} nested */
function largestOf(nested) {
  if (!Array.isArray(nested)) return 0;
  const finite = nested.flat(Infinity).map(numeric).filter(Number.isFinite);
  return finite.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
