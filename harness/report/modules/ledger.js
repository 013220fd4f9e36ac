// Rows -> entries for a spec's `known:`.

import { counted } from "./words.js";

/**
 * Rows -> entries for a spec's `known:`; one per candidate, law, subject, scenario and status, with what their cases share, also at
 * first values: an entry speaks of no case beyond those it was seen at. Its reason is for its author to write.
 * @param {Fact[]} rows
 * @param {Pick<Facts, "first" | "axes">} facts
 */
export function ledger(rows, { first, axes }) {
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

/** @param {string} text */
export function quotedWord(text) {
  return `'${String(text).replaceAll("'", "\\'")}'`;
}

/**
 * What an id writes -> the value as `when:` writes it.
 * @param {string} text
 */
export function literal(text) {
  const words = { none: "None", true: "True", false: "False", empty: "()" };
  if (Object.hasOwn(words, text)) return words[text];
  if (/^[-\dx+]*\+[-\dx+]*$/.test(text)) return tuple(text.split("+"));
  if (/^-?\d+(x-?\d+)*x?$/.test(text) && text.includes("x")) return tuple(text.split("x"));
  return text !== "" && !Number.isNaN(Number(text)) ? text : quotedWord(text);
}

/** @param {any} parts */
export function tuple(parts) {
  const values = parts.filter(Boolean).map(literal);
  return `(${values.join(", ")}${values.length === 1 ? "," : ""})`;
}
