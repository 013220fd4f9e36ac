// Text -> text: what is foreign made visible, counted, quoted, compared.

import { OBEYED } from "./shared.js";

/** @param {string} word */
export function shell(word) {
  return /^[\w@%+=:,./*-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

/** @param {any} value */
export function csvField(value) {
  const text = typeof value === "number" ? (Number.isNaN(value) ? "nan" : value === Infinity ? "inf" : String(value)) : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {any} value */
export function quoted(value) {
  return value !== "" && !/[\s",]/.test(value) ? value : `"${value.replace(/[\\"]/g, "\\$&")}"`;
}

/** @param {any} a @param {any} b */
export function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length];
}

// Text that somebody else wrote, its control characters written out; foreign() isolates it from the page's words too.
export const visible = (text) =>
  String(text).replace(OBEYED, (sign) => {
    const code = sign.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
  });

/** @param {number} number @param {string} noun @param {string} [many] */
export function counted(number, noun, many = `${noun}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? noun : many}`;
}

/** @param {string} status */
export function kind(status) {
  return status.replace(/[^a-z]+/g, "-");
}

/**
 * A number's text as a list has room for.
 * @param {string} text
 */
export function brief(text) {
  const number = Number(text);
  if (text.length <= 12 || text.trim() === "" || !Number.isFinite(number)) return text;
  return number !== 0 && (Math.abs(number) < 1e-3 || Math.abs(number) >= 1e6) ? number.toExponential(4) : number.toPrecision(6);
}
