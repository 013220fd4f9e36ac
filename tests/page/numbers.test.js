import assert from "node:assert/strict";
import { test } from "node:test";
import { hexadecimal, level, numeric, short } from "../../harness/report/modules/numbers.js";

test("a number is short, and says on which side of 1 it lies", () => {
  const said = [0.5371, 0.99999, 1.0001, 4321, 12345678, 0.00001, 0, Infinity, Number.NaN].map(short);
  assert.deepEqual(said, ["0.537", "<1", ">1", "4,321", "1.2e7", "1.0e-5", "0", "∞", ""]);
});

test("a margin stands on the step of its power", () => {
  assert.deepEqual([0, 1e-3, 1, 1.001, 1e9, Number.NaN].map(level), ["m0", "m1", "m4", "m5", "m8", "none"]);
});

test("text is read as the number it is", () => {
  assert.deepEqual(["inf", "-inf", "1.5", "(3+4j)", "nan"].map(numeric), [Infinity, -Infinity, 1.5, 5, Number.NaN]);
});

test("hexadecimal is as Python writes it", () => {
  assert.deepEqual([0.1, -2, 5e-324, 0].map(hexadecimal), ["0x1.999999999999ap-4", "-0x1p+1", "0x0.0000000000001p-1022", "0x0p+0"]);
});
