// The atlas: a tile per op, in the order that is asked for; what changed is marked where it is known.

import { byId, query, queryAll } from "./dom.js";
const NEWS = ["new", "regressed", "grew", "reordered", "no longer run", "fixed", "added"];

export class Atlas {
  constructor(app) {
    this.app = app;
    this.node = byId("tiles");
    this.tiles = [...(this.node?.children ?? [])];
    this.order = "news";
    for (const button of queryAll(document, "[data-order]")) button.addEventListener("click", () => this.sort(button.dataset.order));
  }

  // The first change of each op and candidate, by the diff's order.
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

  /** @param {string} order */
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
