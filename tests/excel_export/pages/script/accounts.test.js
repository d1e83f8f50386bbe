import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { colours, PACKED, PIXELS, textOf } from "./small_network.js";

const from = "../../../../excel_export/pages/script/";
const network = await import(`${from}network.js`);
const elements = await import(`${from}elements.js`);
const slopes = await import(`${from}slopes.js`);
const { arrowsOf } = await import(`${from}operands.js`);
const { arithmetic } = await import(`${from}arithmetic.js`);
const { products } = await import(`${from}products.js`);
const { state } = await import(`${from}state.js`);
const { restore, change } = await import(`${from}trail.js`);

await network.load(PACKED);
await colours();
const [score, scoreBack, pixelBack] = ["scores", "grad.scores", "grad.picture"].map((made) =>
  network.model.views.find((view) => view.made === made),
);
const close = (one, other) => assert.ok(Math.abs(one - other) < 1e-12, `${one} is not ${other}`);
/** The element of a view made of these places of the picture and a source or two. */
const viewOf = (group) => ({ ...score, groups: [{ ...score.groups[0], ...group }], group: [0], row: [0] });

beforeEach(() => {
  restore();
  change("label", 0, 2);
  state.step = 2;
});

test("a score is made of every pixel and the weight that it meets, in two halves", () => {
  const account = elements.accountOf(score, 1);
  assert.equal(account.terms.length, PIXELS);
  const [first, last] = [account.terms[0], account.terms[PIXELS - 1]];
  assert.deepEqual([first.cell.place, first.factor.place, first.group], [0, PIXELS, 0]);
  assert.deepEqual([last.cell.place, last.factor.place, last.group], [PIXELS - 1, 2 * PIXELS - 1, 1]);
  assert.deepEqual([account.terms[127].group, account.terms[128].group], [0, 1]);
  close(account.terms[64].product, 1 / 16);
  close(elements.shareOf(score, account), ARRAYS.scores[1]);
  assert.deepEqual(account.labels, ["top", "bottom"]);
  assert.deepEqual(elements.sumsOf(account), [2, 0]);
});

test("an element that is not taken apart has no account", () => {
  assert.equal(elements.accountOf({ ...score, group: [-1] }, 0), null);
  assert.deepEqual(elements.readBy(null), []);
});

test("what is alone counts, what stands aside is only looked at", () => {
  const account = elements.accountOf(
    viewOf({
      terms: [[1, "picture", null, null]],
      alone: "weight",
      asides: ["label"],
      first: [64, 0, 0],
      which: [0, 0, 0],
      of: [],
      labels: [],
    }),
    0,
  );
  assert.deepEqual([account.terms[0].factor, account.terms[0].product, account.terms[0].group], [null, 1, 0]);
  close(elements.shareOf(score, account), 1 + ARRAYS.weight[0]);
  assert.deepEqual(
    elements.readBy(account).map(({ array, place }) => `${array}.${place}`),
    ["picture.64", "weight.0", "label.0"],
  );
});

test("a term counts where its condition holds, and a source may name a number or be one", () => {
  const before = [...SOURCES];
  SOURCES.push(
    [1, (places, at) => places[at] === 64],
    [2, (places, at) => ["weight", places[at] + places[at + 1]]],
    [0, () => 0.25],
  );
  const group = { terms: [[2, "picture", 2, 1]], which: Array(8).fill(0), of: [], labels: [] };
  const account = elements.accountOf(viewOf({ ...group, first: [64, 1, 2, 64, 65, 1, 2, 65] }), 0);
  assert.equal(account.terms.length, 1);
  assert.deepEqual(account.terms[0].factor, { array: "weight", place: 3, value: ARRAYS.weight[3] });
  assert.deepEqual(account.terms[0].counts, { value: 1 });
  const alone = elements.accountOf(viewOf({ terms: [], alone: 3, first: [], which: [], labels: [] }), 0).alone;
  assert.deepEqual(alone, { value: 0.25 });
  SOURCES.splice(0, SOURCES.length, ...before);
});

test("a formula alone has no share forward; on the way back it is what arrives, times its slope", () => {
  const account = elements.accountOf(scoreBack, 2);
  close(elements.shareOf(scoreBack, account), ARRAYS["grad.scores"][2]);
  assert.equal(elements.shareOf({ ...scoreBack, companion: null }, account), null);
});

test("a number's readers are the elements that are made with it", () => {
  assert.deepEqual(elements.readersOf(score, "picture", 5), [0, 1, 2]);
  assert.deepEqual(elements.readersOf(score, "weight", PIXELS + 5), [1]);
  assert.deepEqual(elements.readersOf(score, "label", 0), []);
});

test("a gradient adds up what arrives, each times the weight that it meets", () => {
  const edges = slopes.edgesOf("grad.picture", 64);
  assert.deepEqual(
    edges.map(({ gradient, place }) => [gradient, place]),
    [0, 1, 2].map((place) => ["grad.scores", place]),
  );
  edges.forEach(({ arriving, slope, product }, k) => {
    close(arriving, ARRAYS["grad.scores"][k]);
    close(slope, ARRAYS.weight[k * PIXELS + 64]);
    close(product, arriving * slope);
  });
  assert.equal(slopes.edgesOf("grad.picture", 64).length, 3);
  assert.deepEqual(slopes.edgesOf("grad.weight", 0), []);
});

test("where one part of a gradient is not taken apart, no edge of it is told", () => {
  const before = pixelBack.group;
  pixelBack.group = before.map(() => -1);
  assert.equal(slopes.edgesOf("grad.picture", 64), null);
  assert.equal(slopes.countWays("grad.picture", 64), null);
  const [only] = slopes.wayFrom("picture", 64);
  assert.deepEqual([only.taken, only.isEnd], [null, false]);
  assert.deepEqual(slopes.productOf([only]).slopes, [ARRAYS["grad.picture"][64]]);
  pixelBack.group = before;
});

test("a way takes the largest, or the branch that was chosen, to the loss", () => {
  const way = slopes.wayFrom("picture", 64);
  assert.deepEqual(
    way.map(({ array, place, isEnd }) => [array, place, isEnd]),
    [
      ["picture", 64, false],
      ["scores", 1, false],
      ["loss", 0, true],
    ],
  );
  const other = slopes.wayFrom("picture", 64, new Map([[0, 2]]));
  assert.equal(other[1].place, 2);
  close(other[0].taken.product, 0);
  assert.equal(slopes.wayFrom("picture", 64, new Map([[0, 9]]))[1].place, 1);
  assert.equal(slopes.wayFrom("picture", 64, new Map([[1, 2]]))[1].place, 1);
});

test("the product of a way's slopes is its share of the gradient", () => {
  const { slopes: each, product } = slopes.productOf(slopes.wayFrom("picture", 64));
  assert.equal(each.length, 2);
  close(product, ARRAYS["grad.picture"][64]);
  const [first] = slopes.wayFrom("picture", 64);
  close(slopes.productOf([first]).product, ARRAYS["grad.picture"][64]);
});

test("of two alike the first is taken, and the sign does not count", () => {
  ARRAYS.weight.fill(0);
  ARRAYS.weight[64] = 1;
  ARRAYS.weight[2 * PIXELS + 64] = -1;
  ARRAYS["grad.scores"].set([0.5, 0, 0.5]);
  assert.equal(slopes.wayFrom("picture", 64)[1].place, 0);
  ARRAYS["grad.scores"].set([0.5, 0, -0.75]);
  assert.equal(slopes.wayFrom("picture", 64)[1].place, 2);
});

test("ways with a slope of 0 are none", () => {
  assert.equal(slopes.countWays("grad.picture", 64), 1);
  assert.equal(slopes.countWays("grad.picture", 0), 0);
  ARRAYS.weight.fill(1);
  assert.equal(slopes.countWays("grad.picture", 0), 3);
  assert.equal(slopes.countWays("grad.loss", 0), 1);
  assert.equal(slopes.countWays("grad.weight", 0), null);
});

test("few numbers are boxes with arrows, many are none", () => {
  assert.deepEqual(arrowsOf(scoreBack, 1, elements.accountOf(scoreBack, 1)), [
    { from: { array: "scores", place: 1 }, to: { array: "loss", place: 0 }, slope: ARRAYS["grad.scores"][1] },
  ]);
  assert.equal(arrowsOf(score, 1, elements.accountOf(score, 1)), null);
  assert.equal(arrowsOf(scoreBack, 1, null), null);
  assert.equal(arrowsOf({ ...scoreBack, isGiven: true }, 1, elements.accountOf(scoreBack, 1)), null);
});

test("a line of arithmetic says what it leaves out, and what that comes to", () => {
  ARRAYS.weight.fill(0.5);
  ARRAYS.picture.fill(0);
  ARRAYS.picture.fill(1, 0, 12);
  const line = (made = score, labels = []) => textOf(arithmetic(made, 1, { ...elements.accountOf(score, 1), labels }));
  assert.equal(line().match(/class="term"/g).length, 9);
  assert.match(line(), /\+ \[3 more: 1\.50\]/);
  ARRAYS.picture[11] = 0;
  assert.equal(line().match(/class="term"/g).length, 11);
  assert.doesNotMatch(line(), /more/);
  assert.equal(line(score, ["top", "bottom"]).match(/class="group"/g).length, 2);
  ARRAYS.scores[1] = 5.5;
  assert.doesNotMatch(line(), /on-this-way/);
  ARRAYS.scores[1] = 9;
  assert.match(line(), /on-this-way/);
});

test("the products of a number stand in their groups, with the sum of each, and are one stop of Tab", () => {
  const account = elements.accountOf(score, 1);
  const text = textOf(products(account));
  assert.equal(text.match(/<li/g).length, 72);
  assert.equal(text.match(/tabindex=0/g).length, 1);
  assert.match(text, /top <b>2<\/b>/);
  assert.equal(textOf(products({ ...account, terms: account.terms.slice(0, 1) })), "");
  assert.equal(textOf(products({ ...account, spelled: ["x"] })), "");
});
