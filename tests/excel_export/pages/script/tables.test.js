import assert from "node:assert/strict";
import { test } from "node:test";
import { colours, PACKED, textOf } from "./small_network.js";

const from = "../../../../excel_export/pages/script/";
const network = await import(`${from}network.js`);
const tables = await import(`${from}tables.js`);
const { sumsOf } = await import(`${from}elements.js`);
const { state } = await import(`${from}state.js`);
const words = await import(`${from}words.js`);
const pinned = await import(`${from}pinned.js`);

await network.load(PACKED);
await colours();

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

/** The rows of a table, each with its cells. @param {unknown} template @param {RegExp} cell */
const cellsOf = (template, cell) =>
  textOf(template)
    .split("<tr>")
    .slice(1)
    .map((row) => [...row.matchAll(cell)].map(([, key]) => key));
const NUMBER = /data-number="picture\.(\d+)/g;
const TERM = /<td(?: data-term=picture\.(\d+)|>)/g;
/** Products of pixels, by their places. @param {number[]} places */
const pixels = (places) => places.map((place) => ({ ...term(1, 0), cell: { array: "picture", place, value: 1 } }));

test("around a number are those around it; at a side the window stays inside", () => {
  const shown = (place, reach = { rows: 1, columns: 2 }) =>
    cellsOf(tables.windowTable("picture", place, reach), NUMBER).map((row) => row.map(Number));
  const around = (top, left) => [0, 1, 2].map((row) => [0, 1, 2, 3, 4].map((k) => (top + row) * 16 + left + k));
  assert.deepEqual(shown(5 * 16 + 7), around(4, 5));
  assert.deepEqual(shown(0), around(0, 0));
  assert.deepEqual(shown(255), around(13, 11));
  assert.equal(shown(40, { rows: 99, columns: 99 }).flat().length, 256);
  const middle = textOf(tables.windowTable("picture", 87, { rows: 1, columns: 2 }));
  assert.deepEqual(
    [...middle.matchAll(/class="centre"[^>]*picture\.(\d+)"/g)].map(([, k]) => k),
    ["87"],
  );
  assert.deepEqual(cellsOf(tables.windowTable("loss", 0, { rows: 1, columns: 1 }), /loss\.(\d)/g), [["0"]]);
});

test("products lie as what they read lies, with gaps where nothing is read", () => {
  const rows = (places) => cellsOf(tables.productsCard(account(pixels(places), [])), TERM);
  assert.deepEqual(rows([18, 1, 17]), [
    ["1", undefined],
    ["17", "18"],
  ]);
  assert.equal(rows(Array.from({ length: 60 }, (_, k) => (k % 12) * 16 + Math.floor(k / 12))).length, 12);
  const spread = rows(Array.from({ length: 8 }, (_, k) => k * 17));
  assert.deepEqual(
    spread.map((row) => row.length),
    [5, 3],
  );
  assert.deepEqual(
    rows(Array.from({ length: 7 }, (_, k) => k)).map((row) => row.length),
    [7],
  );
  assert.deepEqual(
    rows(Array.from({ length: 13 }, (_, k) => 16 * k)).map((row) => row.length),
    [5, 5, 3],
  );
  assert.deepEqual(
    rows([3, 3]).map((row) => row.length),
    [2],
  );
});

test("where many are read at one place, the other side says how they lie", () => {
  const terms = [0, 1, 256, 257].map((place) => ({
    ...term(1, 0),
    cell: { array: "picture", place: 9, value: 1 },
    factor: { array: "weight", place, value: 1 },
  }));
  assert.deepEqual(cellsOf(tables.productsCard(account(terms, [])), /data-term=picture\.9 weight\.(\d+)/g), [
    ["0", "1"],
    ["256", "257"],
  ]);
});

test("of many products so many are shown, and the others are counted", () => {
  const places = Array.from({ length: 60 }, (_, k) => Math.floor(k / 6) * 16 + (k % 6));
  const card = tables.productsCard(account(pixels(places), []));
  const found = cellsOf(card, TERM).flat().filter(Boolean);
  assert.deepEqual([found.length, found[0]], [49, "0"]);
  assert.match(textOf(card), /11 more/);
  assert.doesNotMatch(textOf(tables.productsCard(account(pixels(places.slice(0, 49)), []))), / more/);
});

test("where groups are shown, it is groups that are counted", () => {
  const places = Array.from({ length: 60 }, (_, k) => k);
  assert.doesNotMatch(textOf(tables.productsCard(account(pixels(places), ["a", "b"]))), / more/);
});

test("of many groups eight are shown, the open one among them", () => {
  const labels = Array.from({ length: 12 }, (_, k) => `g${k}`);
  const terms = labels.map((_, k) => term(k === 9 ? -5 : 1, k));
  const names = () =>
    [...textOf(tables.productsCard(account(terms, labels))).matchAll(/>(g\d+)</g)].map(([, name]) => name);
  assert.deepEqual(names(), labels.slice(4));
  for (const [open, from] of [
    [0, 0],
    [3, 0],
    [4, 1],
    [7, 4],
    [11, 4],
  ]) {
    state.group = open;
    assert.deepEqual(names(), labels.slice(from, from + 8), String(open));
  }
  state.group = null;
  const few = textOf(tables.productsCard(account(three.terms, three.labels)));
  assert.deepEqual(
    [...few.matchAll(/aria-pressed=(\w+)/g)].map(([, is]) => is),
    ["false", "true", "false"],
  );
  assert.match(few, />−9</);
});

test("what is read stands in the grids of its tensor: two at most", () => {
  const read = (array, places, side = 5) =>
    [...textOf(tables.readTable(array, places, "", side)).matchAll(/<table>(.*?)<\/table>/gs)].map(([, table]) =>
      [...table.matchAll(/read[^"]*" data-number="\w+\.(\d+)/g)].map(([, place]) => Number(place)),
    );
  assert.deepEqual(read("picture", [17, 2, 1, 17, 18]), [[1, 2, 17, 18]]);
  assert.deepEqual(read("picture", [0, 1, 2, 3, 4, 5, 6], 3), [[0, 1, 2]]);
  assert.deepEqual(read("picture", [0, 16, 32, 48, 64, 80]), [[0, 16, 32, 48, 64]]);
  network.model.tensors.cube = { name: "cube", shape: [3, 8, 8], isGradient: false, isParameter: false };
  ARRAYS.cube = new Float64Array(192);
  assert.deepEqual(read("cube", [1, 64, 129]), [[1], [64]]);
  const whole = Array.from({ length: 25 }, (_, k) => Math.floor(k / 5) * 8 + (k % 5));
  assert.deepEqual(
    read("cube", [...whole, ...whole.map((k) => k + 64)]).map((each) => each.length),
    [25],
  );
  assert.deepEqual(
    read("cube", [...whole, ...whole.slice(1).map((k) => k + 64)]).map((each) => each.length),
    [25, 24],
  );
  assert.match(textOf(tables.readTable("picture", [0, 1, 2, 3], "", 3)), /1 more/);
});

test("a group that two open equally is the first", () => {
  assert.equal(tables.openGroup(account([term(2, 0), term(-2, 1)], ["a", "b"])), 0);
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
