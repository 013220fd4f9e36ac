// The page: state in the fragment, everything else drawn from it.

import { counted, csvField, distance, quoted, shell, visible } from "./words.js";
import { byId, copy, el, foreign, goTo, otherTheme, query, save, say, stored, toast } from "./dom.js";
import { KEY } from "./shared.js";
import { Text, ordered, sortKeys, spokenOf, unpack } from "./rows.js";
import { match, plain, terms } from "./query.js";
import { ledger } from "./ledger.js";
import { compareWith, readRun } from "./changes.js";
import { drawChanges } from "./news.js";
import { Suggestions } from "./suggest.js";
import { Grid } from "./grid.js";
import { Case } from "./case.js";
import { Causes } from "./causes.js";
import { Atlas } from "./atlas.js";
import { OpPage } from "./op.js";
import { lawTable } from "./laws.js";

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
];

export class App {
  constructor(table) {
    this.table = table;
    this.orders = new Map();
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
        this.prepare(["margin.desc", "case.asc", "ulps.desc", "candidate.asc", "law.asc", "message.asc"]);
      });
    this.suggestions = new Suggestions(this);
    this.listen();
    this.facets();
    drawChanges(this);
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

  /** @param {string} sort */
  order(sort) {
    if (!this.orders.has(sort)) {
      const [name, way] = sort.split("."),
        { columns, facts, rows } = this.table;
      if (rows === 0) return new Uint32Array(0);
      if (columns[name])
        this.orders.set(
          sort,
          ordered(sortKeys(columns[name], way === "desc"), columns[name] instanceof Text ? this.order("worst") : undefined),
        );
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
        this.orders.set(
          sort,
          ordered(
            Uint32Array.from(columns.status.codes, (code) => ranks[code]),
            ordered(sortKeys(columns.margin, true), telling),
          ),
        );
      }
    }
    return this.orders.get(sort);
  }

  /**
   * Orders that a click is likely to ask for, made while nothing else is to do.
   *
   * @param {any} it
   */
  prepare([sort, ...rest]) {
    (globalThis.requestIdleCallback ?? setTimeout)(() => {
      this.order(sort);
      if (rest.length) this.prepare(rest);
    });
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
      order = this.order(sort),
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
    const matching = this.mask.reduce((total, one) => total + one, 0);
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
  async take(what) {
    await this.coldRows;
    const rows = [];
    for (const row of this.order(this.state().sort ?? "worst")) if (this.mask?.[row]) rows.push(this.pane.facts(row));
    const count = counted(rows.length, "row");
    if (!rows.length) return say("No verdict matches: there is nothing to copy.");
    if (what === "csv" || what === "file") {
      const text = `${[CSV.join(","), ...rows.map((row) => CSV.map((name) => csvField(row[name])).join(","))].join("\n")}\n`;
      return what === "csv" ? copy(text, `${count} as CSV`) : save(text, "verdicts-filtered.csv", "text/csv");
    }
    if (what === "ledger") {
      const wrong = rows.filter((row) => this.pane.wrong(row));
      return wrong.length
        ? copy(ledger(wrong, this.table.facts), `${counted(wrong.length, "wrong row")} as known entries`)
        : say("None of these is wrong: there is nothing to know.");
    }
    const { elsewhere } = this.table.facts;
    const cases = [
      ...new Set(rows.map((row) => `${Object.hasOwn(elsewhere, row.op) ? elsewhere[row.op] : `specs/${row.op}.yaml`}::${row.case}`)),
    ].map(shell);
    return copy(`pytest ${cases.join(" ")}`, `${counted(cases.length, "case")} as a pytest selection`);
  }

  /** @param {File} file */
  async compare(file) {
    try {
      const stream = file.name.endsWith(".gz") ? file.stream().pipeThrough(new DecompressionStream("gzip")) : file.stream();
      compareWith(this.table, readRun(await new Response(stream).text()));
      drawChanges(this);
      this.atlas.draw();
      this.causes.news();
      Object.assign(byId("against"), { hidden: false, textContent: `Against ${file.name}.` });
      this.refresh();
      goTo("changed");
      say(`Compared with ${file.name}`);
    } catch (problem) {
      say(problem instanceof SyntaxError ? "That file cannot be read as verdicts." : /** @type {Error} */ (problem).message);
    }
  }

  listen() {
    addEventListener("hashchange", () => this.follow());
    addEventListener("popstate", () => this.follow());
    this.query.addEventListener("focus", () => {
      if (this.query.value && !this.query.value.endsWith(" ")) this.query.value += " ";
    });
    this.query.addEventListener("blur", () => {
      this.query.value = this.query.value.trimEnd();
    });
    this.query.addEventListener("input", () => {
      history.replaceState(null, "", this.fragment({ ...this.state(), q: this.query.value.trimEnd() }));
      this.refresh();
    });
    byId("unfold").addEventListener("change", (/** @type {any} */ event) =>
      this.set({ q: this.query.value, all: event.target.checked ? "1" : "" }),
    );
    byId("clear").addEventListener("click", () => this.set({ q: "" }));
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
    byId("file").addEventListener("change", (event) => event.target.files[0] && this.compare(event.target.files[0]));
    byId("all-clusters")?.addEventListener("click", (event) => {
      byId("patterns").classList.add("all");
      event.target.remove();
    });
    document.addEventListener("click", (event) => this.clicked(event));
    addEventListener("keydown", (event) => this.pressed(event));
    for (const name of ["dragover", "dragleave", "drop"]) addEventListener(name, (event) => this.dragged(event, name));
  }

  /** @param {any} event */
  clicked(event) {
    const button = event.target.closest("[data-take], [data-copy], [data-script], [data-close], .fold"),
      link = event.target.closest('a[href^="#"]');
    if (button?.dataset.take) this.take(button.dataset.take);
    else if (button?.dataset.copy) copy(button.dataset.copy, "command", button);
    else if (button?.dataset.script)
      this.coldRows.then(() => {
        const fact = this.pane.facts(this.find(Object.fromEntries(new URLSearchParams(button.dataset.script.slice(1)))));
        copy(this.pane.script(fact), "repro script", button);
      });
    else if (button && "close" in button.dataset) button.closest("dialog").close();
    else if (button?.classList.contains("fold")) this.fold(button);
    else if (link?.dataset.section) {
      event.preventDefault();
      if (byId(link.dataset.section).checkVisibility?.() === false) this.ops.leave();
      goTo(link.dataset.section);
      (link.classList.contains("skip") ? this.grid.node : byId(link.dataset.section)).focus({ preventScroll: true });
    } else if (link && new URLSearchParams(link.hash.slice(1)).has("q") && !link.hash.includes("case=")) goTo("verdicts");
  }

  /** @param {any} event */
  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, select, textarea")) {
      const leaves = event.key === "Escape" || (event.target === this.query && ["Enter", "ArrowDown"].includes(event.key));
      if (leaves) {
        event.preventDefault();
        this.grid.node.focus();
      }
      return;
    }
    const box = byId("language");
    if (event.key === "Escape" && !box.hidden) byId("help").click();
    const inCase = this.pane.node.open,
      walk = inCase ? (by) => this.step(by) : (by) => this.grid.move(by),
      onGrid = event.target === this.grid.node,
      opening = onGrid || event.target === document.body;
    const copyOf = (text, name) => {
      const row = inCase ? this.pane.row : this.grid.view[this.grid.current];
      if (row !== undefined) this.coldRows.then(() => copy(text(this.pane.facts(row)), name));
    };
    const keys = {
      "/": () => {
        goTo("verdicts");
        this.query.focus();
        this.query.select();
      },
      j: () => walk(1),
      k: () => walk(-1),
      t: otherTheme,
      "?": () => byId("keyboard").showModal(),
      c: () => copyOf((fact) => this.pane.command(fact), "command"),
      r: () => copyOf((fact) => this.pane.script(fact), "repro script"),
      ...(onGrid && { ArrowDown: () => walk(1), ArrowUp: () => walk(-1) }),
      ...(opening && { Enter: () => this.grid.view.length && this.open(this.grid.view[this.grid.current]) }),
    };
    if (!Object.hasOwn(keys, event.key) || query(document, "#keyboard[open], #glossary[open]")) return;
    event.preventDefault();
    keys[event.key]();
  }

  /** @param {any} event @param {string} name */
  dragged(event, name) {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
    event.preventDefault();
    byId("drop").hidden = name !== "dragover";
    if (name === "drop" && event.dataTransfer.files[0]) this.compare(event.dataTransfer.files[0]);
  }

  /**
   * An op's row of the matrix, folded out: law, subject, scenario x candidate.
   *
   * @param {any} button
   */
  fold(button) {
    const line = button.closest("tr"),
      open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    if (open) {
      line.nextElementSibling.remove();
      return;
    }
    line.after(el("tr", { class: "laws" }, el("td", { colspan: line.children.length }, lawTable(this, button.dataset.op))));
  }
}

const theme = stored((store) => store.getItem("theme"));
if (theme) document.documentElement.dataset.theme = theme;

const app = new App(await unpack("rows"));
globalThis.report = app;
document.documentElement.dataset.ready = String(Math.round(performance.now()));
