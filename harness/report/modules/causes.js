// Cards of causes -> scripts, links, and a text for a colleague that needs nothing else.

import { copy, query, queryAll, save, say } from "./dom.js";
import { colleaguePage, markdownOf, partsOf } from "./colleague.js";
import { ledger } from "./ledger.js";
import { issueOf, sentencesOf } from "./saying.js";
import { thumbnails } from "./pictures.js";
import { drawn } from "./scales.js";

export class Causes {
  constructor(app) {
    this.app = app;
    this.cards = app.table.facts.causes ?? [];
    this.nodes = [...queryAll(document, "#causes [data-cause]")];
    this.nodes.forEach((node) => this.serve(node));
  }

  pictures() {
    this.nodes.forEach((node) => this.draw(node));
  }

  /** @param {any} node */
  serve(node) {
    for (const button of queryAll(node, "[data-kind]"))
      button.addEventListener("click", () => this.take(Number(node.dataset.cause), button.dataset.kind, button));
  }

  /**
   * Copies of the cards of an op, for its page.
   *
   * @param {string} op
   */
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

  /**
   * The pictures of its example, which are not copied with a card.
   *
   * @param {any} node
   */
  draw(node) {
    const fact = this.fact(this.cards[Number(node.dataset.cause)]),
      place = query(node, ".thumbs");
    if (!fact || !this.app.cold) return;
    place.replaceChildren(...thumbnails(drawn(fact)));
    if (!fact.evidence.repro) query(node, "[data-kind=script]").textContent = "Copy command that writes the script";
  }

  // What the baseline says of each card's rows: what came since, and what was there.
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

  /**
   * What is known of the row of its example; undefined where the run has no such row.
   *
   * @param {Card} card
   */
  fact(card) {
    const row = this.app.find({ ...card.example, candidate: card.candidate });
    return row === undefined ? undefined : this.app.pane.facts(row);
  }

  /** @param {number} number @param {string} what @param {any} button */
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

  /** @param {number} number */
  rows(number) {
    const { columns, rows } = this.app.table,
      found = [];
    for (let row = 0; row < rows; row++) if (columns.of[row] === number + 1) found.push(row);
    return found;
  }
}
