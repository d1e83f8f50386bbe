import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { PACKED, pattern } from "./small_network.js";

const from = "../../../../excel_export/pages/script/";
const network = await import(`${from}network.js`);
const { readExamples } = await import(`${from}learning.js`);
const { state } = await import(`${from}state.js`);
const { put } = await import(`${from}trail.js`);
const { centred } = await import(`${from}centre.js`);

await network.load(PACKED);
const small = network.model.inputs[0].shape;
const SIDE = 28;

/** A page whose pictures have 28 rows and columns, and so many of ten examples filled as MNIST's are. */
async function mnist(count) {
  ARRAYS.picture = new Float64Array(SIDE * SIDE);
  const box = (top) =>
    Array.from({ length: SIDE * SIDE }, (_, k) => {
      const [row, column] = [Math.floor(k / SIDE), k % SIDE];
      return row >= top && row < top + 20 && column >= 9 && column < 19 ? 1 : 0;
    });
  network.model.inputs[0].shape = [1, 1, SIDE, SIDE];
  const inputs = {
    picture: Array.from({ length: 10 }, (_, k) => box(k < count ? 4 : 0)).flat(),
    label: Array(10).fill(0),
  };
  network.model.examples = { count: 10, unseen: 5, inputs };
  readExamples();
  // What a page has found out of its examples it keeps: each test has a page of its own.
  return import(`${from}painting.js?examples=${count}-${Math.random()}`);
}

/** A small stroke in the corner. */
const stroke = Array.from({ length: SIDE * SIDE }, (_, k) => (Math.floor(k / SIDE) < 10 && k % SIDE === 3 ? 1 : 0));

beforeEach(() => {
  Object.assign(state, { isCentring: true, trail: [] });
});

test("a page centres where nine of ten of its examples are centred, not where fewer are", async () => {
  assert.equal((await mnist(10)).canCentre(), true);
  assert.equal((await mnist(9)).canCentre(), true);
  assert.equal((await mnist(8)).canCentre(), false);
});

test("pictures of another size, and a page without examples, are not centred", async () => {
  const painting = await mnist(10);
  network.model.inputs[0].shape = small;
  assert.equal(painting.canCentre(), false);
  const none = await mnist(10);
  network.model.examples = { count: 0, unseen: 0, inputs: { picture: [], label: [] } };
  readExamples();
  assert.equal(none.canCentre(), false);
});

test("the network gets what was painted, centred, in whole shares of 255", async () => {
  const painting = await mnist(10);
  painting.strokesOf("picture").set(stroke);
  painting.passOn("picture", 1);
  const wanted = centred(stroke);
  ARRAYS.picture.forEach((value, k) => {
    assert.ok(Math.abs(value - wanted[k]) <= 0.5 / 255 + 1e-12);
    assert.ok(Math.abs(value * 255 - Math.round(value * 255)) < 1e-9);
  });
  assert.deepEqual([...painting.strokesOf("picture")], stroke);
  const bright = stroke.map((value) => value * 16);
  painting.strokesOf("picture").set(bright);
  painting.passOn("picture", 16);
  assert.ok(ARRAYS.picture.every((value) => Math.abs((value * 255) / 16 - Math.round((value * 255) / 16)) < 1e-9));
  assert.ok(Math.abs(Math.max(...ARRAYS.picture) - 16 * Math.max(...wanted)) <= 8 / 255);
});

test("switched off, or on another picture, it gets the strokes as they are", async () => {
  const painting = await mnist(10);
  state.isCentring = false;
  painting.strokesOf("picture").set(stroke);
  painting.passOn("picture", 1);
  assert.deepEqual([...ARRAYS.picture], stroke);
  state.isCentring = true;
  painting.strokesOf("weight").set(ARRAYS.weight.map((_, k) => k / 768));
  painting.passOn("weight", 1);
  assert.equal(ARRAYS.weight[767], 767 / 768);
});

test("where the picture was changed otherwise, its strokes are what it shows", async () => {
  const painting = await mnist(10);
  painting.strokesOf("picture").set(stroke);
  painting.passOn("picture", 1);
  put("picture", [...pattern(2), ...Array(SIDE * SIDE - 256).fill(0)]);
  assert.deepEqual([...painting.strokesOf("picture")], [...ARRAYS.picture]);
});
