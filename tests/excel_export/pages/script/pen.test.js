import assert from "node:assert/strict";
import { test } from "node:test";
import { lineOf } from "../../../../excel_export/pages/script/pen.js";

test("a line has no gaps, however fast it was drawn", () => {
  const pixels = new Map(lineOf(28, 28, { row: 2, column: 3 }, { row: 25, column: 20 }));
  for (let row = 3; row < 25; row++) {
    const dark = Array.from({ length: 28 }, (_, column) => pixels.get(row * 28 + column) ?? 0);
    assert.ok(Math.max(...dark) > 0.9, `row ${row}`);
  }
});

test("a line is two to three pixels wide, with soft edges", () => {
  const pixels = new Map(lineOf(28, 28, { row: 14, column: 4 }, { row: 14, column: 24 }));
  const across = Array.from({ length: 28 }, (_, row) => pixels.get(row * 28 + 14) ?? 0);
  const ink = across.reduce((sum, each) => sum + each, 0);
  assert.ok(ink >= 2 && ink < 3, String(ink));
});

test("on a small picture one pixel is one pixel, also on the edge between two", () => {
  assert.deepEqual(lineOf(6, 6, { row: 1.5, column: 3 }, { row: 1.5, column: 3 }).length, 1);
  assert.deepEqual(lineOf(6, 6, { row: 2, column: 1.5 }, { row: 2, column: 1.5 }).length, 1);
  assert.deepEqual(lineOf(6, 6, { row: 2.2, column: 3.7 }, { row: 2.2, column: 3.7 }), [[15, 1]]);
});

test("nothing is painted beside the picture", () => {
  const pixels = lineOf(28, 28, { row: -3, column: -3 }, { row: 31, column: 31 });
  assert.ok(pixels.every(([pixel]) => pixel >= 0 && pixel < 784));
});
