import assert from "node:assert/strict";
import { test } from "node:test";
import { match } from "../../harness/report/modules/query.js";
import { plain, terms } from "../../harness/report/modules/terms.js";
import { table } from "./tables.js";

const rows = table(
  { case: "f", status: "deviates", margin: 9 },
  { case: "f/n:2", candidate: "other" },
  { case: "f/n:3/dtype:float16", status: "known", margin: 3, known: "1: rounds" },
);
const found = (query) => [...match(rows, query).keys()].filter((row) => match(rows, query)[row]);

test("terms select rows by column, axis, number and state", () => {
  assert.deepEqual(found("candidate:mine"), [0, 2]);
  assert.deepEqual(found("n>=2"), [1, 2]);
  assert.deepEqual(found("n:1"), [0]);
  assert.deepEqual(found("margin>5"), [0]);
  assert.deepEqual(found("is:wrong"), [0, 2]);
  assert.deepEqual(found("is:red"), [0]);
  assert.deepEqual(found("dtype:float16"), [2]);
});

test("terms are combined by or, parentheses and minus", () => {
  assert.deepEqual(found("candidate:other or margin>5"), [0, 1]);
  assert.deepEqual(found("-(candidate:other or margin>5)"), [2]);
  assert.deepEqual(found("candidate:mine -status:known"), [0]);
});

test("what no row has is refused with the nearest", () => {
  assert.throws(() => match(rows, "dtype:fp16"), /did you mean “float16”/);
  assert.throws(() => match(rows, "canddate:mine"), /did you mean “candidate”/);
  assert.throws(() => match(rows, "(n:1"), /not closed/);
});

test("a query of terms side by side can be taken apart", () => {
  assert.equal(plain("op:f n:2"), true);
  assert.equal(plain("op:f or n:2"), false);
  assert.deepEqual(
    terms('op:f message:"a b"').map(({ whole }) => whole),
    ["op:f", 'message:"a b"'],
  );
});
