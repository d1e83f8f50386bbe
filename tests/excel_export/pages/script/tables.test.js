import assert from "node:assert/strict";
import { test } from "node:test";
import { PACKED } from "./small_network.js";

const from = "../../../../excel_export/pages/script/";
const network = await import(`${from}network.js`);
const tables = await import(`${from}tables.js`);
const { sumsOf } = await import(`${from}elements.js`);
const { state } = await import(`${from}state.js`);
const words = await import(`${from}words.js`);
const pinned = await import(`${from}pinned.js`);

await network.load(PACKED);

const term = (product, group) => ({
  cell: { array: "picture", place: 0, value: product },
  factor: null,
  counts: null,
  group,
  product,
});
const account = (terms, labels) => ({ terms, labels, alone: null, asides: [], spelled: [], bare: [] });
const three = account([term(1, 0), term(2, 0), term(-9, 1), term(4, 2), term(-3, 2)], ["a", "b", "c"]);

test("a group's sum is that of its terms", () => {
  assert.deepEqual(sumsOf(three), [3, -9, 1]);
});

test("the group that adds most is open, above 0 or below, unless another is chosen", () => {
  assert.equal(tables.openGroup(three), 1);
  state.group = 2;
  assert.equal(tables.openGroup(three), 2);
  state.group = 3;
  assert.equal(tables.openGroup(three), 1);
  state.group = 0;
  assert.equal(tables.openGroup(three), 0);
  state.group = null;
  assert.equal(tables.openGroup(account(three.terms, ["a"])), null);
  assert.equal(tables.openGroup(null), null);
});

test("products have a card where there are several", () => {
  const product = { ...term(2, 0), factor: { value: 3 } };
  assert.equal(tables.hasProducts(account([product, product], [])), true);
  assert.equal(tables.hasProducts(account([product, term(1, 0)], [])), false);
  assert.equal(tables.hasProducts({ ...account([product, product], []), spelled: ["x"] }), false);
  assert.equal(tables.hasProducts(null), false);
});

test("a product is named by the numbers that it meets", () => {
  const both = { ...term(2, 0), factor: { array: "weight", place: 7, value: 1 } };
  assert.equal(tables.keysOf(both), "picture.0 weight.7");
  assert.equal(tables.keysOf({ ...both, factor: { value: 2 } }), "picture.0");
});

test("a number in a field has seven digits at most", () => {
  assert.equal(pinned.typed(0.12345678901), "0.1234568");
  assert.equal(pinned.typed(3), "3");
});

test("a typed number counts, and nothing does that is none", () => {
  const typed = [];
  for (const valueAsNumber of [2.5, Number.NaN, Number.POSITIVE_INFINITY, 0])
    pinned.whenTyped({ currentTarget: { valueAsNumber } }, (number) => typed.push(number));
  assert.deepEqual(typed, [2.5, 0]);
});

for (const [number, written] of [
  [0, "0"],
  [-1.5, "−1.50"],
  [0.4994, "0.499"],
  [12345, "12345"],
  [0.00001234, "0.000012"],
  [-3.2e-7, "−3.2·10⁻⁷"],
  [Number.NaN, "–"],
  [Number.NEGATIVE_INFINITY, "−∞"],
])
  test(`${number} is written as at school`, () => {
    network.model.words.en.decimal = ".";
    assert.equal(words.plain(number).replace(",", ""), written);
  });

test("an index and its number lead to each other", () => {
  const shape = [2, 3, 4];
  for (let number = 0; number < 24; number++) assert.equal(words.numberOf(shape, words.indexOf(shape, number)), number);
  assert.deepEqual(words.indexOf(shape, 23), [1, 2, 3]);
  assert.deepEqual(words.indexOf([], 0), []);
  assert.equal(words.shortIndex("scores", 2), " (2)");
  assert.equal(words.shortIndex("loss", 0), "");
});

test("words that another language lacks stand there in English, and blanks are filled", () => {
  state.language = "de";
  assert.equal(words.say("sent-digit", { truth: 7 }), "7");
  assert.equal(words.say("no-such-words"), "no-such-words");
  assert.equal(words.say("sent-digit"), "");
  state.language = "en";
});
