const KEY = ["case", "candidate", "law", "subject", "scenario"];

const SIGNS = {"crashed": "✖", "timed out": "◷", "fails": "!", "deviates": "✗", "fixed": "★", "known": "◆", "not believed": "≈", "inconclusive": "?", "unsupported": "○", "conforms": "✓"};

const MEANINGS = {"new": "wrong, and not there before", "regressed": "wrong, and was not, or worse than it was", "grew": "error at least four times larger", "reordered": "right, and its sums are added in another order", "no longer run": "judged before, not now", "fixed": "was wrong or known, is right", "added": "not there before, and right or known"};

const STEPS = [0.0, 0.001, 0.01, 0.1, 1.0, 10.0, 1000.0, 1000000.0];

const OBEYED = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function shell(word) {
  return /^[\w@%+=:,./*-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

function csvField(value) {
  const text = typeof value === "number" ? (Number.isNaN(value) ? "nan" : value === Infinity ? "inf" : String(value)) : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function quoted(value) {
  return value !== "" && !/[\s",]/.test(value) ? value : `"${value.replace(/[\\"]/g, "\\$&")}"`;
}

function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length];
}

const visible = (text) =>
  String(text).replace(OBEYED, (sign) => {
    const code = sign.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, "0")}` : `\\x${code.padStart(2, "0")}`;
  });

function counted(number, noun, many = `${noun}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? noun : many}`;
}

function kind(status) {
  return status.replace(/[^a-z]+/g, "-");
}

function brief(text) {
  const number = Number(text);
  if (text.length <= 12 || text.trim() === "" || !Number.isFinite(number)) return text;
  return number !== 0 && (Math.abs(number) < 1e-3 || Math.abs(number) >= 1e6) ? number.toExponential(4) : number.toPrecision(6);
}

function byId(id) {
  return document.getElementById(id);
}

function query(part, selector) {
  return part.querySelector(selector);
}

function queryAll(part, selector) {
  return [...part.querySelectorAll(selector)];
}

const toast = () => byId("toast");

let sayTimer = 0;

function say(text) {
  const node = toast();
  (query(document, "dialog[open]") ?? document.body).append(node);
  node.textContent = text;
  node.classList.add("on");
  clearTimeout(sayTimer);
  sayTimer = setTimeout(() => node.classList.remove("on"), 2200);
}

async function copy(text, name, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el("textarea", { "aria-hidden": "true" });
    area.value = text;
    (query(document, "dialog[open]") ?? document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  say(`Copied: ${name}`);
  if (!button || button.dataset.was) return;
  button.dataset.was = button.textContent;
  button.textContent = "Copied ✓";
  setTimeout(() => {
    button.textContent = button.dataset.was;
    delete button.dataset.was;
  }, 1600);
}

function save(text, name, type) {
  const link = el("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  say(`Saved: ${name}`);
}

function goTo(section) {
  const node = byId(section),
    far = Math.abs(node.getBoundingClientRect().top) > 2 * innerHeight;
  if (!node.hidden)
    node.scrollIntoView({ behavior: far || matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth", block: "start" });
}

function stored(act) {
  try {
    return act(localStorage);
  } catch {
    return null;
  }
}

function otherTheme() {
  const root = document.documentElement,
    theme = matchMedia("(prefers-color-scheme: dark)").matches ? "light" : "dark";
  if (root.dataset.theme) delete root.dataset.theme;
  else root.dataset.theme = theme;
  stored((store) => (root.dataset.theme ? store.setItem("theme", theme) : store.removeItem("theme")));
}

const foreign = (text) => el("bdi", {}, visible(text));

function svg(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const TYPES = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
};

async function unpack(id) {
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

function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text),
    bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

function textColumn(column, view) {
  const codes = view(column.codes, column.at),
    lengths = view("uint32", column.lengths);
  if (codes.BYTES_PER_ELEMENT > 1) for (let i = 1; i < codes.length; i++) codes[i] += codes[i - 1];
  const offsets = new Uint32Array(lengths.length + 1);
  for (let i = 0; i < lengths.length; i++) offsets[i + 1] = offsets[i] + lengths[i];
  return new Text(codes, offsets, new TextDecoder().decode(view("uint8", column.text)));
}

class Text {
  constructor(codes, offsets, text) {
    this.codes = codes;
    this.offsets = offsets;
    this.text = text;
    this.count = offsets.length - 1;
  }

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

  word(code) {
    return this.text.slice(this.offsets[code], this.offsets[code + 1]);
  }

  at(row) {
    return this.word(this.codes[row]);
  }

  words() {
    return Array.from({ length: this.count }, (_, code) => this.word(code));
  }

  code(word) {
    for (let code = 0; code < this.count; code++) {
      if (this.offsets[code + 1] - this.offsets[code] === word.length && this.text.startsWith(word, this.offsets[code])) return code;
    }
    return -1;
  }

  where(test) {
    const found = new Uint8Array(this.count);
    for (let code = 0; code < this.count; code++) found[code] = test(this.word(code)) ? 1 : 0;
    return found;
  }
}

function ordered(keys, from) {
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

function sortKeys(column, descending) {
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

function flipped(column, order) {
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

function notesOf(text) {
  try {
    return Object.fromEntries(Object.entries(JSON.parse(text || "{}") ?? {}).filter(([, list]) => Array.isArray(list)));
  } catch {
    return {};
  }
}

const spokenOf = (columns, row) => `${columns.subject.at(row)} ${columns.scenario.at(row)}`.trim();

function pairsOf({ subject, scenario }) {
  const width = scenario.count;
  return {
    count: subject.count * width,
    code: (row) => subject.codes[row] * width + scenario.codes[row],
    words: (code) => [subject.word(Math.floor(code / width)), scenario.word(code % width)],
  };
}

class Orders {
  constructor(table) {
    this.table = table;
    this.made = new Map();
  }

  of(sort) {
    if (!this.made.has(sort)) {
      const [name, way] = sort.split("."),
        { columns, facts, rows } = this.table;
      if (rows === 0) return new Uint32Array(0);
      const other = this.made.get(`${name}.${way === "desc" ? "asc" : "desc"}`);
      if (columns[name] && other) this.made.set(sort, flipped(columns[name], other));
      else if (columns[name])
        this.made.set(sort, ordered(sortKeys(columns[name], way === "desc"), columns[name] instanceof Text ? this.of("worst") : undefined));
      else {
        const ranks = columns.status.words().map((word) => {
          const at = Object.keys(facts.signs).indexOf(word);
          return at < 0 ? 99 : at;
        });
        const shortest = ordered(
          Uint32Array.from(columns.case.codes, (code) => columns.case.offsets[code + 1] - columns.case.offsets[code]),
        );
        const place = columns.law.words().map((word) => {
          const at = facts.laws.indexOf(word);
          return at < 0 ? facts.laws.length : at;
        });
        const telling = ordered(
          Uint32Array.from(columns.law.codes, (code) => place[code]),
          shortest,
        );
        this.made.set(
          sort,
          ordered(
            Uint32Array.from(columns.status.codes, (code) => ranks[code]),
            ordered(sortKeys(columns.margin, true), telling),
          ),
        );
      }
    }
    return this.made.get(sort);
  }

  prepare([sort, ...rest]) {
    (globalThis.requestIdleCallback ?? setTimeout)(() => {
      this.of(sort);
      if (rest.length) this.prepare(rest);
    });
  }
}

function axisOf(table, address, axis) {
  const at = address.indexOf(`/${axis}:`);
  if (at < 0) {
    const op = address.split("/", 1)[0],
      first = Object.hasOwn(table.facts.first, op) ? table.facts.first[op] : {};
    return Object.hasOwn(first, axis) ? String(first[axis]) : "default";
  }
  const start = at + axis.length + 2,
    end = address.indexOf("/", start);
  return end < 0 ? address.slice(start) : address.slice(start, end);
}

function axisNumber(value) {
  return Math.max(...value.split("x").filter(Boolean).map(Number));
}

const TERM = /([()])|(-?)(?:([^\s:<>="()]+)(>=|<=|>|<|=|:))?((?:"(?:[^"\\]|\\.)*"|[^\s"()]|\((?=[^\s"]*\)))*)/g;

function parts(text) {
  const found = [];
  for (const [whole, bracket, not, field, sign, raw] of text.matchAll(TERM)) {
    if (bracket) {
      found.push({ bracket, whole });
      continue;
    }
    if (!whole) continue;
    if (whole === "-") {
      found.push({ minus: true, whole });
      continue;
    }
    if (!field && /^or$/i.test(whole)) {
      found.push({ or: true, whole });
      continue;
    }
    const values = (raw.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? [""]).map((v) =>
      v.replace(/"((?:[^"\\]|\\.)*)"/g, (_, inner) => inner.replace(/\\(.)/g, "$1")),
    );
    found.push({ whole, not: not === "-", field, sign: sign === "=" ? ":" : sign, raw, values });
  }
  return found;
}

function plain(text) {
  return parts(text).every((part) => !part.bracket && !part.or && !part.minus);
}

function terms(text) {
  return plain(text) ? parts(text) : [{ whole: text.trim() }];
}

function tree(text) {
  const left = parts(text);
  let at = 0;
  const any = () => {
    const sides = [all()];
    while (left[at]?.or) {
      at++;
      sides.push(all());
    }
    if (sides.length > 1 && sides.some((side) => !side.all.length)) throw new Error("“or” stands between two terms");
    return sides.length > 1 ? { any: sides } : sides[0];
  };
  const all = () => {
    const found = [];
    while (at < left.length && !left[at].or && left[at].bracket !== ")") found.push(one());
    return { all: found };
  };
  const one = () => {
    const part = left[at++];
    if (part?.minus) {
      if (left[at]?.bracket !== "(") throw new Error("“-” stands before a term");
      return { without: one() };
    }
    if (part?.bracket !== "(") return part;
    const inside = any();
    if (left[at++]?.bracket !== ")") throw new Error("a parenthesis is not closed");
    return inside;
  };
  const found = any();
  if (at < left.length) throw new Error("a parenthesis is closed that was not opened");
  return found;
}

const TEXTS = [
  "op",
  "case",
  "candidate",
  "law",
  "subject",
  "scenario",
  "status",
  "grade",
  "blame",
  "message",
  "known",
  "change",
  "since",
  "was",
];

const NUMBERS = ["margin", "ulps", "seconds", "cause"];

const WITHIN = new Set(["case", "message", "known", "blame", "since"]);

const CLOSED = new Set(["op", "candidate", "law", "status", "grade", "subject", "scenario"]);

const IS = {
  red: (t) => statuses(t, t.facts.red),
  wrong: (t) => statuses(t, [...t.facts.bad, "known"]),
  different: (t) => different(t),
  consequence: (t) => t.columns.cause && ((row) => t.columns.cause[row] >= 0),
  cause: (t) => t.columns.cause && ((row) => t.columns.cause[row] < 0),
};

function match(table, text) {
  return masked(table, tree(text));
}

function masked(table, node) {
  const mask = new Uint8Array(table.rows).fill(node.any ? 0 : 1);
  if (node.any)
    for (const side of node.any)
      masked(table, side).forEach((one, row) => {
        mask[row] |= one;
      });
  else if (node.without)
    masked(table, node.without).forEach((one, row) => {
      mask[row] = one ^ 1;
    });
  else
    for (const part of node.all ?? [node]) {
      if (part.all || part.any || part.without)
        masked(table, part).forEach((one, row) => {
          mask[row] &= one;
        });
      else narrow(table, part, mask);
    }
  return mask;
}

function narrow(table, term, mask) {
  const test = tester(table, term),
    wanted = !term.not;
  if (test.codes) {
    const { codes, lookup } = test,
      flip = wanted ? 0 : 1;
    for (let row = 0; row < mask.length; row++) mask[row] &= lookup[codes[row]] ^ flip;
  } else {
    for (let row = 0; row < mask.length; row++) if (mask[row] && Boolean(test(row)) !== wanted) mask[row] = 0;
  }
}

function different(table) {
  const { columns, facts } = table,
    of = pairsOf(columns),
    seen = new Map();
  const state = columns.status.words().map((word) => (word === "conforms" ? 1 : facts.bad.includes(word) || word === "known" ? 2 : 0));
  const place = (row) => (columns.case.codes[row] * columns.law.count + columns.law.codes[row]) * of.count + of.code(row);
  for (let row = 0; row < table.rows; row++) {
    const at = place(row);
    seen.set(at, (seen.get(at) ?? 0) | state[columns.status.codes[row]]);
  }
  return (row) => seen.get(place(row)) === 3;
}

function refuseUnknown(field, values, words) {
  for (const value of values) {
    if (
      value === "" ||
      value.includes("*") ||
      words.some((word) => word.toLowerCase() === value.toLowerCase() || word.replaceAll(" ", "-") === value)
    )
      continue;
    const near = words
      .filter(Boolean)
      .map((word) => ({ far: within(value, word) ? 0.5 : likeness(value, word), word }))
      .sort((a, b) => a.far - b.far)[0];
    throw new Error(`no ${field} is “${value}”${near ? `; did you mean “${near.word}”?` : ""}`);
  }
}

function within(one, other) {
  return Math.min(one.length, other.length) > 3 && (one.includes(other) || other.includes(one));
}

function likeness(one, other) {
  const digits = (word) => word.replace(/\D/g, "");
  return distance(one, other) + (digits(one) === digits(other) ? 0 : 2);
}

function tester(table, term) {
  const { field, sign, values, whole } = term,
    { columns } = table;
  if (!field || field.includes("/")) return anywhere(table, whole.replace(/^-/, "").replace(/^"(.*)"$/, "$1"));
  if (field === "is") return either(values.map((value) => state(table, value)));
  if (NUMBERS.includes(field))
    return either(values.map((value) => compared(columns[field === "cause" ? "of" : field], sign, value, field)));
  if (CLOSED.has(field)) refuseUnknown(field, values, columns[field].words());
  if (TEXTS.includes(field)) return columns[field] ? inColumn(columns[field], values, WITHIN.has(field)) : () => false;
  if (Object.hasOwn(table.facts.axes, field) && sign === ":" && table.facts.axes[field].length < table.facts.most_values)
    refuseUnknown(field, values, [...table.facts.axes[field], "default"]);
  if (Object.hasOwn(table.facts.axes, field)) return onAxis(table, field, sign, values);
  if (columns.candidate.code(field) >= 0) refuseUnknown("status", values, Object.keys(table.facts.signs));
  if (columns.candidate.code(field) >= 0) return beside(table, field, values);
  throw new Error(unknown(table, field));
}

function unknown(table, field) {
  const names = [...TEXTS, ...NUMBERS, "is", ...Object.keys(table.facts.axes), ...columnsWords(table)];
  const near = names.map((name) => [distance(field, name), name]).sort((a, b) => a[0] - b[0])[0];
  return `“${field}” is no column, axis or candidate${near && near[0] <= 2 + field.length / 4 ? `; did you mean “${near[1]}”?` : ""}`;
}

function columnsWords(table) {
  return table.columns.candidate.words();
}

function byCodes(column, lookup) {
  return { codes: column.codes, lookup };
}

function inColumn(column, values, within) {
  const tests = values.map((value) => {
    if (value.includes("*")) {
      const pattern = new RegExp(
        `^${value
          .split("*")
          .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
          .join(".*")}$`,
        "is",
      );
      return (word) => pattern.test(word);
    }
    const wanted = value.toLowerCase();
    return within
      ? (word) => word.toLowerCase().includes(wanted)
      : (word) => word === value || word.toLowerCase() === wanted || word.replaceAll(" ", "-") === value;
  });
  return byCodes(
    column,
    column.where((word) => tests.some((test) => test(word))),
  );
}

function statuses(table, wanted) {
  return inColumn(table.columns.status, wanted, false);
}

function state(table, value) {
  if (Object.hasOwn(IS, value)) return IS[value](table);
  const kind = value.replaceAll("-", " ");
  if (table.facts.kinds.includes(kind)) return table.columns.change ? inColumn(table.columns.change, [kind], false) : () => false;
  refuseUnknown("state", [kind], [...Object.keys(IS), ...table.facts.kinds, ...Object.keys(table.facts.signs)]);
  return statuses(table, [kind]);
}

function either(tests) {
  if (tests.length === 1) return tests[0];
  const each = tests.map((test) => (test.codes ? (row) => test.lookup[test.codes[row]] : test));
  return (row) => each.some((test) => test(row));
}

function compared(column, sign, value, field) {
  const right = value === "inf" ? Infinity : Number(value);
  if (value === "" || Number.isNaN(right)) throw new Error(`“${field}” is compared with a number, as ${field}>8`);
  return {
    ">": (row) => column[row] > right,
    "<": (row) => column[row] < right,
    ">=": (row) => column[row] >= right,
    "<=": (row) => column[row] <= right,
    ":": (row) => column[row] === Math.fround(right) || column[row] === right,
  }[sign];
}

function onAxis(table, axis, sign, values) {
  const cases = table.columns.case,
    unsaid = values.includes("default") ? (word) => !word.includes(`/${axis}:`) : () => false;
  if (sign === ":")
    return byCodes(
      cases,
      cases.where((word) => values.includes(axisOf(table, word, axis)) || unsaid(word)),
    );
  const right = Number(values[0]);
  const holds = { ">": (n) => n > right, "<": (n) => n < right, ">=": (n) => n >= right, "<=": (n) => n <= right }[sign];
  return byCodes(
    cases,
    cases.where((word) => {
      const value = axisOf(table, word, axis);
      return value !== "default" && value !== "" && holds(axisNumber(value));
    }),
  );
}

function beside(table, candidate, values) {
  const { columns } = table,
    by = columns.candidate.code(candidate),
    status = inColumn(columns.status, values, false).lookup;
  const laws = columns.law.count,
    of = pairsOf(columns),
    cases = columns.case.codes,
    law = columns.law.codes;
  const bits = new Uint32Array(Math.ceil((columns.case.count * laws * of.count) / 32));
  const place = (row) => (cases[row] * laws + law[row]) * of.count + of.code(row);
  for (let row = 0; row < table.rows; row++) {
    if (columns.candidate.codes[row] === by && status[columns.status.codes[row]]) {
      const at = place(row);
      bits[Math.floor(at / 32)] |= 1 << (at % 32);
    }
  }
  return (row) => {
    const at = place(row);
    return bits[Math.floor(at / 32)] & (1 << (at % 32));
  };
}

function anywhere(table, value) {
  const wanted = value.toLowerCase();
  const tests = ["case", "candidate", "law", "subject", "scenario", "status", "message", "known", "blame"]
    .map((name) => {
      const column = table.columns[name];
      return [column.codes, column.where((word) => word.toLowerCase().includes(wanted))];
    })
    .filter(([, lookup]) => lookup.includes(1));
  return (row) => tests.some(([codes, lookup]) => lookup[codes[row]]);
}

function drawChanges(app) {
  const { table } = app,
    section = byId("changed"),
    tallies = Object.fromEntries(table.facts.kinds.map((name) => [name, 0]));
  const known = table.facts.baseline,
    history = query(section, "details");
  section.hidden = !known && !history;
  query(document, 'nav [data-section="changed"]').hidden = section.hidden;
  if (!known) return;
  const { change } = table.columns,
    words = change.words();
  for (let row = 0; row < table.rows; row++) if (words[change.codes[row]]) tallies[words[change.codes[row]]]++;
  tallies["no longer run"] += table.facts.gone_count ?? 0;
  const any = Object.values(tallies).some(Boolean);
  const cards = table.facts.kinds
    .filter((name) => tallies[name])
    .map((name) =>
      el(
        "li",
        {},
        el(
          "a",
          { class: `change ${kind(name)}`, href: app.fragment({ q: `is:${name.replaceAll(" ", "-")}` }), "data-go": true },
          el("b", { class: "nums" }, tallies[name].toLocaleString("en")),
          " ",
          name,
          el("small", {}, MEANINGS[name]),
        ),
      ),
    );
  const gone = table.facts.gone.length
    ? el(
        "details",
        {},
        el("summary", {}, `${counted(table.facts.gone_count ?? 0, "row")} not here any more`),
        el(
          "ul",
          { class: "gone" },
          table.facts.gone
            .slice(0, 200)
            .map(([address, candidate, law, subject, scenario, status]) =>
              el("li", {}, el("code", {}, foreign(address)), " ", foreign(`${candidate}: ${law} ${subject} ${scenario} (was ${status})`)),
            ),
        ),
      )
    : "";
  byId("changes").replaceChildren(any ? el("ul", { class: "kinds" }, cards) : el("p", {}, "Nothing, against the run compared with."), gone);
}

const MOST_SUGGESTED = 10;

class Suggestions {
  constructor(app) {
    this.app = app;
    this.input = app.query;
    this.list = byId("suggestions");
    this.at = -1;
    this.input.addEventListener("input", () => this.show());
    this.input.addEventListener("blur", () => setTimeout(() => this.hide(), 150));
    this.input.addEventListener("keydown", (event) => this.pressed(event), true);
  }

  word() {
    const before = this.input.value.slice(0, this.input.selectionStart ?? undefined),
      [whole] = before.match(/[^\s()]*$/),
      typed = whole.replace(/^-/, "");
    const [, field, value] = typed.match(/^([^:<>=]+):(?:[^,]*,)*([^,]*)$/) ?? [];
    return {
      whole,
      start: before.length - (field ? value.length : typed.length),
      field,
      typed: (field ? value : typed).replace(/^"/, "").toLowerCase(),
    };
  }

  found({ field, typed }) {
    const { columns, facts } = this.app.table,
      fields = [...TEXTS.filter((name) => columns[name]), ...Object.keys(facts.axes)]
        .map((name) => `${name}:`)
        .concat("is:", ...NUMBERS.map((name) => `${name}>`));
    const words =
      field === undefined
        ? fields
        : field === "is"
          ? [...Object.keys(IS), ...facts.kinds.map((kind) => kind.replaceAll(" ", "-"))]
          : CLOSED.has(field)
            ? columns[field].words().filter(Boolean)
            : (facts.axes[field] ?? (columns.candidate.code(field) >= 0 ? Object.keys(facts.signs) : []));
    const first = words.filter((word) => word.toLowerCase().startsWith(typed)),
      rest = words.filter((word) => !word.toLowerCase().startsWith(typed) && word.toLowerCase().includes(typed));
    return [...first, ...rest].slice(0, MOST_SUGGESTED);
  }

  show() {
    const word = this.word(),
      found = word.whole ? this.found(word).filter((one) => one.toLowerCase() !== word.typed) : [];
    this.at = -1;
    this.list.replaceChildren(
      ...found.map((one, i) =>
        el(
          "li",
          {
            role: "option",
            id: `suggestion-${i}`,
            "aria-selected": "false",
            onmousedown: (event) => {
              event.preventDefault();
              this.take(one);
            },
          },
          foreign(one),
        ),
      ),
    );
    this.list.hidden = !found.length;
    this.input.setAttribute("aria-expanded", String(found.length > 0));
    this.input.removeAttribute("aria-activedescendant");
  }

  hide() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
  }

  take(one) {
    const { start, field } = this.word(),
      end = this.input.selectionStart ?? this.input.value.length,
      text = field === undefined ? one : `${quoted(one)} `;
    this.input.setRangeText(text, start, end, "end");
    this.input.dispatchEvent(new Event("input"));
    if (field !== undefined) this.hide();
  }

  pressed(event) {
    if (this.list.hidden) return;
    const { children } = this.list,
      step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") this.hide();
    else if (event.key === "Tab" && !event.shiftKey) this.take(children[Math.max(0, this.at)].textContent);
    else if (event.key === "Enter" && this.at >= 0) this.take(children[this.at].textContent);
    else if (step && (this.at >= 0 || event.altKey || step > 0)) this.point((this.at + step + children.length) % children.length);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  point(at) {
    this.at = at;
    [...this.list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
    this.input.setAttribute("aria-activedescendant", `suggestion-${at}`);
  }
}

function hexadecimal(number) {
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

function inHex(text) {
  return text.replace(/[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?/gi, (number) => hexadecimal(Number(number)));
}

function digits(number) {
  if (!Number.isFinite(number)) return short(number);
  return Math.abs(number) >= 1e6 ? number.toExponential(5).replace("+", "") : String(Number(number.toPrecision(6)));
}

function numeric(value) {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return Number(value);
  const text = String(value).trim(),
    complex = text.match(/^\(?([-+]?[\d.einfa]+(?:e[-+]?\d+)?)([-+][\d.einfa]+(?:e[-+]?\d+)?)j\)?$/i);
  if (complex) return Math.hypot(Number(complex[1]), Number(complex[2]));
  return text === "inf" ? Infinity : text === "-inf" ? -Infinity : text === "" ? NaN : Number(text);
}

function short(number) {
  if (Number.isNaN(number)) return "";
  const size = Math.abs(number);
  if (size === Infinity) return number > 0 ? "∞" : "-∞";
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return number.toExponential(1).replace("+", "");
  if (size >= 1000) return Math.round(number).toLocaleString("en");
  const said = String(Number(number.toPrecision(3)));
  return said === "1" && number < 1 ? "<1" : said === "1" && number > 1 ? ">1" : said;
}

function level(margin) {
  return Number.isNaN(margin) ? "none" : `m${STEPS.filter((step) => margin > step).length}`;
}

const COLUMNS = [
  { name: "status", says: "how it fares" },
  { name: "margin", says: "the error in units of its bound: above 1 is wrong" },
  { name: "candidate", says: "the implementation that was judged" },
  { name: "case", says: "op and what departs from its first case" },
  { name: "law", says: "what must hold, and of what" },
  { name: "actual", cold: true },
  { name: "expected", cold: true },
  { name: "bound", cold: true },
  { name: "ulps", says: "the error in units in the last place" },
  { name: "at", cold: true },
  { name: "message", says: "what was seen, and its proof" },
];

const PRINTED = 60;

const MAX_PIXELS = 8_000_000;

class Grid {
  constructor(app) {
    this.app = app;
    this.node = byId("grid");
    this.body = byId("rows-body");
    this.pool = [];
    this.view = new Uint32Array(0);
    this.current = 0;
    this.height = 36;
    this.top = 0;
    this.pixels = 0;
    this.expanded = new Set();
    this.head();
    this.node.addEventListener("scroll", () => requestAnimationFrame(() => this.draw()), { passive: true });
    new ResizeObserver(() => {
      this.measure();
      this.draw();
    }).observe(this.node);
    addEventListener("beforeprint", () => this.print());
    addEventListener("afterprint", () => this.draw());
    this.body.addEventListener("click", (event) => this.clicked(event));
    this.measure();
  }

  head() {
    const cells = COLUMNS.map(({ name, says, cold }) =>
      el(
        "div",
        { role: "columnheader", class: `c-${name}`, "aria-sort": "none", "data-name": name },
        cold ? name : el("button", { type: "button", title: `${says}; click to sort`, onclick: () => this.app.sortBy(name) }, name),
      ),
    );
    byId("head").append(el("div", { role: "row", class: "row head" }, cells));
  }

  sorted(name, descending) {
    for (const cell of queryAll(this.node, "[role=columnheader]")) {
      cell.setAttribute("aria-sort", cell.dataset.name !== name ? "none" : descending ? "descending" : "ascending");
    }
  }

  measure() {
    this.height = parseFloat(getComputedStyle(this.node).getPropertyValue("--row")) || 36;
    this.top = byId("head").offsetHeight;
  }

  show(view) {
    this.view = view;
    this.current = Math.min(this.current, Math.max(0, view.length - 1));
    this.pixels = Math.min(view.length * this.height, MAX_PIXELS);
    this.body.style.height = `${this.pixels}px`;
    this.node.setAttribute("aria-rowcount", view.length + 1);
    this.node.hidden = view.length === 0;
    byId("empty").hidden = view.length > 0;
    this.draw();
  }

  first() {
    const seen = this.node.clientHeight - this.top,
      total = this.view.length * this.height;
    this.pixels = Math.min(total, MAX_PIXELS);
    const room = Math.max(1, this.pixels - seen),
      ratio = total > MAX_PIXELS ? (total - seen) / room : 1;
    const virtual = this.node.scrollTop * ratio,
      row = Math.max(0, Math.floor(virtual / this.height) - 2);
    return { row, y: this.node.scrollTop - (virtual - row * this.height), count: Math.ceil(seen / this.height) + 6 };
  }

  print() {
    const shown = Math.min(this.view.length, PRINTED);
    while (this.pool.length < shown) this.pool.push(this.blank());
    this.pool.forEach((line, at) => {
      line.node.hidden = at >= shown;
      if (at < shown) this.fill(line, at);
    });
    byId("printed").textContent =
      this.view.length > shown ? `The first ${shown} of ${counted(this.view.length, "verdict")}; verdicts.csv has all.` : "";
  }

  draw() {
    const { row, y, count } = this.first(),
      end = Math.min(this.view.length, row + count);
    while (this.pool.length < end - row) this.pool.push(this.blank());
    this.pool.forEach((line, i) => {
      const at = row + i,
        hidden = at >= end;
      line.node.hidden = hidden;
      if (hidden) return;
      line.node.style.transform = `translateY(${y + i * this.height}px)`;
      this.fill(line, at);
    });
  }

  blank() {
    const cells = Object.fromEntries(COLUMNS.map(({ name }) => [name, el("div", { role: "cell", class: `c-${name}` })]));
    const sign = el("b", { class: "sign", "aria-hidden": "true" }),
      word = el("span"),
      more = el("button", { type: "button", class: "more-rows" });
    const margin = el("span", { class: "swatch" }),
      link = el("a", { class: "address", tabindex: "-1" }),
      law = el("span"),
      of = el("span", { class: "dim" }),
      who = el("bdi");
    cells.candidate.append(who);
    cells.law.append(law, " ", of);
    cells.status.append(sign, " ", word, " ", more);
    cells.margin.append(margin);
    cells.case.append(link);
    const node = el("div", { role: "row", class: "row" }, Object.values(cells));
    this.body.append(node);
    return { node, cells, sign, word, more, margin, link, law, of, who };
  }

  fill(line, at) {
    const { table, cold } = this.app,
      row = this.view[at],
      { columns } = table,
      status = columns.status.at(row);
    line.node.dataset.at = at;
    line.node.setAttribute("aria-rowindex", at + 2);
    line.node.className = `row ${kind(status)}${at === this.current ? " current" : ""}${this.app.isConsequence(row) ? " consequence" : ""}`;
    line.sign.textContent = table.facts.signs[status] ?? "";
    line.word.textContent = visible(status);
    const explained = this.app.explained.get(row) ?? 0;
    line.more.hidden = !explained;
    line.more.textContent = explained ? (this.expanded.has(row) ? "−" : `+${explained}`) : "";
    line.more.setAttribute("aria-label", `${explained} consequences`);
    line.margin.className = `swatch ${level(columns.margin[row])}`;
    line.margin.textContent = short(columns.margin[row]) || "–";
    line.link.textContent = visible(columns.case.at(row));
    line.link.href = this.app.linkTo(row);
    line.cells.case.title = line.link.textContent;
    this.text(line.cells.message, columns.message.at(row));
    line.who.textContent = visible(columns.candidate.at(row));
    line.cells.candidate.title = line.who.textContent;
    line.law.textContent = visible(columns.law.at(row));
    line.of.textContent = visible(spokenOf(columns, row));
    line.cells.ulps.textContent = short(columns.ulps[row]);
    for (const name of ["actual", "expected", "bound", "at"]) this.text(line.cells[name], cold ? brief(cold.columns[name].at(row)) : "…");
    if (cold && !cold.columns.actual.at(row)) this.text(line.cells.actual, columns.manner.at(row));
  }

  text(cell, value) {
    cell.textContent = visible(value);
    cell.title = value.length > 12 ? visible(value) : "";
  }

  clicked(event) {
    const line = event.target.closest(".row");
    if (!line) return;
    const at = Number(line.dataset.at);
    this.current = at;
    if (event.target.classList.contains("more-rows")) {
      const row = this.view[at];
      if (!this.expanded.delete(row)) this.expanded.add(row);
      this.app.refresh();
    } else if (!event.metaKey && !event.ctrlKey && !String(getSelection())) {
      event.preventDefault();
      this.app.open(this.view[at]);
    }
  }

  move(step) {
    this.current = Math.max(0, Math.min(this.view.length - 1, this.current + step));
    const seen = this.node.clientHeight - this.top,
      total = this.view.length * this.height,
      ratio = total > MAX_PIXELS ? (total - seen) / (MAX_PIXELS - seen) : 1;
    const y = this.current * this.height,
      virtual = this.node.scrollTop * ratio;
    if (y < virtual) this.node.scrollTop = y / ratio;
    else if (y + this.height > virtual + seen) this.node.scrollTop = (y + this.height - seen) / ratio;
    this.draw();
    return this.view[this.current];
  }
}

function lawTable(app, op) {
  const { columns, facts, rows } = app.table,
    wanted = columns.op.code(op),
    ranks = facts.precedence,
    cells = new Map(),
    names = new Set();
  const width = columns.candidate.count,
    of = pairsOf(columns),
    statusRank = columns.status.words().map((word) => ranks.indexOf(word));
  for (let row = 0; row < rows; row++) {
    if (columns.op.codes[row] !== wanted) continue;
    const key = (columns.law.codes[row] * of.count + of.code(row)) * width + columns.candidate.codes[row],
      margin = columns.margin[row],
      rank = statusRank[columns.status.codes[row]];
    names.add(columns.candidate.codes[row]);
    const cell = cells.get(key);
    const own = columns.cause[row] < 0;
    if (!cell) cells.set(key, { rank, margin, count: 1, own });
    else {
      cell.count++;
      if (rank === cell.rank) cell.own ||= own;
      else if (rank < cell.rank) cell.own = own;
      if (rank < cell.rank) Object.assign(cell, { rank, margin });
      else if (rank === cell.rank && !(margin <= cell.margin)) cell.margin = Number.isNaN(margin) ? cell.margin : margin;
    }
  }
  const place = (line) => {
    const at = facts.laws.indexOf(columns.law.word(Math.floor(line / of.count)));
    return at < 0 ? facts.laws.length : at;
  };
  const lines = [...new Set([...cells.keys()].map((key) => Math.floor(key / width)))].sort((a, b) => place(a) - place(b) || a - b),
    candidates = [...names].sort((a, b) => a - b);
  const head = el(
    "tr",
    {},
    el("th", { scope: "col" }, "law"),
    candidates.map((by) => el("th", { scope: "col" }, foreign(columns.candidate.word(by)))),
  );
  return el(
    "table",
    { class: "by-law" },
    el("thead", {}, head),
    el(
      "tbody",
      {},
      lines.map((line) => {
        const law = columns.law.word(Math.floor(line / of.count)),
          [subject, scenario] = of.words(line % of.count),
          said = `${subject} ${scenario}`.trim();
        return el(
          "tr",
          {},
          el("th", { scope: "row" }, foreign(law), said && " ", said && el("span", { class: "dim" }, foreign(said))),
          candidates.map((by) => {
            const cell = cells.get(line * width + by);
            if (!cell) return el("td", {});
            const status = ranks[cell.rank] ?? "",
              q = [
                `op:${quoted(op)}`,
                `candidate:${quoted(columns.candidate.word(by))}`,
                `law:${quoted(law)}`,
                subject && `subject:${quoted(subject)}`,
                scenario && `scenario:${quoted(scenario)}`,
                status !== "conforms" && status && `status:${quoted(status)}`,
              ]
                .filter(Boolean)
                .join(" ");
            return el(
              "td",
              {},
              el(
                "a",
                {
                  class: `mini ${level(cell.margin)} ${kind(status)}${cell.own ? "" : " follows"}`,
                  href: app.fragment({ q, all: "1" }),
                  title: `${status}, ${cell.count} verdicts${cell.own ? "" : ", all consequences of a wrong value"}`,
                },
                el("b", { class: "sign", "aria-hidden": "true" }, cell.own ? (facts.signs[status] ?? "") : "↳"),
                ` ${short(cell.margin) || status} `,
                el("span", { class: "many" }, cell.count.toLocaleString("en")),
              ),
            );
          }),
        );
      }),
    ),
  );
}

function parseCsv(text) {
  const rows = [];
  let row = [],
    at = 0;
  while (at < text.length) {
    let value;
    if (text[at] === '"') {
      let end = at + 1;
      for (;;) {
        end = text.indexOf('"', end);
        if (end < 0) end = text.length;
        if (text[end + 1] !== '"') break;
        end += 2;
      }
      value = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    } else {
      let end = at;
      while (end < text.length && text[end] !== "," && text[end] !== "\n" && text[end] !== "\r") end++;
      value = text.slice(at, end);
      at = end;
    }
    row.push(value);
    if (text[at] === ",") {
      at++;
      if (at === text.length) row.push("");
      continue;
    }
    if (text[at] === "\r") at++;
    at++;
    rows.push(row);
    row = [];
  }
  if (row.length) rows.push(row);
  return rows;
}

function readRun(text) {
  if (text.trimStart().startsWith("{")) {
    const lines = text
      .split("\n")
      .filter((line) => line.trim())
      .map((line) => JSON.parse(line.replace(/:\s*(-?Infinity|NaN)/g, ':"$1"')));
    const found = lines.map((line) => line.verdict ?? line).filter((line) => line.case && line.candidate);
    if (!found.length) throw new Error("That file holds no verdicts.");
    return found;
  }
  const [head = [], ...rows] = parseCsv(text);
  if (head.includes("verdicts")) return unfolded(head, rows);
  if (!["case", "candidate", "law", "status"].every((name) => head.includes(name)))
    throw new Error("That is no table of verdicts: it lacks the columns case, candidate, law, status.");
  return rows.filter((row) => row.length === head.length).map((row) => Object.fromEntries(head.map((name, i) => [name, row[i]])));
}

const saidNow = (subject) => subject.replace(/^(output|input) \1$/, "$1");

function unfolded(head, rows) {
  const at = Object.fromEntries(head.map((name, i) => [name, i]));
  return rows.flatMap((row) =>
    row[at.verdicts]
      .split(";")
      .map((text) => {
        const [, law, subject, scenario, status, margin] = text.match(/^(\S+)\|(.*?)\|(.*?)\|(.*?) ?(exact|inf|nan|2\^-?\d+)$/) ?? [];
        const number = margin === "exact" ? "0" : margin?.startsWith("2^") ? String(2 ** Number(margin.slice(2))) : margin;
        return {
          op: row[at.op],
          case: row[at.case],
          candidate: row[at.candidate],
          law,
          subject,
          scenario,
          status: status || "conforms",
          margin: number,
        };
      })
      .filter(({ law }) => law),
  );
}

function changed({ severity, bad, growth }, was, before, status, margin) {
  const then = was === null ? null : (severity[was] ?? -1),
    now = severity[status] ?? -1,
    wrong = bad.includes(status);
  if (then === null) return wrong ? "new" : now >= 0 ? "added" : "";
  if (wrong && now > then) return "regressed";
  if (now >= 0 && now === then && margin > before && margin >= growth * before) return "grew";
  if (then >= 0 && now < 0) return "no longer run";
  return now === 0 && now < then ? "fixed" : "";
}

function once({ severity }, found, name, item, status) {
  const other = found.get(name);
  if (!other || Object.hasOwn(severity, status) || !Object.hasOwn(severity, other.status)) found.set(name, item);
}

function renaming(renamed) {
  const names = new Map(Object.entries(renamed)),
    longest = [...names.keys()].sort((a, b) => b.length - a.length),
    found = new Map();
  const now = (old) => {
    const [op, ...parts] = old.split("/"),
      of = `${names.get(op) ?? op}//`;
    const name = [
      op,
      ...parts.map((part) =>
        part
          .replace(/^[^:]*/, (axis) => names.get(of + axis) ?? axis)
          .replace(/^invalid:([^-]*)-/, (whole, param) => (names.has(of + param) ? `invalid:${names.get(of + param)}-` : whole)),
      ),
    ].join("/");
    const beginning = longest.find((part) => name === part || name.startsWith(part.endsWith("/") ? part : `${part}/`));
    return beginning === undefined ? name : names.get(beginning) + name.slice(beginning.length);
  };
  return (old) => found.get(old) ?? found.set(old, now(old)).get(old);
}

function compareWith(table, old) {
  const now = renaming(table.facts.renamed);
  const { columns, facts, rows } = table,
    key = (...parts) => parts.join("\t"),
    ops = new Set(columns.op.words()),
    there = new Map(),
    here = new Map(),
    names = new Array(rows);
  for (const row of old)
    if ((row.op === undefined || ops.has(now(row.op))) && row.subject !== "ledger")
      once(facts, there, key(now(row.case), row.candidate, row.law, saidNow(row.subject ?? ""), row.scenario ?? ""), row, row.status);
  for (let row = 0; row < rows; row++) {
    names[row] = key(
      columns.case.at(row),
      columns.candidate.at(row),
      columns.law.at(row),
      columns.subject.at(row),
      columns.scenario.at(row),
    );
    once(facts, here, names[row], { row, status: columns.status.at(row) }, columns.status.at(row));
  }
  const law = (name) => `${name.split("\t").slice(0, 3).join("\t")}\t\t`,
    told = new Set([...here.keys()].map(law)),
    severity = (row) => facts.severity[row.status] ?? -1;
  for (const [name, row] of [...there]) {
    const whole = law(name);
    if (name === whole || here.has(name) || !here.has(whole)) continue;
    there.delete(name);
    if (!there.has(whole) || severity(row) >= severity(there.get(whole))) there.set(whole, row);
  }
  for (const [name, row] of here)
    if (!there.has(name) && there.has(law(name)) && (severity(row) >= 0 || !here.has(law(name)))) there.set(name, there.get(law(name)));
  for (const name of [...there.keys()]) if (name === law(name) && !here.has(name) && told.has(name)) there.delete(name);
  const kinds = new Array(rows),
    was = new Array(rows),
    before = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const then = there.get(names[row]),
      now = here.get(names[row]);
    before[row] = then ? numeric(then.margin ?? "nan") : NaN;
    was[row] = then?.status ?? "";
    kinds[row] =
      columns.subject.at(row) === "ledger" || now.row !== row
        ? ""
        : changed(facts, then ? then.status : null, before[row], now.status, columns.margin[now.row]);
  }
  Object.assign(columns, { change: Text.of(kinds), was: Text.of(was), before });
  const gone = [...there].filter(([name, row]) => !here.has(name) && Object.hasOwn(facts.severity, row.status)).map(([, row]) => row);
  table.facts.gone = gone
    .slice(0, 2000)
    .map((row) => [row.case, row.candidate, row.law, row.subject ?? "", row.scenario ?? "", row.status]);
  table.facts.gone_count = gone.length;
  table.facts.baseline = true;
}

function ledger(rows, { first, axes }) {
  const groups = new Map();
  for (const row of rows) {
    const key = JSON.stringify([row.op, row.candidate, row.law, row.subject, row.scenario, row.status]);
    groups.set(key, groups.get(key) ?? []);
    groups.get(key).push(row);
  }
  const scalar = (text) => (/^[A-Za-z_][\w.]*$/.test(text) ? text : JSON.stringify(text));
  return `${[
    "known:",
    ...[...groups.values()].map((group) => {
      const said = (row) =>
        Object.fromEntries(
          row.case
            .split("/")
            .slice(1)
            .map((part) => {
              const [axis, ...rest] = part.split(":");
              return [axis, rest.join(":")];
            }),
        );
      const all = group.map((row) => {
        const { grid, ...parts } = said(row);
        return parts.invalid ? parts : { ...first[row.op], ...parts };
      });
      const shared = Object.entries(all[0]).filter(([axis, value]) => all.every((values) => values[axis] === value));
      const when = shared
        .map(([axis, value]) =>
          `${axis} == ${axes[axis]?.includes("given") ? quotedWord(value) : literal(String(value))}`.replace("== None", "is None"),
        )
        .join(" and ");
      const [{ candidate, law, subject, scenario, status, op }] = group;
      return `  - {by: ${scalar(candidate)}, law: ${scalar(law)}, ${subject && `subject: ${scalar(subject)}, `}${scenario && `scenario: ${scalar(scenario)}, `}${when && `when: ${JSON.stringify(when)}, `}because: "", status: ${scalar(status)}}  # ${op.replace(/\s/g, " ")}, ${counted(group.length, "row")}`;
    }),
  ].join("\n")}\n`;
}

function quotedWord(text) {
  return `'${String(text).replaceAll("'", "\\'")}'`;
}

function literal(text) {
  const words = { none: "None", true: "True", false: "False", empty: "()" };
  if (Object.hasOwn(words, text)) return words[text];
  if (/^[-\dx+]*\+[-\dx+]*$/.test(text)) return tuple(text.split("+"));
  if (/^-?\d+(x-?\d+)*x?$/.test(text) && text.includes("x")) return tuple(text.split("x"));
  return text !== "" && !Number.isNaN(Number(text)) ? text : quotedWord(text);
}

function tuple(parts) {
  const values = parts.filter(Boolean).map(literal);
  return `(${values.join(", ")}${values.length === 1 ? "," : ""})`;
}

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

async function take(app, what) {
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

async function compare(app, file) {
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

function listen(app) {
  addEventListener("hashchange", () => app.follow());
  addEventListener("popstate", () => app.follow());
  app.query.addEventListener("focus", () => {
    if (app.query.value && !app.query.value.endsWith(" ")) app.query.value += " ";
  });
  app.query.addEventListener("blur", () => {
    app.query.value = app.query.value.trimEnd();
  });
  app.query.addEventListener("input", () => {
    history.replaceState(null, "", app.fragment({ ...app.state(), q: app.query.value.trimEnd() }));
    app.refresh();
  });
  byId("unfold").addEventListener("change", (/** @type {any} */ event) =>
    app.set({ q: app.query.value, all: event.target.checked ? "1" : "" }),
  );
  byId("clear").addEventListener("click", () => app.set({ q: "" }));
  byId("help").addEventListener("click", (event) => {
    const box = byId("language");
    box.hidden = !box.hidden;
    event.target.setAttribute("aria-expanded", String(!box.hidden));
  });
  for (const [button, dialog] of [
    ["keys", "keyboard"],
    ["words", "glossary"],
  ])
    byId(button).addEventListener("click", () => byId(dialog).showModal());
  byId("only-wrong")?.addEventListener("change", (/** @type {any} */ event) =>
    byId("matrix").classList.toggle("only-wrong", event.target.checked),
  );
  byId("theme").addEventListener("click", otherTheme);
  byId("file").addEventListener("change", (event) => event.target.files[0] && compare(app, event.target.files[0]));
  byId("all-clusters")?.addEventListener("click", (event) => {
    byId("patterns").classList.add("all");
    event.target.remove();
  });
  document.addEventListener("click", (event) => clicked(app, event));
  addEventListener("keydown", (event) => pressed(app, event));
  for (const name of ["dragover", "dragleave", "drop"]) addEventListener(name, (event) => dragged(app, event, name));
}

function clicked(app, event) {
  const button = event.target.closest("[data-take], [data-copy], [data-script], [data-close], .fold"),
    link = event.target.closest('a[href^="#"]');
  if (button?.dataset.take) app.take(button.dataset.take);
  else if (button?.dataset.copy) copy(button.dataset.copy, "command", button);
  else if (button?.dataset.script)
    app.coldRows.then(() => {
      const fact = app.pane.facts(app.find(Object.fromEntries(new URLSearchParams(button.dataset.script.slice(1)))));
      copy(app.pane.script(fact), fact.evidence.repro ? "repro script" : "command that writes the script", button);
    });
  else if (button && "close" in button.dataset) button.closest("dialog").close();
  else if (button?.classList.contains("fold")) fold(app, button);
  else if (link?.dataset.section) {
    event.preventDefault();
    if (byId(link.dataset.section).checkVisibility?.() === false) app.ops.leave();
    goTo(link.dataset.section);
    (link.classList.contains("skip") ? app.grid.node : byId(link.dataset.section)).focus({ preventScroll: true });
  } else if (link && new URLSearchParams(link.hash.slice(1)).has("q") && !link.hash.includes("case=")) goTo("verdicts");
}

function pressed(app, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, select, textarea")) {
    const leaves = event.key === "Escape" || (event.target === app.query && ["Enter", "ArrowDown"].includes(event.key));
    if (leaves) {
      event.preventDefault();
      app.grid.node.focus();
    }
    return;
  }
  const box = byId("language");
  if (event.key === "Escape" && !box.hidden) byId("help").click();
  const inCase = app.pane.node.open,
    walk = inCase ? (by) => app.step(by) : (by) => app.grid.move(by),
    onGrid = event.target === app.grid.node,
    opening = onGrid || event.target === document.body;
  const copyOf = (text, name) => {
    const row = inCase ? app.pane.row : app.grid.view[app.grid.current];
    if (row !== undefined) app.coldRows.then(() => copy(text(app.pane.facts(row)), name));
  };
  const keys = {
    "/": () => {
      goTo("verdicts");
      app.query.focus();
      app.query.select();
    },
    j: () => walk(1),
    k: () => walk(-1),
    t: otherTheme,
    "?": () => byId("keyboard").showModal(),
    c: () => copyOf((fact) => app.pane.command(fact), "command"),
    r: () => copyOf((fact) => app.pane.script(fact), "repro script"),
    ...(onGrid && { ArrowDown: () => walk(1), ArrowUp: () => walk(-1) }),
    ...(opening && { Enter: () => app.grid.view.length && app.open(app.grid.view[app.grid.current]) }),
  };
  if (!Object.hasOwn(keys, event.key) || query(document, "#keyboard[open], #glossary[open]")) return;
  event.preventDefault();
  keys[event.key]();
}

function dragged(app, event, name) {
  if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
  event.preventDefault();
  byId("drop").hidden = name !== "dragover";
  if (name === "drop" && event.dataTransfer.files[0]) compare(app, event.dataTransfer.files[0]);
}

function fold(app, button) {
  const line = button.closest("tr"),
    open = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!open));
  if (open) {
    line.nextElementSibling.remove();
    return;
  }
  line.after(el("tr", { class: "laws" }, el("td", { colspan: line.children.length }, lawTable(app, button.dataset.op))));
}

const UNSAID = [120, 120, 120],
  MOST_RATIO = Math.log(1e6);

function stepColours() {
  const style = getComputedStyle(document.documentElement);
  return [...STEPS.keys(), STEPS.length].map((step) => channels(style.getPropertyValue(`--m${step}`).trim()));
}

function channels(hex) {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}

function mirrored([red, green, blue]) {
  return [blue, green, red];
}

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

function shaded(part) {
  if (Number.isNaN(part)) return UNSAID;
  const [r, g, b] = part < 0 ? [33, 102, 172] : [178, 84, 26],
    deep = Math.min(1, Math.abs(part));
  return [255 - deep * (255 - r), 255 - deep * (255 - g), 255 - deep * (255 - b)];
}

function valueColour(value, largest) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? UNSAID : [40, 40, 40];
  return shaded(largest ? value / largest : 0);
}

function ratioColour(ratio, span) {
  if (ratio < 0) return [196, 140, 210];
  if (Number.isNaN(ratio)) return UNSAID;
  const log = Math.log(ratio);
  return shaded(log === 0 ? 0 : span ? log / span : Math.sign(log));
}

function spanOf(ratios) {
  const logs = [ratios]
    .flat(Infinity)
    .filter((ratio) => ratio > 0 && Number.isFinite(ratio))
    .map((ratio) => Math.abs(Math.log(ratio)));
  return Math.min(
    MOST_RATIO,
    logs.reduce((most, log) => Math.max(most, log), 0),
  );
}

function zipped(one, other, of) {
  if (!Array.isArray(one) && !Array.isArray(other)) return of(one, other);
  if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return null;
  const parts = one.map((part, i) => zipped(part, other[i], of));
  return parts.includes(null) ? null : parts;
}

function ratio(actual, expected) {
  const [above, below] = [numeric(actual), numeric(expected)];
  return above === below ? 1 : below === 0 || !Number.isFinite(below) ? NaN : above / below;
}

function differences(margins, { actual, expected }) {
  const below = zipped(actual, expected, (got, due) => numeric(got) < numeric(due));
  return zipped(margins, below, (margin, less) => (less ? -numeric(margin) : margin)) ?? margins;
}

function drawn({ evidence, at }) {
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

function ratioMap({ actual, expected }, of) {
  const nested = Array.isArray(actual) && Array.isArray(expected) ? zipped(actual, expected, ratio) : null,
    span = spanOf(nested),
    colour = (value) => ratioColour(value, span);
  const ends = [1 / Math.exp(span), 1, Math.exp(span)].map((value) => ({ text: ratioSaid(value), colour: colour(value) })),
    legend = [...(span ? ends : ends.slice(1, 2)), { text: "other sign", colour: colour(-1) }, { text: "no ratio", colour: colour(NaN) }];
  return { name: "ratio", title: of ? "size of actual / size of expected" : "actual / expected", colour, legend, nested };
}

function ratioSaid(value) {
  const apart = Math.abs(value - 1);
  return apart > 0 && apart < 0.01 ? `1${value < 1 ? "−" : "+"}${short(apart)}` : short(value);
}

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

function isComplex(nested) {
  return Array.isArray(nested) && nested.flat(Infinity).some((value) => typeof value === "string" && value.trim().endsWith("j"));
}

function largestOf(nested) {
  if (!Array.isArray(nested)) return 0;
  const finite = nested.flat(Infinity).map(numeric).filter(Number.isFinite);
  return finite.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function planes(nested, prefix = []) {
  if (!Array.isArray(nested)) return [{ index: prefix, rows: [[nested]] }];
  if (!Array.isArray(nested[0])) return [{ index: prefix, rows: [nested] }];
  if (!Array.isArray(nested[0][0])) return [{ index: prefix, rows: nested }];
  return nested.flatMap((part, i) => planes(part, [...prefix, i]));
}

function heatMaps({ maps: shown, origin, place }) {
  const maps = shown.map((one) => heatMap(one, origin, place, (plane, at) => maps.forEach((map) => map.read(plane, at))));
  return maps.map(({ node }) => node);
}

function thumbnails({ maps, place }) {
  const small = maps.filter(({ name }) => name !== "ratio");
  return small.map(({ title, nested, colour }) => {
    const all = planes(nested),
      { rows } = all.find(({ index }) => index.every((i, axis) => i === place[axis])) ?? all[0],
      canvas = el("canvas", { role: "img", "aria-label": title });
    paint(canvas, rows, colour, THUMB);
    return el("figure", {}, canvas, el("figcaption", {}, title));
  });
}

function scatter(evidence) {
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

const SIDE = 320;

const THUMB = 120;

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

function histogram(margins, mine) {
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

function isWrong({ facts }, { status }) {
  return facts.bad.includes(status) || status === "known";
}

function manner(table, fact) {
  if (fact.manner === "number") return `by ${short(fact.margin)} times its bound`;
  if (fact.manner === "fact" && (fact.actual || fact.expected))
    return `it gives ${fact.actual || "nothing"} where ${fact.expected || "nothing"} is expected`;
  return table.facts.manners[fact.manner] ?? "";
}

function sentencesOf(app, row, fact) {
  const wrong = isWrong(app.table, fact),
    peers = app.peers(row).filter((other) => other !== row),
    { columns } = app.table;
  const named = (test) => [...new Set(peers.filter((other) => test(columns.status.at(other))).map((other) => columns.candidate.at(other)))];
  const right = named((status) => status === "conforms"),
    also = named((status) => isWrong(app.table, { status })),
    how = manner(app.table, fact),
    said = [];
  if (wrong) said.push(`${fact.candidate} is wrong here${how && `: ${how}`}.`);
  else if (fact.status === "conforms" && fact.bound && Number.isFinite(fact.margin))
    said.push(`${fact.candidate} uses ${short(fact.margin)} of its bound (${fact.grade || "conforms"}).`);
  else if (fact.status === "conforms") said.push(`${fact.candidate} keeps this law here.`);
  else if (fact.subject === app.table.facts.ledger) said.push("This row is of a known entry and of no case.");
  else if (fact.status === "fixed") said.push(`${fact.candidate} is right here, and a known entry says that it is wrong.`);
  else said.push(`This was not judged: it is ${fact.status}.`);
  if (wrong && fact.blame && fact.blame !== fact.candidate) said.push(`Blamed: ${fact.blame}.`);
  if (fact.since) said.push(`Red in every run remembered since ${fact.since}.`);
  if (right.length) said.push(`Under the same law at the same case ${right.join(", ")} ${right.length > 1 ? "conform" : "conforms"}.`);
  if (also.length) said.push(`${also.join(", ")} ${also.length > 1 ? "are" : "is"} wrong there too.`);
  if (fact.known) said.push(`Known: ${fact.known}.`);
  if (app.isConsequence(row)) said.push("The value at the same case is wrong too.");
  return said;
}

function issueOf(facts, fact, sentence, command) {
  const fence = "```",
    lines = [`### ${fact.candidate} ${fact.status} at ${fact.case}`, "", sentence, "", "| | |", "| --- | --- |"];
  for (const name of ["law", "subject", "scenario", "actual", "expected", "bound", "margin", "ulps", "at", "message"])
    if (fact[name] !== "" && fact[name] === fact[name])
      lines.push(`| ${name} | ${String(fact[name]).replaceAll("|", "\\|").replaceAll("\n", " ")} |`);
  lines.push(
    "",
    `Versions: ${Object.entries(facts.versions)
      .map(([name, value]) => `${name} ${value}`)
      .join(", ")}; CPU ${facts.cpu} ${[facts.isa].flat().join(" ")}`,
    "",
    `Reproduce with \`${command}\`.`,
  );
  if (fact.evidence.shrunk?.includes("\n")) lines.push("", `Smallest case found: ${fact.evidence.shrunk.split("\n")[0]}`);
  const script = fact.evidence.smallest ?? fact.evidence.repro;
  if (script) lines.push("", `${fence}python`, script, fence);
  return lines.join("\n");
}

const WIDE = 20,
  HIGH = 22,
  MOST_HIGH = 300,
  MARGIN = 12;


function standing(tree, places = { next: 0 }) {
  if (typeof tree === "number") return { across: places.next++, height: 0, number: tree, parts: [] };
  const parts = tree.map((part) => standing(part, places)),
    across = parts.reduce((sum, part) => sum + part.across, 0) / parts.length;
  return { across, height: 1 + Math.max(...parts.map(({ height }) => height)), parts };
}

function formula(tree) {
  return typeof tree === "number"
    ? String(tree)
    : tree.map((part) => (typeof part === "number" ? String(part) : `(${formula(part)})`)).join(" + ");
}

function summands(tree) {
  return typeof tree === "number" ? 1 : tree.reduce((/** @type {number} */ sum, part) => sum + summands(part), 0);
}

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

function ordersOf(notes) {
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

const READ = "Number n is the n-th product of an entry, from 0 on; sums are made from the bottom to the top.";

function ordersAt(app, rows, dtype) {
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

function peersAt(app, row, fact) {
  const { columns, facts } = app.table,
    peers = app.peers(row);
  const listed = peers.map((peer) => ({
    row: peer,
    name: columns.candidate.at(peer),
    margin: columns.margin[peer],
    status: columns.status.at(peer),
  }));
  const there = new Set(listed.map(({ name }) => name));
  for (const [name, margin] of Object.entries(fact.evidence.margins ?? {}))
    if (!there.has(name)) listed.push({ name, margin: numeric(margin), status: "" });
  if (listed.length < 2) return null;
  const width = (margin) =>
    Number.isNaN(margin) ? 0 : margin === 0 ? 1 : Math.max(2, Math.min(100, (100 * (Math.log10(margin) + 4)) / 12));
  return el(
    "section",
    {},
    el("h3", {}, "Every candidate here"),
    el(
      "ul",
      { class: "peers" },
      listed
        .sort((a, b) => b.margin - a.margin)
        .map((peer) =>
          el(
            "li",
            { class: peer.row === row ? "here" : null },
            peer.row === undefined ? el("code", {}, foreign(peer.name)) : el("a", { href: app.linkTo(peer.row) }, foreign(peer.name)),
            el(
              "span",
              { class: "track", "aria-hidden": "true" },
              el("i", { class: level(peer.margin), style: `width: ${width(peer.margin)}%` }),
            ),
            el("span", { class: "nums" }, short(peer.margin) || "–"),
            el("span", { class: `word ${kind(peer.status)}` }, facts.signs[peer.status] ?? "", " ", peer.status),
          ),
        ),
    ),
  );
}

function lawsAt(app, row) {
  const { columns, facts } = app.table,
    same = app.siblings(row);
  if (same.length < 2) return "";
  return el(
    "details",
    {},
    el("summary", {}, `All ${counted(same.length, "verdict")} on this candidate at this case`),
    el(
      "ul",
      { class: "laws" },
      same.map((other) => {
        const status = columns.status.at(other);
        return el(
          "li",
          {},
          el(
            "a",
            { href: app.linkTo(other), class: `word ${kind(status)}` },
            facts.signs[status] ?? "",
            " ",
            foreign(`${columns.law.at(other)} ${spokenOf(columns, other)}`),
          ),
          el("span", { class: "nums" }, short(columns.margin[other])),
          status,
        );
      }),
    ),
  );
}

class Case {
  constructor(app) {
    this.app = app;
    this.node = byId("case");
    this.hex = false;
    this.node.addEventListener("close", () => {
      if (!this.node.open) this.app.closed();
    });
    this.node.addEventListener("click", (event) => {
      if (event.target === this.node) this.node.close();
    });
  }

  facts(row) {
    const { table, cold } = this.app,
      fact = /** @type {any} */ ({});
    for (const [name, column] of Object.entries(table.columns)) fact[name] = column instanceof Text ? column.at(row) : column[row];
    for (const [name, column] of Object.entries(cold?.columns ?? {})) fact[name] = column.at(row);
    return /** @type {Fact} */ ({ ...fact, evidence: this.evidence(row) });
  }

  evidence(row) {
    const { columns } = this.app.table,
      evidence = this.app.cold?.facts.evidence ?? {},
      key = KEY.map((name) => columns[name].at(row)).join("\t");
    return this.wrong({ status: columns.status.at(row) }) && Object.hasOwn(evidence, key) ? evidence[key] : {};
  }

  command(fact) {
    const { seed, elsewhere, asked } = this.app.table.facts,
      given = Object.hasOwn(asked, fact.candidate) ? asked[fact.candidate] : [];
    const named = {
      "--candidate": fact.candidate,
      "--law": fact.law !== "status" && fact.law,
      "--seed": seed && String(seed),
      "--spec": Object.hasOwn(elsewhere, fact.op) && elsewhere[fact.op],
    };
    const words = Object.entries(named)
      .filter(([, word]) => word)
      .map(([name, word]) => ` ${name} ${shell(word)}`);
    return fact.evidence.command || `harness show ${shell(fact.case)}${words.join("")}${given.map((word) => ` ${shell(word)}`).join("")}`;
  }

  script(fact) {
    return fact.evidence.repro ?? `${this.command(fact)} --script > repro.py`;
  }

  async show(row) {
    this.row = row;
    await this.app.coldRows;
    if (this.row !== row) return;
    const fact = this.facts(row),
      { evidence } = fact;
    this.fact = fact;
    this.node.replaceChildren(
      ...[
        this.title(fact),
        el("p", { class: "law" }, this.app.table.facts.statements[fact.law] ?? ""),
        el(
          "p",
          { class: "blame" },
          this.sentences(fact).flatMap((said) => [foreign(said), " "]),
        ),
        this.see(fact),
        fact.message && el("p", { class: "message" }, foreign(fact.message)),
        this.copies(fact),
        this.numbers(fact),
        peersAt(this.app, row, fact),
        this.pictures(fact),
        this.orders(fact),
        this.elsewhere(row, fact),
        this.text("The bound, with numbers", evidence.formula),
        this.text("The oracle's digits", evidence.digits),
        this.text("The smallest case that breaks in the same way", evidence.shrunk),
        this.folded("The smallest case as a script", evidence.smallest),
        this.folded("Repro script of this case", evidence.repro),
        lawsAt(this.app, row),
        histogram(this.app.margins(row), fact.margin),
      ].filter(Boolean),
    );
    queryAll(this.node, "p:empty").forEach((empty) => empty.remove());
    if (!this.node.open) this.node.showModal();
    this.node.scrollTop = 0;
    query(this.node, "h2").focus();
  }

  title(fact) {
    return el(
      "div",
      { class: "case-head" },
      el(
        "h2",
        { id: "case-title", tabindex: "-1" },
        el("b", { class: `sign ${kind(fact.status)}`, "aria-hidden": "true" }, this.app.table.facts.signs[fact.status] ?? ""),
        " ",
        el("code", {}, foreign(fact.candidate)),
        " ",
        foreign(fact.status),
        " ",
        el("span", { class: "dim" }, foreign([fact.law, fact.subject, fact.scenario].filter(Boolean).join(" · "))),
      ),
      el(
        "div",
        { class: "walk" },
        this.place(),
        el("button", { type: "button", "aria-label": "Previous", onclick: () => this.app.step(-1) }, "‹"),
        el("button", { type: "button", "aria-label": "Next", onclick: () => this.app.step(1) }, "›"),
        el("button", { type: "button", "aria-label": "Close", onclick: () => this.node.close() }, "✕"),
      ),
      el(
        "p",
        { class: "address" },
        el("b", {}, foreign(fact.op)),
        fact.case
          .split("/")
          .slice(1)
          .map((part) => {
            const [axis, ...value] = part.split(":");
            return el("span", { class: "part" }, el("i", {}, foreign(axis)), " ", foreign(value.join(":")));
          }),
        this.unsaid(fact),
      ),
    );
  }

  place() {
    const { view } = this.app.grid,
      at = view.indexOf(this.row);
    return at < 0 ? "" : el("span", { class: "dim nums" }, `${(at + 1).toLocaleString("en")} of ${view.length.toLocaleString("en")}`);
  }

  unsaid(fact) {
    const { first } = this.app.table.facts,
      said = Object.hasOwn(first, fact.op) ? Object.entries(first[fact.op]) : [];
    return said
      .filter(([axis]) => !fact.case.includes(`/${axis}:`))
      .map(([axis, value]) => el("span", { class: "part unsaid" }, el("i", {}, axis), " ", String(value)));
  }

  wrong(fact) {
    return isWrong(this.app.table, fact);
  }

  sentences(fact) {
    return this.row === undefined ? [] : sentencesOf(this.app, this.row, fact);
  }

  sentence(fact) {
    return this.sentences(fact).join(" ");
  }

  see({ op, known }) {
    const { sees } = this.app.table.facts,
      see = Object.hasOwn(sees, op) && Object.hasOwn(sees[op], known) && sees[op][known];
    return (
      see &&
      el("p", { class: "source" }, "See ", /^https?:/.test(see) ? el("a", { href: see, rel: "noreferrer" }, foreign(see)) : foreign(see))
    );
  }

  copies(fact) {
    const button = (/** @type {string} */ name, /** @type {() => string} */ text, /** @type {string} */ key) =>
      el(
        "button",
        { type: "button", class: "copy", "data-kind": key, onclick: (event) => copy(text(), name.replace(/^Copy /, ""), event.target) },
        name,
      );
    return el(
      "div",
      { class: "copies" },
      el("code", { class: "command" }, foreign(this.command(fact))),
      button("Copy command", () => this.command(fact), "command"),
      fact.evidence.repro
        ? button("Copy repro script", () => this.script(fact), "repro")
        : button("Copy command that writes repro.py", () => this.script(fact), "script"),
      fact.evidence.smallest && button("Copy smallest repro script", () => fact.evidence.smallest ?? "", "smallest"),
      button("Copy issue text", () => issueOf(this.app.table.facts, fact, this.sentence(fact), this.command(fact)), "issue"),
      this.wrong(fact) && button("Copy known entry", () => ledger([fact], this.app.table.facts), "ledger"),
      button("Copy link", () => location.href.split("#")[0] + this.app.linkTo(this.row), "link"),
      el(
        "button",
        {
          type: "button",
          id: "hex",
          "aria-pressed": String(this.hex),
          onclick: () => {
            this.hex = !this.hex;
            if (this.row !== undefined) this.show(this.row);
          },
        },
        "Hex",
      ),
    );
  }

  numbers(fact) {
    const said = (value) => (value === undefined ? "" : this.hex ? inHex(String(value)) : String(value));
    const rows = [
      ["actual", said(fact.actual)],
      ["expected", said(fact.expected)],
      ["bound", said(fact.bound)],
      ["margin", digits(fact.margin)],
      ["ulps", digits(fact.ulps)],
      ["at", fact.at],
      ["grade", fact.grade],
      [
        "before",
        fact.change
          ? `${fact.was || "not there"}${Number.isNaN(fact.before ?? NaN) ? "" : `, margin ${short(fact.before)}`}: ${fact.change}`
          : "",
      ],
    ];
    return el(
      "dl",
      { class: "numbers" },
      rows
        .filter(([, value]) => value !== "" && value !== undefined)
        .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, foreign(value)))),
    );
  }

  pictures(fact) {
    const { evidence } = fact,
      maps = heatMaps(drawn(fact)),
      cloud = scatter(evidence);
    const unsaid = ["expected", "actual", "margin"].map((name) => evidence[name]).find((value) => typeof value === "string");
    return maps.length
      ? el("section", {}, el("h3", {}, "Pictures"), el("div", { class: "maps" }, maps, cloud))
      : unsaid
        ? el("p", { class: "dim" }, unsaid)
        : "";
  }

  orders({ notes }) {
    const drawn = ordersOf(notes);
    return drawn.length ? el("section", {}, el("h3", {}, "Order of summation"), el("p", { class: "dim" }, READ), drawn) : null;
  }

  elsewhere(row, { evidence, ...fact }) {
    if (evidence.repro || !this.wrong(fact)) return null;
    const other = this.app.nearest(row),
      { columns } = this.app.table,
      lacks = Array.isArray(evidence.actual) ? "no script" : "no arrays and no script";
    return el(
      "p",
      { class: "dim" },
      `This page holds ${lacks} of this case; the command above computes them. `,
      other !== undefined && "It holds the script of ",
      other !== undefined &&
        el("a", { href: this.app.linkTo(other) }, foreign(`${columns.case.at(other)} ${spokenOf(columns, other)}`.trim())),
      other !== undefined && ", wrong under the same law.",
    );
  }

  folded(title, content) {
    return content ? el("details", { class: "script" }, el("summary", {}, title), this.text(title, content)) : "";
  }

  text(title, content) {
    return content
      ? el(
          "section",
          {},
          el(
            "h3",
            {},
            title,
            " ",
            el("button", { type: "button", class: "copy", onclick: (event) => copy(String(content), title, event.target) }, "Copy"),
          ),
          el(
            "pre",
            { tabindex: "0", class: title.includes("script") ? null : "wrapped" },
            foreign(this.hex && !title.includes("script") ? inHex(String(content)) : String(content)),
          ),
        )
      : "";
  }
}

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

const STYLE = [
  "body { max-width: 70em; margin: 2em auto; padding: 0 1em; font: 15px/1.5 system-ui, sans-serif }",
  "div { display: flex; gap: 1em } img { width: 240px; border: 1px solid #ccc; image-rendering: pixelated } figure { margin: 0 }",
  "table { border-collapse: collapse; margin: 1em 0 } th, td { text-align: left; padding: 2px 12px 2px 0; vertical-align: top; overflow-wrap: anywhere }",
  "td, code, pre { font-family: ui-monospace, monospace; font-size: 13px } pre { background: #f4f4f1; padding: 1em; border-radius: 8px; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate }",
].join("\n");

function partsOf(app, card, fact) {
  const { facts } = app.table,
    versions = Object.entries(facts.versions).map(([name, value]) => `${name} ${value}`),
    shrunk = !card.smallest && fact.evidence.shrunk?.includes("\n") ? fact.evidence.shrunk.split("\n")[0] : "";
  return {
    title: `${card.candidate} is not ${card.op}: ${card.title}`,
    said: [...card.said, ...(shrunk ? [`Smallest case found: ${shrunk}`] : [])],
    case: card.example.case,
    law: card.example.law,
    statement: facts.statements[card.example.law] ?? "",
    numbers: ["actual", "expected", "bound", "margin", "at", "message"]
      .filter((name) => fact[name] !== "" && fact[name] === fact[name])
      .map((name) => [name, String(fact[name])]),
    run: `Run with ${versions.join(", ")}; CPU ${facts.cpu} ${[facts.isa].flat().join(" ")}; seed ${facts.seed}.`,
    command: app.pane.command(fact),
    script: fact.evidence.repro ?? "",
  };
}


function markdownOf({ title, said, law, statement, numbers, run, command, script, ...parts }) {
  const fence = "```",
    lines = [`## ${title}`, "", ...said.map((line) => `- ${line}`), ""];
  lines.push(`At \`${parts.case}\`, under the law \`${law}\`${statement && ` (${statement})`}:`, "", "| | |", "| --- | --- |");
  for (const [name, value] of numbers) lines.push(`| ${name} | ${value.replaceAll("|", "\\|").replaceAll("\n", " ")} |`);
  lines.push("", run, "", `Reproduce: \`${command}\``);
  if (script) lines.push("", `${fence}python`, script, fence);
  return lines.join("\n");
}

function colleaguePage({ title, said, law, statement, numbers, run, command, script, ...parts }, pictures) {
  const page = document.implementation.createHTMLDocument(visible(title));
  page.documentElement.lang = "en";
  page.head.prepend(el("meta", { charset: "utf-8" }), el("meta", { "http-equiv": "Content-Security-Policy", content: POLICY }));
  page.head.append(el("style", {}, STYLE));
  const figures = thumbnails(pictures).map((figure) => {
    const [canvas, caption] = figure.children;
    canvas.replaceWith(el("img", { src: canvas.toDataURL(), alt: caption.textContent }));
    return figure;
  });
  page.body.append(
    el("h1", {}, foreign(title)),
    el(
      "ul",
      {},
      said.map((line) => el("li", {}, foreign(line))),
    ),
    el("p", {}, "At ", el("code", {}, foreign(parts.case)), ", under the law ", el("code", {}, law), statement && ` (${statement})`, ":"),
    el("div", {}, figures),
    el(
      "table",
      {},
      numbers.map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, foreign(value)))),
    ),
    el("p", {}, foreign(run)),
    el("p", {}, "Reproduce: ", el("code", {}, foreign(command))),
    script && el("pre", {}, foreign(script)),
  );
  return `<!doctype html>\n${page.documentElement.outerHTML}`;
}

class Causes {
  constructor(app) {
    this.app = app;
    this.cards = app.table.facts.causes ?? [];
    this.nodes = [...queryAll(document, "#causes [data-cause]")];
    this.nodes.forEach((node) => this.serve(node));
  }

  pictures() {
    this.nodes.forEach((node) => this.draw(node));
  }

  serve(node) {
    for (const button of queryAll(node, "[data-kind]"))
      button.addEventListener("click", () => this.take(Number(node.dataset.cause), button.dataset.kind, button));
  }

  of(op) {
    return this.nodes
      .filter((node) => this.cards[Number(node.dataset.cause)].op === op)
      .map((node) => {
        const copied = node.cloneNode(true);
        copied.classList.remove("later");
        this.serve(copied);
        this.draw(copied);
        return copied;
      });
  }

  draw(node) {
    const fact = this.fact(this.cards[Number(node.dataset.cause)]),
      place = query(node, ".thumbs");
    if (!fact || !this.app.cold) return;
    place.replaceChildren(...thumbnails(drawn(fact)));
    if (!fact.evidence.repro) query(node, "[data-kind=script]").textContent = "Copy command that writes the script";
  }

  news() {
    const { columns, facts } = this.app.table;
    if (!facts.baseline) return;
    this.nodes.forEach((node) => {
      const kinds = new Map();
      for (const row of this.rows(Number(node.dataset.cause))) {
        const now = columns.change.at(row);
        kinds.set(now, (kinds.get(now) ?? 0) + 1);
      }
      const came = ["new", "regressed"].filter((name) => kinds.get(name)).map((name) => `${kinds.get(name)} ${name}`);
      query(node, ".came").textContent = came.join(", ");
    });
  }

  fact(card) {
    const row = this.app.find({ ...card.example, candidate: card.candidate });
    return row === undefined ? undefined : this.app.pane.facts(row);
  }

  async take(number, what, button) {
    await this.app.coldRows;
    const card = this.cards[number],
      fact = this.fact(card),
      { pane } = this.app;
    if (!fact) return say("This page does not hold its example.");
    if (what === "page")
      return save(colleaguePage(partsOf(this.app, card, fact), drawn(fact)), `${card.op}-cause-${number + 1}.html`, "text/html");
    if (what === "issue") {
      const row = this.app.find({ ...card.example, candidate: card.candidate }),
        said = sentencesOf(this.app, row, fact).join(" ");
      return copy(issueOf(this.app.table.facts, fact, said, pane.command(fact)), "issue text", button);
    }
    if (what === "colleague") return copy(markdownOf(partsOf(this.app, card, fact)), "this cause for a colleague", button);
    if (what === "ledger")
      return copy(
        ledger(
          this.rows(number).map((row) => pane.facts(row)),
          this.app.table.facts,
        ),
        "known entries",
        button,
      );
    return copy(pane.script(fact), fact.evidence.repro ? "repro script" : "command that writes the script", button);
  }

  rows(number) {
    const { columns, rows } = this.app.table,
      found = [];
    for (let row = 0; row < rows; row++) if (columns.of[row] === number + 1) found.push(row);
    return found;
  }
}

const NEWS = ["new", "regressed", "grew", "reordered", "no longer run", "fixed", "added"];

class Atlas {
  constructor(app) {
    this.app = app;
    this.node = byId("tiles");
    this.tiles = [...(this.node?.children ?? [])];
    this.order = "news";
    for (const button of queryAll(document, "[data-order]")) button.addEventListener("click", () => this.sort(button.dataset.order));
  }

  news() {
    const { columns, rows, facts } = this.app.table,
      found = new Map();
    if (!facts.baseline) return found;
    const words = columns.change.words(),
      rank = words.map((word) => NEWS.indexOf(word));
    for (let row = 0; row < rows; row++) {
      const now = rank[columns.change.codes[row]];
      if (now < 0) continue;
      const key = columns.op.codes[row] * columns.candidate.count + columns.candidate.codes[row];
      if (!(found.get(key) <= now)) found.set(key, now);
    }
    return new Map(
      [...found].map(([key, now]) => [
        `${columns.op.word(Math.floor(key / columns.candidate.count))}\t${columns.candidate.word(key % columns.candidate.count)}`,
        now,
      ]),
    );
  }

  draw() {
    const news = this.news();
    for (const tile of this.tiles) {
      tile.dataset.news = 9;
      for (const cell of queryAll(tile, "i[data-candidate]")) {
        const now = news.get(`${tile.dataset.op}\t${cell.dataset.candidate}`);
        cell.classList.toggle("fresh", now <= 1);
        if (now !== undefined) tile.dataset.news = Math.min(tile.dataset.news, now);
      }
      const first = Number(tile.dataset.news),
        word = first <= 1 ? NEWS[first] : "";
      query(tile, ".news").textContent = word;
    }
    this.sort(this.order);
  }

  sort(order) {
    this.order = order;
    const number = (tile, name) => {
      const value = Number(tile.dataset[name] === "inf" ? Infinity : tile.dataset[name]);
      return Number.isNaN(value) ? -1 : value;
    };
    const name = (a, b) => (a.dataset.op < b.dataset.op ? -1 : 1),
      loud = (tile) => (number(tile, "news") <= 1 ? number(tile, "news") - 9 : number(tile, "rank"));
    const by = {
      news: (a, b) => loud(a) - loud(b),
      margin: (a, b) => (number(a, "margin") === number(b, "margin") ? 0 : number(b, "margin") - number(a, "margin")),
      time: (a, b) => number(b, "seconds") - number(a, "seconds"),
      name: () => 0,
    }[order];
    this.tiles.sort((a, b) => by(a, b) || name(a, b));
    this.node?.append(...this.tiles);
    for (const button of queryAll(document, "[data-order]")) button.setAttribute("aria-pressed", String(button.dataset.order === order));
    this.node?.setAttribute("data-shown", order);
  }
}

const OUTCOMES = [
  { says: "wrong", css: "m8" },
  { says: "known", css: "m5" },
  { says: "other bits", css: "m3" },
  { says: "right", css: "m1" },
  { says: "same bits", css: "m0" },
  { says: "not judged", css: "nobody" },
  { says: "not offered", css: "nobody" },
];

const [WRONG, KNOWN, OTHER, RIGHT, BITS, UNJUDGED, DECLINED] = OUTCOMES.keys();

const NOTED = { same: BITS, other: OTHER, right: RIGHT, doubted: UNJUDGED };

function outcomeOf({ columns, facts }, actual, row) {
  const status = columns.status.at(row);
  if (facts.bad.includes(status)) return WRONG;
  if (status === "known") return KNOWN;
  if (status === "conforms" || status === "fixed") return actual.codes[row] === actual.code(facts.bits.same) ? BITS : RIGHT;
  return status === "unsupported" ? DECLINED : UNJUDGED;
}

function scenariosOf(table, { actual, notes }, row, read) {
  const code = notes.codes[row],
    outcome = outcomeOf(table, actual, row);
  if (!read.has(code)) read.set(code, Object.entries(notesOf(notes.word(code))).filter(([relation]) => Object.hasOwn(NOTED, relation)));
  const noted = outcome >= RIGHT && outcome <= UNJUDGED ? read.get(code) : [];
  return noted.length
    ? noted.flatMap(([relation, scenarios]) => scenarios.map((scenario) => [scenario, NOTED[relation]]))
    : [[table.columns.scenario.at(row), outcome]];
}

function relations(table, cold, rows, group, unit) {
  const { columns, facts } = table,
    laws = facts.bits.laws.map((law) => columns.law.code(law)),
    known = new Map(),
    worst = new Map(),
    read = new Map();
  for (const row of rows) {
    const at = laws.indexOf(columns.law.codes[row]);
    if (at < 0 || columns.subject.at(row) === facts.ledger || columns.candidate.at(row) === "oracle") continue;
    const own = columns.scenario.at(row),
      name = columns[group].at(row),
      of = columns[unit].codes[row];
    for (const [scenario, outcome] of scenariosOf(table, cold, row, read)) {
      const relation = `${at}\t${scenario}`,
        key = `${name}\n${relation}`;
      if (!known.has(relation)) known.set(relation, { law: facts.bits.laws[at], scenario, alone: true });
      if (scenario !== own) known.get(relation).alone = false;
      if (!worst.has(key)) worst.set(key, new Map());
      const units = worst.get(key);
      if (!(units.get(of) <= outcome)) units.set(of, outcome);
    }
  }
  const found = [...known].sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, relation]) => ({ key, ...relation }));
  return { relations: found, of: (name, { key }) => countsOf(worst.get(`${name}\n${key}`)) };
}

function countsOf(units) {
  const counts = OUTCOMES.map(() => 0);
  for (const outcome of units?.values() ?? []) counts[outcome]++;
  return counts;
}

function relationMap(app, rows, { group, unit, names, state, down }) {
  const { table, cold } = app;
  if (!cold) return null;
  const found = relations(table, cold.columns, rows, group, unit);
  if (!found.relations.length) return null;
  const units = unit === "case" ? ["case", "cases"] : ["candidate", "candidates"];
  const cell = (name, relation) => {
    const counts = found.of(name, relation),
      first = counts.findIndex((n) => n);
    if (first < 0) return el("td", { class: "unasked", title: "no case asks for it" }, "not asked");
    const said = OUTCOMES.map(({ says }, i) => counts[i] && `${counts[i]} ${says}`).filter(Boolean),
      terms = { [group]: name, law: relation.law, ...(relation.alone && relation.scenario && { scenario: relation.scenario }) },
      q = Object.entries({ ...state, ...terms }).map(([field, value]) => `${field}:${quoted(value)}`);
    return el(
      "td",
      { class: OUTCOMES[first].css },
      el(
        "a",
        { href: app.fragment({ ...state, q: q.join(" "), all: "1" }), title: `of ${counted(sum(counts), units[0], units[1])} asked` },
        said.map((part) => el("span", {}, part)),
      ),
    );
  };
  const head = (scope, text, more) => el("th", { scope, ...more }, foreign(visible(text))),
    told = ({ law, scenario }) => scenario || `${law}, all scenarios`,
    laws = table.facts.bits.laws
      .map((law) => [law, found.relations.filter((relation) => relation.law === law)])
      .filter(([, of]) => of.length);
  const parts = down
    ? [
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            head("col", "what is asked"),
            names.map((name) => head("col", name)),
          ),
        ),
        laws.map(([law, of]) =>
          el(
            "tbody",
            {},
            el("tr", { class: "of-law" }, head("rowgroup", law, { colspan: String(names.length + 1) })),
            of.map((relation) =>
              el(
                "tr",
                {},
                head("row", told(relation)),
                names.map((name) => cell(name, relation)),
              ),
            ),
          ),
        ),
      ]
    : [
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            el("td"),
            laws.map(([law, of]) => head("colgroup", law, { colspan: String(of.length) })),
          ),
          el(
            "tr",
            {},
            head("col", group),
            found.relations.map((relation) => head("col", told(relation))),
          ),
        ),
        el(
          "tbody",
          {},
          names.map((name) =>
            el(
              "tr",
              {},
              head("row", name),
              found.relations.map((relation) => cell(name, relation)),
            ),
          ),
        ),
      ];
  return el("table", { class: "heat bits" }, parts);
}

function sum(counts) {
  return counts.reduce((a, b) => a + b, 0);
}

function mapOfOps(app) {
  const node = document.getElementById("bits");
  if (!node) return;
  const shown = /** @type {HTMLElement} */ (node.querySelector(".wide"));
  node.addEventListener("toggle", async () => {
    if (shown.firstChild) return;
    await app.coldRows;
    const { columns, rows } = app.table,
      every = Array.from({ length: rows }, (_, row) => row);
    shown.replaceChildren(
      relationMap(app, every, { group: "op", unit: "candidate", names: columns.op.words().sort(), state: {}, down: false }) ??
        el("p", {}, "No row compares two calls."),
    );
  });
}

function bitsOf(app, op, rows, names) {
  const map = relationMap(app, rows, { group: "candidate", unit: "case", names, state: { op }, down: true });
  return (
    map &&
    el(
      "section",
      {},
      el("h3", {}, "Bits of two calls, by cases"),
      el("p", { class: "dim" }, app.table.facts.bits.says),
      el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Bits of two calls" }, map),
    )
  );
}

const STRIP = { low: -5, high: 7, width: 480, height: 16, bins: 60 };

function placed(margin) {
  if (margin === 0) return 0;
  if (margin === Infinity) return 1;
  return Math.max(0.01, Math.min(0.99, (Math.log10(margin) - STRIP.low) / (STRIP.high - STRIP.low)));
}

function binOf(margin) {
  const bin = Math.min(STRIP.bins - 1, Math.floor(placed(margin) * STRIP.bins)),
    edge = Math.round(placed(1) * STRIP.bins);
  return margin > 1 ? Math.max(edge, bin) : Math.min(edge - 1, bin);
}

function strip(margins) {
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

function stripScale() {
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

function casesOf(table, op, candidate = "") {
  const { columns, facts, rows } = table,
    by = candidate ? columns.candidate.code(candidate) : -1,
    wanted = columns.op.code(op),
    found = new Map();
  const rank = columns.status
    .words()
    .map((status) => (facts.bad.includes(status) ? 3 : status === "known" ? 2 : status === "conforms" || status === "fixed" ? 1 : 0));
  const silent = columns.law.code("status");
  for (let row = 0; row < rows; row++) {
    if (columns.op.codes[row] !== wanted || columns.subject.at(row) === facts.ledger) continue;
    if (by >= 0 && columns.candidate.codes[row] !== by) continue;
    const code = columns.case.codes[row],
      state = rank[columns.status.codes[row]];
    const says = columns.law.codes[row] === silent && state === 1 ? 0 : state;
    if (!(found.get(code) >= says)) found.set(code, says);
  }
  const addresses = [...found]
    .map(([code, state]) => ({ address: columns.case.word(code), state, at: /** @type {Record<string, string>} */ ({}) }))
    .filter(({ address }) => !address.includes("/invalid:"));
  const axes = [
    ...new Set([
      ...Object.keys(facts.first[op] ?? {}),
      ...addresses.flatMap(({ address }) =>
        address
          .split("/")
          .slice(1)
          .map((part) => part.split(":")[0]),
      ),
    ]),
  ].filter((axis) => axis !== "grid");
  for (const one of addresses) one.at = Object.fromEntries(axes.map((axis) => [axis, axisOf(table, one.address, axis)]));
  const values = Object.fromEntries(
    axes.map((axis) => [axis, [...new Set(addresses.map(({ at }) => at[axis]))].sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1))]),
  );
  return { addresses, values, axes: axes.filter((axis) => values[axis].length > 1) };
}

function pairTable({ addresses }, one, other) {
  const cells = new Map();
  for (const { at, state } of addresses) {
    const key = `${at[one]}\t${at[other]}`,
      cell = cells.get(key) ?? cells.set(key, { cases: 0, judged: 0, wrong: 0, known: 0 }).get(key);
    cell.cases++;
    if (state) cell.judged++;
    if (state === 3) cell.wrong++;
    if (state === 2) cell.known++;
  }
  return cells;
}

function pairsOfAxes(found) {
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

function spread(cells) {
  const judged = cells.reduce((n, cell) => n + cell.judged, 0),
    wrong = cells.reduce((n, cell) => n + cell.wrong, 0);
  if (!wrong) return 0;
  return cells.reduce((sum, cell) => sum + (cell.judged ? cell.judged * (cell.wrong / cell.judged - wrong / judged) ** 2 : 0), 0) / judged;
}

function shade({ judged, wrong, known }) {
  if (wrong) return wrong > judged / 2 ? "m8" : wrong > judged / 10 ? "m7" : "m6";
  return known ? "m5" : judged > 9 ? "m3" : "m1";
}

function coverageMap(app, op, names) {
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

const STATES = ["not judged", "not offered", "right", "known", "wrong"];

function levelOf(table, row) {
  const { columns, facts } = table,
    level = facts.levels.of_law[columns.law.at(row)] ?? 0;
  if (level !== 0) return level;
  const address = columns.case.at(row);
  if (address.includes("/invalid:")) return facts.levels.words.length - 1;
  return facts.levels.special.includes(axisOf(table, address, "fill")) ? 1 : 0;
}

function tallies(table, rows) {
  const { columns, facts } = table,
    worst = new Map(),
    why = new Map();
  for (const row of rows) {
    if (columns.subject.at(row) === facts.ledger) continue;
    const level = levelOf(table, row),
      status = columns.status.at(row),
      returned = columns.law.at(row) === "status" && status === "conforms" && level !== facts.levels.words.length - 1,
      state = returned ? -1 : (facts.levels.states[status] ?? 0),
      key = `${columns.candidate.at(row)}\t${level}`;
    if (!worst.has(key)) worst.set(key, new Map());
    const cases = worst.get(key),
      code = columns.case.codes[row];
    if (!(cases.get(code) >= state)) cases.set(code, state);
    if (state === 0 || state === 1) {
      if (!why.has(key)) why.set(key, new Map());
      const reasons = why.get(key),
        said = columns.message.at(row) || status;
      reasons.set(said, (reasons.get(said) ?? 0) + 1);
    }
  }
  return new Map([...worst].map(([key, cases]) => [key, tally(cases, why.get(key))]));
}

function tally(cases, reasons) {
  const counts = STATES.map(() => 0);
  for (const state of cases.values()) counts[Math.max(0, state)]++;
  return { counts, reason: [...(reasons ?? [])].sort((a, b) => b[1] - a[1])[0]?.[0] ?? "" };
}

function saidOf({ counts: [unjudged, declined, right, known, wrong], reason }) {
  const judged = right + known + wrong,
    state = wrong ? "wrong" : known ? "known" : right ? "right" : declined && declined >= unjudged ? "not-offered" : "not-judged";
  const parts = [
    wrong && `${wrong} wrong`,
    known && `${known} known`,
    judged && `${right} of ${judged} right`,
    declined && `${declined} not offered`,
    unjudged && `${unjudged} not judged`,
  ].filter(Boolean);
  return { state, parts, title: reason && declined + unjudged ? `${parts.join(", ")}; most often: ${reason}` : parts.join(", ") };
}

const PLOT = { width: 640, height: 220, left: 46, bottom: 24, columns: 40, rows: 36 };

function sizeOf(table, address, sizes) {
  return sizes.reduce((product, axis) => product * Math.max(1, Number(axisOf(table, address, axis))), 1);
}

function binned(points) {
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

function sizePlot(points) {
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

function sizesOf(app, op, rows, names) {
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

class OpPage {
  constructor(app) {
    this.app = app;
    this.node = byId("op");
    this.op = "";
  }

  async follow(op) {
    document.documentElement.classList.toggle("on-op", Boolean(op));
    this.node.hidden = !op;
    if (op === this.op) return;
    this.op = op;
    if (!op) return;
    const rows = this.rows(op);
    if (!rows.length) return this.node.replaceChildren(el("p", {}, "That op is not in this run. ", this.back()));
    this.draw(op, rows);
    scrollTo(0, 0);
    await this.app.coldRows;
    if (this.op === op) this.draw(op, rows);
  }

  rows(op) {
    const { columns, rows } = this.app.table,
      wanted = columns.op.code(op),
      found = [];
    for (let row = 0; row < rows; row++) if (columns.op.codes[row] === wanted) found.push(row);
    return found;
  }

  back() {
    return el(
      "a",
      {
        href: "#all",
        onclick: (event) => {
          event.preventDefault();
          this.leave();
        },
      },
      "← all ops",
    );
  }

  leave() {
    history.pushState(null, "", "#all");
    this.app.follow();
  }

  draw(op, rows) {
    const { columns } = this.app.table,
      told = this.app.cold?.facts.texts?.[op] ?? {},
      names = [...new Set(rows.map((row) => columns.candidate.codes[row]))]
        .map((code) => columns.candidate.word(code))
        .filter((name) => name !== "oracle")
        .sort();
    this.node.replaceChildren(
      ...[
        el("p", { class: "back" }, this.back()),
        el("h2", { id: "op-title", tabindex: "-1" }, foreign(op)),
        told.doc &&
          el(
            "p",
            { class: "doc" },
            foreign(told.doc),
            " ",
            /^https?:/.test(told.see ?? "") && el("a", { href: told.see, rel: "noreferrer" }, foreign(told.see)),
          ),
        this.levels(op, rows, names),
        bitsOf(this.app, op, rows, names),
        ordersAt(this.app, rows, (row) => this.dtype(row)),
        this.causes(op),
        this.margins(op, rows, names),
        sizesOf(this.app, op, rows, names),
        this.accuracy(op, rows, names),
        this.seconds(op, rows, names),
        coverageMap(this.app, op, names),
        this.text("Known entries", told.known),
        this.text("The definition", told.definition),
        this.text("The spec", told.spec),
      ].filter(Boolean),
    );
  }

  levels(op, rows, names) {
    const { words } = this.app.table.facts.levels,
      found = tallies(this.app.table, rows);
    const cell = (name, level) => {
      const tally = found.get(`${name}\t${level}`);
      if (!tally) return el("td", { class: "unasked", title: "no row asks for it" }, "–");
      const { state, parts, title } = saidOf(tally);
      return el(
        "td",
        { class: `level ${state}`, title: visible(title) },
        parts.slice(0, 2).map((part) => el("span", {}, part)),
        parts.length > 2 && el("small", {}, parts.slice(2).join(", ")),
      );
    };
    return el(
      "section",
      {},
      el("h3", {}, "Contract levels, by cases"),
      this.table(
        "Contract levels",
        ["candidate", ...words],
        names.map((name) => [this.candidate(op, name), ...words.map((_, level) => cell(name, level))]),
      ),
    );
  }

  candidate(op, name) {
    return el("a", { href: this.app.fragment({ op, q: `op:${quoted(op)} candidate:${quoted(name)}` }) }, el("code", {}, foreign(name)));
  }

  causes(op) {
    const cards = this.app.causes.of(op);
    return cards.length ? el("section", {}, el("h3", {}, counted(cards.length, "cause")), el("ol", { class: "clusters" }, cards)) : null;
  }

  dtype(row) {
    return axisOf(this.app.table, this.app.table.columns.case.at(row), "dtype");
  }

  values(rows, names, law, wanted) {
    const { columns } = this.app.table,
      groups = new Map();
    for (const row of rows) {
      if (columns.law.at(row) !== law || !wanted(row)) continue;
      const key = `${columns.candidate.at(row)}\t${this.dtype(row)}`;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(row);
    }
    const dtypes = [...new Set([...groups.keys()].map((key) => key.split("\t")[1]))].sort();
    return names
      .flatMap((name) => dtypes.map((dtype) => ({ name, dtype, rows: groups.get(`${name}\t${dtype}`) ?? [] })))
      .filter((group) => group.rows.length);
  }

  margins(op, rows, names) {
    const { columns } = this.app.table,
      laws = ["agrees", "gradient"].filter((law) => rows.some((row) => columns.law.at(row) === law)),
      chosen = this.law ?? laws[0];
    if (!laws.length) return null;
    const choose = el(
      "select",
      {
        "aria-label": "Law of the margins",
        onchange: () => {
          this.law = choose.value;
          this.draw(op, rows);
        },
      },
      laws.map((law) => el("option", { value: law, selected: law === chosen }, law)),
    );
    const lines = this.values(rows, names, chosen, (row) => !Number.isNaN(columns.margin[row])).map(({ name, dtype, rows: of }) => {
      const drawn = strip(of.map((row) => columns.margin[row]));
      return el(
        "li",
        {},
        el(
          "a",
          {
            href: this.app.fragment({
              op,
              q: `op:${quoted(op)} candidate:${quoted(name)} law:${chosen} dtype:${quoted(dtype)}`,
              sort: "margin.desc",
            }),
          },
          el("code", {}, foreign(name)),
          " ",
          foreign(dtype),
        ),
        drawn.node,
        el("span", { class: "nums" }, drawn.most === Infinity ? "∞" : `≤ ${short(drawn.most)}`),
      );
    });
    return lines.length
      ? el(
          "section",
          {},
          el("h3", {}, "Margins: the error in units of its bound, of ", choose),
          el("ul", { class: "strips" }, lines, el("li", {}, el("span"), stripScale(), el("span"))),
        )
      : null;
  }

  accuracy(op, rows, names) {
    const { columns } = this.app.table,
      middle = (sorted) => sorted[Math.floor(sorted.length / 2)];
    const lines = this.values(
      rows,
      names,
      "agrees",
      (row) => columns.status.at(row) === "conforms" && Number.isFinite(columns.ulps[row]),
    ).map(({ name, dtype, rows: of }) => {
      const ulps = of.map((row) => columns.ulps[row]).sort((a, b) => a - b);
      return [this.candidate(op, name), dtype, of.length, short(middle(ulps)), short(ulps.at(-1))];
    });
    return lines.length
      ? el(
          "section",
          {},
          el("h3", {}, "Accuracy of right values, in ULPs at the entry nearest its bound"),
          this.table("Accuracy", ["candidate", "dtype", "values", "median", "largest"], lines),
        )
      : null;
  }

  seconds(_op, rows, names) {
    const { columns, facts } = this.app.table,
      spent = new Map();
    for (const row of rows) {
      const key = `${columns.law.at(row)}\t${columns.candidate.at(row)}`;
      spent.set(key, (spent.get(key) ?? 0) + columns.seconds[row]);
    }
    const laws = [...new Set([...spent.keys()].map((key) => key.split("\t")[0]))].sort(
        (a, b) => facts.laws.indexOf(a) - facts.laws.indexOf(b),
      ),
      of = (law, name) => spent.get(`${law}\t${name}`);
    const total = names.map((name) => laws.reduce((sum, law) => sum + (of(law, name) || 0), 0)),
      most = [...spent.values()].reduce((a, b) => Math.max(a, b || 0), 0) || 1;
    const cell = (value) =>
      value === undefined
        ? ""
        : el(
            "td",
            {
              class: "nums",
              style: `background: color-mix(in srgb, var(--accent-soft) ${Math.round((100 * value) / most)}%, transparent)`,
            },
            short(value),
          );
    return el(
      "section",
      {},
      el("h3", {}, "Seconds per law and candidate"),
      this.table(
        "Seconds",
        ["law", ...names],
        [...laws.map((law) => [law, ...names.map((name) => cell(of(law, name)))]), ["all", ...total.map((sum) => short(sum))]],
      ),
    );
  }

  table(label, head, lines) {
    return el(
      "div",
      { class: "wide", tabindex: "0", role: "region", "aria-label": label },
      el(
        "table",
        { class: "of-op" },
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            head.map((name) => el("th", { scope: "col" }, foreign(name))),
          ),
        ),
        el(
          "tbody",
          {},
          lines.map(([first, ...rest]) =>
            el(
              "tr",
              {},
              el("th", { scope: "row" }, first instanceof Node ? first : foreign(first)),
              rest.map((value) =>
                value instanceof HTMLTableCellElement
                  ? value
                  : el(
                      "td",
                      { class: typeof value === "number" || /^[\d<>.,e∞-]*$/.test(value) ? "nums" : null },
                      typeof value === "number" ? value.toLocaleString("en") : foreign(value),
                    ),
              ),
            ),
          ),
        ),
      ),
    );
  }

  text(title, content) {
    return content ? el("details", {}, el("summary", {}, title), el("pre", { tabindex: "0" }, foreign(content))) : null;
  }
}

class App {
  constructor(table) {
    this.table = table;
    this.orders = new Orders(table);
    this.explained = new Map();
    this.query = byId("query");
    this.grid = new Grid(this);
    this.pane = new Case(this);
    this.atlas = new Atlas(this);
    this.ops = new OpPage(this);
    this.causes = new Causes(this);
    this.coldRows = new Promise((resolve) => setTimeout(resolve, 30))
      .then(() => unpack("details"))
      .then((cold) => {
        this.cold = cold;
        this.grid.draw();
        this.causes.pictures();
        this.orders.prepare(["margin.desc", "case.asc", "ulps.desc", "candidate.asc", "law.asc", "message.asc"]);
      });
    this.suggestions = new Suggestions(this);
    listen(this);
    this.facets();
    drawChanges(this);
    mapOfOps(this);
    this.atlas.draw();
    this.causes.news();
    this.follow();
  }

  state() {
    const hash = location.hash.slice(1);
    return hash.includes("=") ? Object.fromEntries(new URLSearchParams(hash)) : {};
  }

  fragment(state) {
    const kept = Object.entries(state).filter(([name, value]) => value || (name === "q" && value === ""));
    return `#${new URLSearchParams(kept)}`;
  }

  set(changes, how = "replaceState") {
    history[how](null, "", this.fragment({ ...this.state(), ...changes }));
    this.follow();
  }

  start() {
    const words = this.table.columns.status.words(),
      { red } = this.table.facts;
    return words.some((word) => red.includes(word)) ? "is:red" : words.includes("known") ? "status:known" : "";
  }

  follow() {
    const state = this.state(),
      query = state.q ?? (state.op ? `op:${quoted(state.op)}` : this.start());
    this.ops.follow(state.op ?? "");
    if (this.query.value.trimEnd() !== query) this.query.value = query;
    byId("unfold").checked = Boolean(state.all);
    this.refresh();
    const row = state.case ? this.find(state) : -1;
    if (row >= 0) this.pane.show(row);
    else if (this.pane.node.open) this.pane.node.close();
    if (state.case && row < 0) say("That case is not in this run.");
  }

  linkTo(row) {
    const { q, sort, all, op } = this.state();
    return this.fragment({ q, sort, all, op, ...this.address(row) });
  }

  address(row) {
    const { columns } = this.table;
    return {
      ...Object.fromEntries(KEY.map((name) => [name, columns[name].at(row)])),
      again: columns.again[row] ? String(columns.again[row]) : "",
    };
  }

  find(state) {
    const { columns, rows } = this.table,
      whole = "case" in state,
      names = KEY.filter((name) => whole || name in state);
    const wanted = names.map((name) => columns[name].code(state[name] ?? "")),
      codes = names.map((name) => columns[name].codes);
    if (wanted.includes(-1)) return -1;
    const again = Number(state.again ?? 0);
    for (let row = 0; row < rows; row++)
      if (codes.every((code, i) => code[row] === wanted[i]) && (!whole || columns.again[row] === again)) return row;
    return -1;
  }

  isConsequence(row) {
    return this.table.columns.cause?.[row] >= 0;
  }

  view(mask, sort, unfold) {
    const cause = this.table.columns.cause,
      order = this.orders.of(sort),
      out = new Uint32Array(order.length),
      held = new Map();
    this.explained.clear();
    let count = 0;
    if (!unfold) {
      for (let row = 0; row < mask.length; row++) {
        const by = cause[row];
        if (by < 0 || !mask[row] || !mask[by]) continue;
        this.explained.set(by, (this.explained.get(by) ?? 0) + 1);
        if (this.grid.expanded.has(by)) held.set(by, [...(held.get(by) ?? []), row]);
        mask[row] = 2;
      }
    }
    for (let i = 0; i < order.length; i++) {
      const row = order[i];
      if (mask[row] !== 1) continue;
      out[count++] = row;
      for (const behind of held.get(row) ?? []) out[count++] = behind;
    }
    return out.subarray(0, count);
  }

  refresh() {
    const { sort = "worst", all } = this.state(),
      error = byId("query-error");
    error.textContent = "";
    try {
      this.mask = match(this.table, this.query.value);
    } catch (problem) {
      error.textContent = /** @type {Error} */ (problem).message;
      return;
    }
    let matching = 0;
    for (let row = 0; row < this.mask.length; row++) matching += this.mask[row];
    this.grid.show(this.view(this.mask, sort, Boolean(all)));
    const [name, way] = sort.split(".");
    this.grid.sorted(name, way === "desc");
    const folded = matching - this.grid.view.length;
    byId("shown").textContent =
      `${matching.toLocaleString("en")} of ${this.table.rows.toLocaleString("en")}${folded > 0 ? `, ${folded.toLocaleString("en")} of them beside a wrong value` : ""}`;
    this.chips();
  }

  chips() {
    const found = terms(this.query.value);
    byId("chips").replaceChildren(
      ...found.map((term, i) =>
        el(
          "li",
          {},
          el(
            "button",
            {
              type: "button",
              class: "chip",
              "aria-label": `Remove ${term.whole}`,
              onclick: () =>
                this.set({
                  q: found
                    .filter((_, j) => j !== i)
                    .map(({ whole }) => whole)
                    .join(" "),
                }),
            },
            foreign(term.whole),
            el("span", { "aria-hidden": "true" }, " ✕"),
          ),
        ),
      ),
    );
  }

  facets() {
    const { columns, facts } = this.table,
      offered = [
        ["status", columns.status.words()],
        ["op", columns.op.words()],
        ["candidate", columns.candidate.words()],
        ["law", columns.law.words()],
        ...["dtype", "layout", "fill"].filter((axis) => axis in facts.axes).map((axis) => [axis, facts.axes[axis]]),
        ["grade", columns.grade.words().filter(Boolean)],
      ];
    byId("facets").replaceChildren(
      ...offered
        .filter(([, words]) => words.length > 1)
        .map(([name, words]) =>
          el(
            "select",
            {
              "aria-label": `Filter by ${name}`,
              onchange: (event) => {
                this.add(name, event.target.value);
                event.target.value = "";
              },
            },
            el("option", { value: "" }, name),
            words.slice(0, 400).map((word) => el("option", { value: word }, visible(word) || "(none)")),
          ),
        ),
    );
  }

  add(field, value) {
    const now = this.query.value.trim(),
      held = now && !plain(now) ? [{ whole: `(${now})` }] : terms(now);
    const others = held.filter((term) => term.field !== field && !(field === "status" && /^(is:red|is:wrong)$/.test(term.whole)));
    this.set({ q: [...others.map(({ whole }) => whole), `${field}:${quoted(value)}`].join(" ") }, "pushState");
  }

  sortBy(name) {
    const now = this.state().sort,
      first = ["margin", "ulps"].includes(name) ? "desc" : "asc",
      second = first === "desc" ? "asc" : "desc";
    this.set({
      sort: now === `${name}.${first}` ? `${name}.${second}` : now === `${name}.${second}` ? "" : `${name}.${first}`,
      q: this.query.value,
    });
  }

  open(row) {
    this.set({ q: this.query.value, ...this.address(row) }, "pushState");
  }

  closed() {
    if (!this.state().case) return;
    this.set({ q: this.query.value, case: "", candidate: "", law: "", subject: "", scenario: "", again: "" });
    document.body.append(toast());
    if (document.activeElement === document.body) this.grid.node.focus({ preventScroll: true });
  }

  step(by) {
    const at = this.pane.row === undefined ? -1 : this.grid.view.indexOf(this.pane.row);
    if (at >= 0) this.grid.current = at;
    const row = this.grid.move(by);
    if (row !== undefined) this.set(this.address(row));
  }

  rowsWhere(row, names) {
    const { columns, rows } = this.table,
      codes = names.map((name) => columns[name].codes),
      wanted = codes.map((code) => code[row]),
      found = [];
    for (let other = 0; other < rows; other++) if (codes.every((code, i) => code[other] === wanted[i])) found.push(other);
    return found;
  }

  peers(row) {
    const { candidate } = this.table.columns,
      exact = this.rowsWhere(row, ["case", "law", "subject", "scenario"]),
      there = new Set(exact.map((other) => candidate.codes[other]));
    return [
      ...exact,
      ...this.rowsWhere(row, ["case", "law"]).filter(
        (other) =>
          this.table.columns.subject.at(other) === "" && this.table.columns.scenario.at(other) === "" && !there.has(candidate.codes[other]),
      ),
    ];
  }

  nearest(row) {
    const { columns } = this.table,
      held = (other) => this.pane.evidence(other).repro !== undefined;
    const same = this.rowsWhere(row, ["op", "candidate", "law"]).filter((other) => other !== row && held(other));
    const apart = (other) =>
      (spokenOf(columns, other) === spokenOf(columns, row) ? 0 : 1000) + distance(columns.case.at(other), columns.case.at(row));
    return same.map((other) => [apart(other), other]).sort((a, b) => a[0] - b[0])[0]?.[1];
  }

  siblings(row) {
    return this.rowsWhere(row, ["case", "candidate"]);
  }

  margins(row) {
    return this.rowsWhere(row, ["op", "candidate", "law"]).map((other) => this.table.columns.margin[other]);
  }

  take(what) {
    return take(this, what);
  }
}

const theme = stored((store) => store.getItem("theme"));
if (theme) document.documentElement.dataset.theme = theme;

const app = new App(await unpack("rows"));
globalThis.report = app;
document.documentElement.dataset.ready = String(Math.round(performance.now()));
