// One row -> its case: who is wrong, the proof, the pictures, and what to copy.

import { kind, shell } from "./words.js";
import { digits, inHex, short } from "./numbers.js";
import { byId, copy, el, foreign, query, queryAll } from "./dom.js";
import { KEY } from "./shared.js";
import { Text, spokenOf } from "./rows.js";
import { ledger } from "./ledger.js";
import { heatMaps, histogram, scatter } from "./pictures.js";
import { drawn } from "./scales.js";
import { isWrong, issueOf, sentencesOf } from "./saying.js";
import { READ, ordersOf } from "./trees.js";
import { lawsAt, peersAt } from "./peers.js";

export class Case {
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

  /** @param {number} row */
  facts(row) {
    const { table, cold } = this.app,
      fact = /** @type {any} */ ({});
    for (const [name, column] of Object.entries(table.columns)) fact[name] = column instanceof Text ? column.at(row) : column[row];
    for (const [name, column] of Object.entries(cold?.columns ?? {})) fact[name] = column.at(row);
    return /** @type {Fact} */ ({ ...fact, evidence: this.evidence(row) });
  }

  /**
   * What was kept of a row: only wrong ones have some, also where others share their address.
   *
   * @param {number} row
   */
  evidence(row) {
    const { columns } = this.app.table,
      evidence = this.app.cold?.facts.evidence ?? {},
      key = KEY.map((name) => columns[name].at(row)).join("\t");
    return this.wrong({ status: columns.status.at(row) }) && Object.hasOwn(evidence, key) ? evidence[key] : {};
  }

  /** @param {Fact} fact */
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

  /**
   * The script that repeats a row, or the command that writes it where the page does not hold it.
   *
   * @param {Fact} fact
   */
  script(fact) {
    return fact.evidence.repro ?? `${this.command(fact)} --script > repro.py`;
  }

  /** @param {number} row */
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

  /** @param {Fact} fact */
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

  // Where it stands in the list that is shown.
  place() {
    const { view } = this.app.grid,
      at = view.indexOf(this.row);
    return at < 0 ? "" : el("span", { class: "dim nums" }, `${(at + 1).toLocaleString("en")} of ${view.length.toLocaleString("en")}`);
  }

  /**
   * The axes that the id leaves out, at their first values.
   *
   * @param {Fact} fact
   */
  unsaid(fact) {
    const { first } = this.app.table.facts,
      said = Object.hasOwn(first, fact.op) ? Object.entries(first[fact.op]) : [];
    return said
      .filter(([axis]) => !fact.case.includes(`/${axis}:`))
      .map(([axis, value]) => el("span", { class: "part unsaid" }, el("i", {}, axis), " ", String(value)));
  }

  /** @param {{ status: string }} fact */
  wrong(fact) {
    return isWrong(this.app.table, fact);
  }

  /** @param {Fact} fact */
  sentences(fact) {
    return this.row === undefined ? [] : sentencesOf(this.app, this.row, fact);
  }

  /** @param {Fact} fact */
  sentence(fact) {
    return this.sentences(fact).join(" ");
  }

  /**
   * Where the entry of a known deviation says that more is told of it; no script comes of what a spec wrote there.
   *
   * @param {Fact} it
   */
  see({ op, known }) {
    const { sees } = this.app.table.facts,
      see = Object.hasOwn(sees, op) && Object.hasOwn(sees[op], known) && sees[op][known];
    return (
      see &&
      el("p", { class: "source" }, "See ", /^https?:/.test(see) ? el("a", { href: see, rel: "noreferrer" }, foreign(see)) : foreign(see))
    );
  }

  /** @param {Fact} fact */
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

  /** @param {Fact} fact */
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

  /** @param {Fact} fact */
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

  /** @param {Fact} fact */
  orders({ notes }) {
    const drawn = ordersOf(notes);
    return drawn.length ? el("section", {}, el("h3", {}, "Order of summation"), el("p", { class: "dim" }, READ), drawn) : null;
  }

  /**
   * What the page does not hold of this row, and the nearest row of which it holds a script.
   *
   * @param {number} row
   * @param {Fact} them
   */
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

  /** @param {string} title @param {string | undefined} content */
  folded(title, content) {
    return content ? el("details", { class: "script" }, el("summary", {}, title), this.text(title, content)) : "";
  }

  /** @param {string} title @param {string | undefined} content */
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
