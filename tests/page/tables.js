// Small tables as a page unpacks them, for unit tests.

import { Text } from "../../harness/report/modules/rows.js";

const NUMBERS = ["margin", "ulps", "seconds"];

const BESIDE = { subject: "output y", scenario: "", status: "conforms", grade: "", blame: "", message: "", known: "", margin: 0.25 };

const FACTS = {
  bad: ["crashed", "deviates", "fails", "timed out"],
  red: ["crashed", "deviates", "fails", "timed out", "fixed"],
  signs: { conforms: "✓", deviates: "✗", known: "◆", unsupported: "○", "not believed": "≈" },
  kinds: ["new", "regressed", "grew", "no longer run", "fixed", "added"],
  severity: { crashed: 5, "timed out": 4, fails: 3, deviates: 2, known: 1, conforms: 0, fixed: 0 },
  growth: 4,
  ledger: "ledger",
  most_values: 60,
  renamed: {},
  first: { f: { n: "1", dtype: "float64" } },
  axes: { n: ["1", "2", "3"], dtype: ["float16", "float32", "float64"] },
  levels: {
    words: ["values", "special values", "gradients", "refusals"],
    special: ["nan"],
    of_law: { gradient: 2 },
    states: { deviates: 4, known: 3, conforms: 2, fixed: 2, unsupported: 1 },
  },
};

// A table of rows that say only what differs from a right value of `mine` in `f`.
export function table(...rows) {
  const whole = rows.map((row) => ({ op: "f", case: "f", candidate: "mine", law: "agrees", ...BESIDE, ulps: 1, seconds: 0.5, ...row }));
  const columns = Object.fromEntries(
    Object.keys(whole[0]).map((name) => {
      const values = whole.map((row) => row[name]);
      return [name, NUMBERS.includes(name) ? Float64Array.from(values) : Text.of(values)];
    }),
  );
  return { rows: rows.length, columns, facts: structuredClone(FACTS) };
}
