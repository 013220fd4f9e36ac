// Packed text -> columns. See packing.py for the layout.

import { byId } from "./dom.js";
export const TYPES = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** @param {string} id */
export async function unpack(id) {
  const node = byId(id);
  const text = node.textContent;
  node.textContent = "";
  const stream = new Blob([fromBase64(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
  const buffer = await new Response(stream).arrayBuffer();
  const length = new Uint32Array(buffer, 0, 1)[0];
  const manifest = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const start = Math.ceil((4 + length) / 8) * 8;
  const view = (type, [at, count]) => new TYPES[type](buffer, start + at, count);
  const columns = {};
  for (const [name, column] of Object.entries(manifest.columns)) {
    columns[name] = column.type === "text" ? textColumn(column, view) : view(column.type, column.at);
  }
  return { rows: manifest.rows, columns, facts: manifest.facts };
}

/** @param {string} text */
export function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text),
    bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** @param {any} column @param {any} view */
export function textColumn(column, view) {
  const codes = view(column.codes, column.at),
    lengths = view("uint32", column.lengths);
  if (codes.BYTES_PER_ELEMENT > 1) for (let i = 1; i < codes.length; i++) codes[i] += codes[i - 1];
  const offsets = new Uint32Array(lengths.length + 1);
  for (let i = 0; i < lengths.length; i++) offsets[i + 1] = offsets[i] + lengths[i];
  return new Text(codes, offsets, new TextDecoder().decode(view("uint8", column.text)));
}

// A column of text: a code per row into a sorted dictionary, whose words are cut out when asked for.
export class Text {
  constructor(codes, offsets, text) {
    this.codes = codes;
    this.offsets = offsets;
    this.text = text;
    this.count = offsets.length - 1;
  }

  /** @param {string[]} values */
  static of(values) {
    const words = [...new Set(values)].sort(),
      code = new Map(words.map((word, i) => [word, i]));
    const offsets = new Uint32Array(words.length + 1);
    words.forEach((word, i) => {
      offsets[i + 1] = offsets[i] + word.length;
    });
    return new Text(
      Uint32Array.from(values, (value) => code.get(value) ?? 0),
      offsets,
      words.join(""),
    );
  }

  /** @param {number} code */
  word(code) {
    return this.text.slice(this.offsets[code], this.offsets[code + 1]);
  }

  /** @param {number} row */
  at(row) {
    return this.word(this.codes[row]);
  }

  words() {
    return Array.from({ length: this.count }, (_, code) => this.word(code));
  }

  /** @param {string} word */
  code(word) {
    for (let code = 0; code < this.count; code++) {
      if (this.offsets[code + 1] - this.offsets[code] === word.length && this.text.startsWith(word, this.offsets[code])) return code;
    }
    return -1;
  }

  /**
   * Which words satisfy the test, as one byte each.
   *
   * @param {any} test
   */
  where(test) {
    const found = new Uint8Array(this.count);
    for (let code = 0; code < this.count; code++) found[code] = test(this.word(code)) ? 1 : 0;
    return found;
  }
}

/**
 * Positions in ascending order of their keys (uint32), stable, from a given order: radix, 16 bits at a time.
 * @param {any} keys
 * @param {Uint32Array} [from]
 */
export function ordered(keys, from) {
  const count = keys.length;
  let order = from ?? Uint32Array.from(keys, (_, i) => i),
    next = new Uint32Array(count);
  for (const shift of [0, 16]) {
    const starts = new Uint32Array(65537);
    for (let i = 0; i < count; i++) starts[((keys[i] >>> shift) & 65535) + 1]++;
    if (starts[((keys[0] >>> shift) & 65535) + 1] === count) continue;
    for (let i = 0; i < 65536; i++) starts[i + 1] += starts[i];
    for (let i = 0; i < count; i++) next[starts[(keys[order[i]] >>> shift) & 65535]++] = order[i];
    [order, next] = [next, order === from ? new Uint32Array(count) : order];
  }
  return order;
}

/**
 * Keys that sort as the column does; what is not a number comes last either way.
 * @param {any} column
 * @param {boolean} descending
 */
export function sortKeys(column, descending) {
  if (column instanceof Text) {
    const top = column.count;
    return Uint32Array.from(column.codes, (code) => (descending ? top - code : code));
  }
  const bits = new Uint32Array(Float32Array.from(column).buffer);
  for (let i = 0; i < bits.length; i++) {
    const key = bits[i] & 0x80000000 ? ~bits[i] : bits[i] | 0x80000000;
    bits[i] = column[i] !== column[i] ? 0xffffffff : descending ? ~key : key;
  }
  return bits;
}

/**
 * The order of a column the other way round: rows that are alike stay in theirs, and what is not a number stays last.
 *
 * @param {any} column
 * @param {Uint32Array} order
 */
export function flipped(column, order) {
  const key = column instanceof Text ? (row) => column.codes[row] : (row) => Math.fround(column[row]),
    out = order.slice();
  let end = order.length,
    to = 0;
  while (end > 0 && Number.isNaN(key(order[end - 1]))) end--;
  while (end > 0) {
    const same = key(order[end - 1]);
    let start = end - 1;
    while (start > 0 && key(order[start - 1]) === same) start--;
    for (let at = start; at < end; at++) out[to++] = order[at];
    end = start;
  }
  return out;
}

/**
 * What the judge noted of a row, list by name; of a table that somebody else wrote only what is a list.
 *
 * @param {string | undefined} text
 * @returns {Record<string, any[]>}
 */
export function notesOf(text) {
  try {
    return Object.fromEntries(Object.entries(JSON.parse(text || "{}") ?? {}).filter(([, list]) => Array.isArray(list)));
  } catch {
    return {};
  }
}

// What a row speaks of and under what scenario, as people read it.
export const spokenOf = (columns, row) => `${columns.subject.at(row)} ${columns.scenario.at(row)}`.trim();

/**
 * A number for each pair of subject and scenario, and the two words of a number.
 * @param {any} it
 */
export function pairsOf({ subject, scenario }) {
  const width = scenario.count;
  return {
    count: subject.count * width,
    code: (row) => subject.codes[row] * width + scenario.codes[row],
    words: (code) => [subject.word(Math.floor(code / width)), scenario.word(code % width)],
  };
}
