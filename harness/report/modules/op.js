// One op: its contract levels, accuracy, time, margins and coverage, its spec and definition.

import { counted, quoted, visible } from "./words.js";
import { short } from "./numbers.js";
import { el, foreign, byId } from "./dom.js";
import { axisOf } from "./axes.js";
import { bitsOf } from "./bits.js";
import { strip, stripScale } from "./strips.js";
import { coverageMap } from "./coverage.js";
import { saidOf, tallies } from "./levels.js";
import { sizesOf } from "./sizes.js";
import { ordersAt } from "./trees.js";

export class OpPage {
  constructor(app) {
    this.app = app;
    this.node = byId("op");
    this.op = "";
  }

  /** @param {string} op */
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

  /** @param {string} op */
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

  /** @param {string} op @param {number[]} rows */
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

  /** @param {string} op @param {number[]} rows @param {string[]} names */
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

  /** @param {string} op @param {string} name */
  candidate(op, name) {
    return el("a", { href: this.app.fragment({ op, q: `op:${quoted(op)} candidate:${quoted(name)}` }) }, el("code", {}, foreign(name)));
  }

  /** @param {string} op */
  causes(op) {
    const cards = this.app.causes.of(op);
    return cards.length ? el("section", {}, el("h3", {}, counted(cards.length, "cause")), el("ol", { class: "clusters" }, cards)) : null;
  }

  /** @param {number} row */
  dtype(row) {
    return axisOf(this.app.table, this.app.table.columns.case.at(row), "dtype");
  }

  /**
   * Rows that compared values, by candidate and dtype.
   *
   * @param {number[]} rows
   * @param {string[]} names
   * @param {string} law
   * @param {any} wanted
   */
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

  /** @param {string} op @param {number[]} rows @param {string[]} names */
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

  /** @param {string} op @param {number[]} rows @param {string[]} names */
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

  /** @param {string} _op @param {number[]} rows @param {string[]} names */
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

  /** @param {string} label @param {any} head @param {any[]} lines */
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

  /** @param {string} title @param {string | undefined} content */
  text(title, content) {
    return content ? el("details", {}, el("summary", {}, title), el("pre", { tabindex: "0" }, foreign(content))) : null;
  }
}
