// Rows -> the list on the screen: only what can be seen is in the document.

import { brief, counted, kind, visible } from "./words.js";
import { level, short } from "./numbers.js";
import { byId, el, queryAll } from "./dom.js";
import { spokenOf } from "./rows.js";

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

// Rows that are printed.
const PRINTED = 60;

const MAX_PIXELS = 8_000_000;

export class Grid {
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

  /** @param {string} name @param {boolean} descending */
  sorted(name, descending) {
    for (const cell of queryAll(this.node, "[role=columnheader]")) {
      cell.setAttribute("aria-sort", cell.dataset.name !== name ? "none" : descending ? "descending" : "ascending");
    }
  }

  measure() {
    this.height = parseFloat(getComputedStyle(this.node).getPropertyValue("--row")) || 36;
    this.top = byId("head").offsetHeight;
  }

  /** @param {any} view */
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

  // The first row to draw, and how far down it begins: the scrollbar is stretched where rows outgrow the page.
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

  // On paper the first rows stand below each other, and a line says how many there are.
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

  /** @param {any} line @param {any} at */
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

  /** @param {any} cell @param {any} value */
  text(cell, value) {
    cell.textContent = visible(value);
    cell.title = value.length > 12 ? visible(value) : "";
  }

  /** @param {any} event */
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

  /** @param {number} step */
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
