// A row -> every candidate at its case, each margin on one scale; every verdict on its candidate there.

import { level, numeric, short } from "./numbers.js";
import { el, foreign } from "./dom.js";
import { counted, kind } from "./words.js";
import { spokenOf } from "./rows.js";

/** @param {App} app @param {number} row @param {Fact} fact */
export function peersAt(app, row, fact) {
  const { columns, facts } = app.table,
    peers = app.peers(row);
  /** @type {{ row?: number, name: string, margin: number, status: string }[]} */
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

/**
 * Every verdict on a row's candidate at its case.
 *
 * @param {App} app
 * @param {number} row
 */
export function lawsAt(app, row) {
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
