// Pictures of orders of summation: where sums and summands stand, the formula.

import assert from "node:assert/strict";
import { test } from "node:test";
import { notesOf } from "../../harness/report/modules/rows.js";
import { formula, standing, summands } from "../../harness/report/modules/trees.js";

test("a summand stands below the sums that it is part of, in the order of the tree", () => {
  const { across, height, parts } = standing([
    [0, 2],
    [1, 3],
  ]);
  assert.deepEqual([across, height], [1.5, 2]);
  assert.deepEqual(
    parts.flatMap(({ parts: leaves }) => leaves.map((leaf) => [leaf.number, leaf.across, leaf.height])),
    [
      [0, 0, 0],
      [2, 1, 0],
      [1, 2, 0],
      [3, 3, 0],
    ],
  );
});

test("a formula has the parentheses of its sums; several summands may be added at once", () => {
  assert.equal(formula([[0, 1], 2]), "(0 + 1) + 2");
  assert.equal(formula([0, 1, [2, 3]]), "0 + 1 + (2 + 3)");
  assert.equal(formula(7), "7");
  assert.equal(summands([0, 1, [2, 3]]), 4);
});

test("notes that are no lists by name are none", () => {
  assert.deepEqual(notesOf('{"same": ["twice"], "words": "twice"}'), { same: ["twice"] });
  for (const text of ["<b>", "null", "7", "", undefined]) assert.deepEqual(notesOf(text), {});
});
