// Columns -> the orders of all rows, each made once.

import { Text, flipped, ordered, sortKeys } from "./rows.js";

export class Orders {
  /** @param {Table} table */
  constructor(table) {
    this.table = table;
    this.made = new Map();
  }

  /**
   * All rows as a column sorts them, what is alike by how bad it is; `worst` is that order itself.
   *
   * @param {string} sort
   */
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

  /**
   * Orders that a click is likely to ask for, made while nothing else is to do.
   *
   * @param {any} it
   */
  prepare([sort, ...rest]) {
    (globalThis.requestIdleCallback ?? setTimeout)(() => {
      this.of(sort);
      if (rest.length) this.prepare(rest);
    });
  }
}
