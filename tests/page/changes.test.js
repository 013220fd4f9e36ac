import assert from "node:assert/strict";
import { test } from "node:test";
import { compareWith, readRun } from "../../harness/report/modules/changes.js";
import { table } from "./tables.js";

test("a CSV is read with its quotes and line ends", () => {
  const text = 'op,case,candidate,law,subject,scenario,status,margin,message\r\nf,f,mine,agrees,y,,deviates,3,"a ""b"",\n c"\r\n';
  assert.equal(readRun(text)[0].message, 'a "b",\n c');
  assert.throws(() => readRun("a,b\n1,2\n"), /no table of verdicts/);
});

test("two runs are compared row by row", () => {
  const now = table(
    { case: "f/n:1", status: "deviates", margin: 9 },
    { case: "f/n:2", margin: 0.4 },
    { case: "f/n:3", status: "known", margin: 3 },
  );
  const row = { op: "f", candidate: "mine", law: "agrees", subject: "output y", scenario: "" };
  compareWith(now, [
    { ...row, case: "f/n:1", status: "conforms", margin: "0.5" },
    { ...row, case: "f/n:2", status: "conforms", margin: "0.1" },
    { ...row, case: "f/n:9", status: "conforms", margin: "0.1" },
  ]);
  const kinds = [0, 1, 2].map((at) => now.columns.change.at(at));
  assert.deepEqual(kinds, ["regressed", "grew", "added"]);
  assert.equal(now.facts.gone_count, 1);
});
