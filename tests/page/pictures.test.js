// Scales of pictures, the map of bits, orders the other way round.

import assert from "node:assert/strict";
import { test } from "node:test";
import { outcomeOf, relations } from "../../harness/report/modules/bits.js";
import { Text, flipped, ordered, sortKeys } from "../../harness/report/modules/rows.js";
import { differences, ratio, ratioColour, spanOf, zipped } from "../../harness/report/modules/scales.js";

test("an order turned round is the order of the other way, ties and what is no number included", () => {
  const from = Uint32Array.from([5, 3, 1, 0, 2, 4, 6]);
  for (const column of [Text.of(["b", "a", "b", "c", "a", "c", "b"]), Float64Array.from([1, NaN, 1, -2, Infinity, NaN, 0])]) {
    const base = column instanceof Text ? from : undefined,
      [up, down] = [false, true].map((way) => ordered(sortKeys(column, way), base));
    assert.deepEqual(flipped(column, up), down);
    assert.deepEqual(flipped(column, down), up);
  }
});

test("a ratio is 1 where both are equal, and none where nothing is expected", () => {
  assert.deepEqual(
    zipped(
      [
        [2, 0],
        [1, -4],
      ],
      [
        [1, 0],
        [0, 2],
      ],
      ratio,
    ),
    [
      [2, 1],
      [NaN, -2],
    ],
  );
  assert.equal(ratio("inf", "inf"), 1);
  assert.equal(ratio("3+4j", 10), 0.5);
});

test("ratios stand on a logarithmic scale, as far below 1 as above", () => {
  const span = spanOf([[0.5, 8, NaN, -3, Infinity]]);
  assert.equal(span, Math.log(8));
  assert.deepEqual(ratioColour(1, span), [255, 255, 255]);
  assert.deepEqual(ratioColour(100, span), ratioColour(8, span));
  assert.notDeepEqual(ratioColour(-1, span), ratioColour(NaN, span));
  assert.deepEqual(ratioColour(1, spanOf([1, 1])), [255, 255, 255]);
});

test("a difference in bounds has the sign of actual minus expected", () => {
  assert.deepEqual(differences([[2, 3]], { actual: [[1, 5]], expected: [[2, 4]] }), [[-2, 3]]);
  assert.deepEqual(differences(["inf", 1], { actual: ["nan", 1], expected: [2, 1] }), ["inf", 1]);
});

const LAWS = { same: "same bits", laws: ["invariance", "repeatable"] };

/** @param {string[][]} lines */
function table(lines) {
  const names = ["op", "case", "candidate", "law", "subject", "scenario", "status"],
    columns = Object.fromEntries(names.map((name, i) => [name, Text.of(lines.map((line) => line[i]))]));
  return { rows: lines.length, columns, facts: { bad: ["deviates"], ledger: "ledger", bits: LAWS } };
}

test("the worst row of a case speaks for a relation; what no row speaks of was not asked", () => {
  const lines = [
    ["f", "f/n:1", "a", "invariance", "output y", "alone", "conforms"],
    ["f", "f/n:1", "a", "invariance", "output z", "alone", "conforms"],
    ["f", "f/n:2", "a", "invariance", "output y", "alone", "conforms"],
    ["f", "f/n:1", "b", "repeatable", "", "", "conforms"],
    ["f", "f/n:1", "b", "repeatable", "output y", "threads", "deviates"],
  ];
  const actual = Text.of(["same bits", "1.5", "same bits", "same bits", "2"]),
    notes = Text.of(["", "", "", JSON.stringify({ same: ["twice"], other: ["after others"] }), ""]),
    found = relations(table(lines), { actual, notes }, lines.keys(), "candidate", "case"),
    [alone, after, threads, twice] = found.relations;
  assert.deepEqual(
    found.relations.map(({ scenario }) => scenario),
    ["alone", "after others", "threads", "twice"],
  );
  assert.deepEqual([alone.alone, twice.alone, threads.alone], [true, false, true]);
  assert.deepEqual(found.of("a", alone), [0, 0, 0, 1, 1, 0, 0]);
  assert.deepEqual(found.of("b", threads), [1, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual(
    [found.of("b", twice), found.of("b", after)],
    [
      [0, 0, 0, 0, 1, 0, 0],
      [0, 0, 1, 0, 0, 0, 0],
    ],
  );
  assert.deepEqual(found.of("b", alone), [0, 0, 0, 0, 0, 0, 0]);
  assert.equal(outcomeOf(table(lines), actual, 4), 0);
});
