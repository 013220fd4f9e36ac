// Numbers <-> their text.

import { STEPS } from "./shared.js";

/** @param {number} number */
export function hexadecimal(number) {
  if (!Number.isFinite(number)) return String(number);
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setFloat64(0, number);
  const high = bytes.getUint32(0),
    exponent = (high >>> 20) & 2047,
    sign = high >>> 31 ? "-" : "";
  const digits = ((high & 0xfffff).toString(16).padStart(5, "0") + bytes.getUint32(4).toString(16).padStart(8, "0")).replace(/0+$/, "");
  if (exponent === 0 && digits === "") return `${sign}0x0p+0`;
  const power = exponent === 0 ? -1022 : exponent - 1023;
  return `${sign}0x${exponent === 0 ? 0 : 1}${digits && `.${digits}`}p${power < 0 ? "" : "+"}${power}`;
}

/** @param {string} text */
export function inHex(text) {
  return text.replace(/[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/gi, (number) => hexadecimal(Number(number)));
}

/** @param {number} number */
export function digits(number) {
  if (!Number.isFinite(number)) return short(number);
  return Math.abs(number) >= 1e6 ? number.toExponential(5).replace("+", "") : String(Number(number.toPrecision(6)));
}

/** @param {any} value */
export function numeric(value) {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return Number(value);
  const text = String(value).trim(),
    complex = text.match(/^\(?([-+]?[\d.einfa]+(?:e[-+]?\d+)?)([-+][\d.einfa]+(?:e[-+]?\d+)?)j\)?$/i);
  if (complex) return Math.hypot(Number(complex[1]), Number(complex[2]));
  return text === "inf" ? Infinity : text === "-inf" ? -Infinity : text === "" ? NaN : Number(text);
}

/** @param {number} number */
export function short(number) {
  if (Number.isNaN(number)) return "";
  const size = Math.abs(number);
  if (size === Infinity) return number > 0 ? "∞" : "-∞";
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return number.toExponential(1).replace("+", "");
  if (size >= 1000) return Math.round(number).toLocaleString("en");
  const said = String(Number(number.toPrecision(3)));
  return said === "1" && number < 1 ? "<1" : said === "1" && number > 1 ? ">1" : said;
}

/** @param {number} margin */
export function level(margin) {
  return Number.isNaN(margin) ? "none" : `m${STEPS.filter((step) => margin > step).length}`;
}
