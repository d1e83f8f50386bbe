import assert from "node:assert/strict";
import { test } from "node:test";
import { centred, isCentred, SIDE } from "../../../../excel_export/pages/script/centre.js";

/** A filled box of pixels of 255. */
const box = (top, left, height, width) =>
  Float64Array.from({ length: SIDE * SIDE }, (_, k) => {
    const [row, column] = [Math.floor(k / SIDE), k % SIDE];
    return row >= top && row < top + height && column >= left && column < left + width ? 255 : 0;
  });

const rows = (pixels) =>
  Array.from({ length: SIDE }, (_, row) => Math.max(...pixels.slice(row * SIDE, (row + 1) * SIDE)));

test("what is small and in a corner becomes twenty pixels high, in the middle", () => {
  const made = centred(box(1, 2, 5, 3));
  const high = rows(made).map((most) => most > 127);
  assert.equal(high.indexOf(true), 4);
  assert.equal(high.lastIndexOf(true), 23);
  const mass = made.reduce((sum, value) => sum + value, 0);
  const across = made.reduce((sum, value, k) => sum + value * ((k % SIDE) + 0.5), 0) / mass;
  assert.ok(Math.abs(across - 14) < 0.05, String(across));
  assert.ok(Math.abs(mass / 255 - 20 * 12) < 12, String(mass / 255));
});

test("what is large shrinks, and a thin stroke does not vanish", () => {
  const made = centred(box(0, 13, 28, 1));
  assert.equal(rows(made).filter((most) => most > 60).length, 20);
});

test("what is centred already stays as it is", () => {
  const before = box(4, 9, 20, 10);
  assert.deepEqual(centred(before).map(Math.round), before);
});

test("an empty picture stays empty", () => {
  assert.ok(centred(box(0, 0, 0, 0)).every((value) => value === 0));
  assert.ok(!isCentred(box(0, 0, 0, 0)));
});

test("a soft edge is no part of the box", () => {
  const soft = box(4, 9, 20, 10).map((value, k) => (value ? value : k % SIDE === 25 ? 20 : 0));
  assert.ok(isCentred(soft));
});

test("a picture is not centred where it is small, large or at the side", () => {
  assert.ok(isCentred(box(4, 9, 20, 10)));
  assert.ok(isCentred(box(5, 9, 20, 10)));
  for (const other of [box(6, 9, 20, 10), box(4, 11, 20, 10), box(9, 10, 10, 8), box(0, 0, 28, 28)])
    assert.ok(!isCentred(other));
});
