import assert from "node:assert/strict";
import { test } from "node:test";
import { chance, shuffled } from "../../../../excel_export/pages/script/chance.js";

test("chance is the same for a seed, and even", () => {
  const [one, other] = [chance(7), chance(7)];
  const numbers = Array.from({ length: 10000 }, one);
  assert.deepEqual(numbers.slice(0, 50), Array.from({ length: 50 }, other));
  assert.ok(numbers.every((number) => number >= 0 && number < 1));
  assert.ok(Math.abs(numbers.reduce((sum, each) => sum + each, 0) / 10000 - 0.5) < 0.01);
});

test("an order by chance has every number once, and is another one each time round", () => {
  const orders = [0, 1, 2].map((seed) => [...shuffled(70, seed)]);
  for (const order of orders)
    assert.deepEqual(
      [...order].sort((a, b) => a - b),
      Array.from({ length: 70 }, (_, k) => k),
    );
  assert.notDeepEqual(orders[0], orders[1]);
  assert.deepEqual(orders[2], [...shuffled(70, 2)]);
});

test("links that were sent keep their meaning: the numbers of a seed never change", () => {
  const random = chance(7);
  const found = [random(), random(), random()];
  assert.deepEqual(found, [0.011704753153026104, 0.06195825757458806, 0.97690763277933]);
  assert.deepEqual([...shuffled(10, 0)], [7, 8, 3, 2, 1, 5, 9, 4, 0, 6]);
});
