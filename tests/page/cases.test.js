import assert from "node:assert/strict";
import { test } from "node:test";
import { ledger } from "../../harness/report/modules/ledger.js";
import { saidOf, tallies } from "../../harness/report/modules/levels.js";
import { casesOf, pairTable } from "../../harness/report/modules/pairs.js";
import { binned, sizeOf } from "../../harness/report/modules/sizes.js";
import { binOf } from "../../harness/report/modules/strips.js";
import { table } from "./tables.js";

test("a case counts once at each level, by its worst row", () => {
  const rows = table(
    { case: "f/n:2" },
    { case: "f/n:2", subject: "output z", status: "deviates" },
    { case: "f/n:3", law: "status", status: "unsupported", message: "declares n:2 only" },
    { case: "f/fill:nan", status: "not believed" },
    { case: "f", law: "gradient", subject: "ledger", status: "fixed" },
  );
  const found = tallies(rows, [0, 1, 2, 3, 4]);
  assert.deepEqual([...found.keys()], ["mine\t0", "mine\t1"]);
  const said = saidOf(found.get("mine\t0"));
  assert.equal(said.state, "wrong");
  assert.equal(said.title, "1 wrong, 0 of 1 right, 1 not offered; most often: declares n:2 only");
  assert.equal(saidOf(found.get("mine\t1")).state, "not-judged");
});

test("pairs of values are counted by their cases, also of one candidate", () => {
  const rows = table(
    { case: "f/n:2/dtype:float16", status: "deviates" },
    { case: "f/n:2/dtype:float16", candidate: "other" },
    { case: "f", candidate: "other" },
  );
  const wrong = (by) => pairTable(casesOf(rows, "f", by), "n", "dtype").get("2\tfloat16").wrong;
  assert.equal(wrong(""), 1);
  assert.equal(wrong("other"), 0);
});

test("margins lie on their side of the bound", () => {
  const edge = binOf(1) + 1;
  assert.equal(binOf(1.0000001), edge);
  assert.equal(binOf(0), 0);
  assert.ok(binOf(Infinity) > edge);
  const { over, cells } = binned([1, 1.0000001].map((margin) => ({ size: 4, margin })));
  assert.equal(over, 1);
  assert.equal(cells.size, 2);
});

test("a size is the product of the sizes that an address says or leaves out", () => {
  const rows = table({ case: "f/n:3" });
  assert.equal(sizeOf(rows, "f/n:3", ["n"]), 3);
  assert.equal(sizeOf(rows, "f/dtype:float16", ["n"]), 1);
});

test("a known entry speaks of what its cases share", () => {
  const { facts } = table({});
  const row = { op: "f", candidate: "mine", law: "agrees", subject: "", scenario: "", status: "deviates" };
  const text = ledger(
    [
      { ...row, case: "f/n:2" },
      { ...row, case: "f/n:3" },
    ],
    facts,
  );
  assert.match(text, /when: "dtype == 'float64'"/);
});
