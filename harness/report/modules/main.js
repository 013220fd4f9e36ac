// The page: state in the fragment, everything else drawn from it.

import { distance, quoted, visible } from "./words.js";
import { byId, el, foreign, say, stored, toast } from "./dom.js";
import { KEY } from "./shared.js";
import { Orders } from "./orders.js";
import { spokenOf, unpack } from "./rows.js";
import { match } from "./query.js";
import { plain, terms } from "./terms.js";
import { drawChanges } from "./news.js";
import { Suggestions } from "./suggest.js";
import { Grid } from "./grid.js";
import { listen } from "./hands.js";
import { take } from "./taking.js";
import { Case } from "./case.js";
import { Causes } from "./causes.js";
import { Atlas } from "./atlas.js";
import { OpPage } from "./op.js";
import { mapOfOps } from "./bits.js";

export class App {
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

  // State <-> fragment. A fragment without "=" is a section's name and changes nothing else.
  state() {
    const hash = location.hash.slice(1);
    return hash.includes("=") ? Object.fromEntries(new URLSearchParams(hash)) : {};
  }

  /** @param {any} state */
  fragment(state) {
    const kept = Object.entries(state).filter(([name, value]) => value || (name === "q" && value === ""));
    return `#${new URLSearchParams(kept)}`;
  }

  /** @param {any} changes @param {any} [how] */
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

  /** @param {number} row */
  linkTo(row) {
    const { q, sort, all, op } = this.state();
    return this.fragment({ q, sort, all, op, ...this.address(row) });
  }

  /** @param {number} row */
  address(row) {
    const { columns } = this.table;
    return {
      ...Object.fromEntries(KEY.map((name) => [name, columns[name].at(row)])),
      again: columns.again[row] ? String(columns.again[row]) : "",
    };
  }

  /**
   * An address leaves out what is empty.
   *
   * @param {any} state
   */
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

  /** @param {number} row */
  isConsequence(row) {
    return this.table.columns.cause?.[row] >= 0;
  }

  /**
   * The rows to show: matching ones in order; a consequence stands behind its cause, or is left out with it.
   *
   * @param {Uint8Array} mask
   * @param {string} sort
   * @param {any} unfold
   */
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

  /** @param {string} field @param {any} value */
  add(field, value) {
    const now = this.query.value.trim(),
      held = now && !plain(now) ? [{ whole: `(${now})` }] : terms(now);
    const others = held.filter((term) => term.field !== field && !(field === "status" && /^(is:red|is:wrong)$/.test(term.whole)));
    this.set({ q: [...others.map(({ whole }) => whole), `${field}:${quoted(value)}`].join(" ") }, "pushState");
  }

  /** @param {string} name */
  sortBy(name) {
    const now = this.state().sort,
      first = ["margin", "ulps"].includes(name) ? "desc" : "asc",
      second = first === "desc" ? "asc" : "desc";
    this.set({
      sort: now === `${name}.${first}` ? `${name}.${second}` : now === `${name}.${second}` ? "" : `${name}.${first}`,
      q: this.query.value,
    });
  }

  /** @param {number} row */
  open(row) {
    this.set({ q: this.query.value, ...this.address(row) }, "pushState");
  }

  closed() {
    if (!this.state().case) return;
    this.set({ q: this.query.value, case: "", candidate: "", law: "", subject: "", scenario: "", again: "" });
    document.body.append(toast());
    if (document.activeElement === document.body) this.grid.node.focus({ preventScroll: true });
  }

  /** @param {any} by */
  step(by) {
    const at = this.pane.row === undefined ? -1 : this.grid.view.indexOf(this.pane.row);
    if (at >= 0) this.grid.current = at;
    const row = this.grid.move(by);
    if (row !== undefined) this.set(this.address(row));
  }

  /** @param {number} row @param {string[]} names */
  rowsWhere(row, names) {
    const { columns, rows } = this.table,
      codes = names.map((name) => columns[name].codes),
      wanted = codes.map((code) => code[row]),
      found = [];
    for (let other = 0; other < rows; other++) if (codes.every((code, i) => code[other] === wanted[i])) found.push(other);
    return found;
  }

  /**
   * Every candidate under the same law of the same subject and scenario; where a law's rows were gathered, the gathered one.
   *
   * @param {number} row
   */
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

  /**
   * The wrong row nearest to this one of which the page holds a script: of the same op, candidate and law.
   *
   * @param {number} row
   */
  nearest(row) {
    const { columns } = this.table,
      held = (other) => this.pane.evidence(other).repro !== undefined;
    const same = this.rowsWhere(row, ["op", "candidate", "law"]).filter((other) => other !== row && held(other));
    const apart = (other) =>
      (spokenOf(columns, other) === spokenOf(columns, row) ? 0 : 1000) + distance(columns.case.at(other), columns.case.at(row));
    return same.map((other) => [apart(other), other]).sort((a, b) => a[0] - b[0])[0]?.[1];
  }

  /** @param {number} row */
  siblings(row) {
    return this.rowsWhere(row, ["case", "candidate"]);
  }

  /** @param {number} row */
  margins(row) {
    return this.rowsWhere(row, ["op", "candidate", "law"]).map((other) => this.table.columns.margin[other]);
  }

  /** @param {string} what */
  take(what) {
    return take(this, what);
  }
}

const theme = stored((store) => store.getItem("theme"));
if (theme) document.documentElement.dataset.theme = theme;

const app = new App(await unpack("rows"));
globalThis.report = app;
document.documentElement.dataset.ready = String(Math.round(performance.now()));
