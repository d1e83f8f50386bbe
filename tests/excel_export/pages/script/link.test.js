import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { PACKED, pattern } from "./small_network.js";

const from = "../../../../excel_export/pages/script/";
const network = await import(`${from}network.js`);
const learning = await import(`${from}learning.js`);
const link = await import(`${from}link.js`);
const { pin, turnTo } = await import(`${from}place.js`);
const { state } = await import(`${from}state.js`);
const { edit, editAgain, editable, put, restore } = await import(`${from}trail.js`);

await network.load(PACKED);
const never = async () => false;
const open = (hash, busy = never) => link.openHash(hash, busy);

/** All numbers, as they stand. */
const numbers = () => Object.fromEntries(Object.entries(ARRAYS).map(([name, array]) => [name, [...array]]));

beforeEach(async () => {
  Object.assign(state, { minute: "answer", batch: 0, isCentring: true, language: "en" });
  await open("");
});

test("a page without a link opens at the first step that computes", () => {
  assert.equal(state.step, 2);
  assert.deepEqual([state.minute, state.isSent, state.batch], ["", false, 0]);
});

test("a link is where one looks, to the letter", async () => {
  turnTo(4, 1, 37);
  pin("scores", 2);
  assert.equal(await link.hashOf(), "#step=4&at=0,0,2,5&view=grad.picture&pin=scores[0,2]");
  const hash = await link.hashOf();
  await open("#step=2");
  await open(hash);
  assert.deepEqual([state.step, state.view, state.element], [4, 1, 37]);
  assert.deepEqual([state.pinned.array, state.pinned.place], ["scores", 2]);
});

test("what is usual stands in no link", async () => {
  assert.equal(await link.hashOf(), "#step=2&at=0,0");
  state.rule = 1;
  state.batch = 10;
  state.isCentring = false;
  state.language = "de";
  assert.equal(await link.hashOf(), "#step=2&at=0,0&lang=de&as-painted=1&from=10&rule=double");
});

test("rule, batch, language and centring are those of the link, the first ones, too", async () => {
  await open("#rule=double&from=1&as-painted=1&lang=de");
  assert.deepEqual([state.rule, state.batch, state.isCentring, state.language], [1, 1, false, "de"]);
  await open("#rule=SGD&from=100&lang=en");
  assert.deepEqual([state.rule, state.batch, state.isCentring, state.language], [0, 100, true, "en"]);
  await open("#rule=none&from=7&lang=xx");
  assert.deepEqual([state.rule, state.batch, state.language], [0, 0, "en"]);
});

test("all that was done is done again, training included", async () => {
  put("picture", pattern(2));
  edit("label", 0, 0);
  network.compute();
  for (let k = 0; k < 7; k++) learning.learn();
  edit("weight", 5, 0.123456789);
  state.rule = 1;
  network.compute();
  learning.learn();
  learning.learnFrom(10);
  learning.keepExample();
  const [before, hash] = [numbers(), await link.hashOf(Number.POSITIVE_INFINITY)];
  await open("");
  assert.notDeepEqual(numbers(), before);
  await open(hash);
  assert.deepEqual(numbers(), before);
  assert.deepEqual([state.trained, learning.ownCount()], [9, 1]);
});

test("what is too much for a link is left out, and that is known", async () => {
  for (let k = 0; k < 768; k++) edit("weight", k, Math.sin(k) / 3);
  assert.ok(!(await link.hashOf()).includes("do="));
  assert.equal(await link.isWhole(), false);
  assert.ok((await link.hashOf(1 << 20)).includes("&do="));
  restore();
  assert.equal(await link.isWhole(), true);
  edit("label", 0, 2);
  assert.equal(await link.isWhole(), true);
});

test("a link of the first minute opens in it, with what was asked", async () => {
  put("picture", pattern(2));
  Object.assign(state, { minute: "paint", isAsked: true });
  const hash = await link.hashOf();
  assert.ok(hash.includes("&minute=paint&asked=1"));
  await open("");
  await open(hash);
  assert.deepEqual([state.minute, state.isAsked, state.isSent], ["paint", true, true]);
  state.minute = "tour";
  assert.ok((await link.hashOf()).includes("&minute=answer"));
  await open("#minute=tour&step=2");
  assert.equal(state.minute, "");
});

test("nobody is told of a painting where none was sent", async () => {
  edit("weight", 0, 0.5);
  await open(await link.hashOf());
  assert.equal(state.isSent, false);
  put("picture", new Float64Array(256));
  const hash = await link.hashOf();
  await open("");
  await open(hash);
  assert.equal(state.isSent, false);
});

test("a stop ends what is done again, and all numbers are computed", async () => {
  state.trail = [{ steps: 100000, rule: 0, batch: 0 }];
  const hash = await link.hashOf();
  let asked = 0;
  const shares = [];
  await open(hash, async (share) => {
    shares.push(share);
    return ++asked === 2;
  });
  assert.equal(asked, 2);
  assert.ok(state.trained > 0 && state.trained < 100000);
  assert.ok(shares[0] > 0 && shares[0] < shares[1] && shares[1] < 1);
});

test("also examples that are kept can be stopped", async () => {
  state.trail = Array.from({ length: 60000 }, () => ({ keep: true }));
  const hash = await link.hashOf(Number.POSITIVE_INFINITY);
  let asked = 0;
  const slow = performance.now.bind(performance);
  let late = 0;
  performance.now = () => slow() + 50 * late++;
  await open(hash, async () => ++asked === 3);
  performance.now = slow;
  assert.equal(asked, 3);
  assert.ok(learning.ownCount() < 10);
});

test("what a link cannot mean does nothing", async () => {
  const before = numbers();
  for (const hash of [
    "#do=%%%",
    "#do=AAAA",
    "#step=x&at=9,9&view=nothing&pin=none[0]",
    "#show=none",
    "#=&&&=",
    `#do=${"A".repeat(5000)}`,
  ]) {
    await open(hash);
    assert.deepEqual(numbers(), before, hash);
    assert.equal(state.pinned, null);
  }
  await open("#step=99");
  assert.equal(state.step, 4);
  await open("#step=3&at=1");
  assert.equal(state.element, null);
});

test("a name leads to where a tensor is made", async () => {
  await open("#show=scores[0,1]");
  assert.deepEqual([state.step, state.element], [2, 1]);
  assert.equal(link.openPlace("constructor"), false);
  assert.equal(link.placeOf("scores[0,3]").place, null);
  assert.equal(link.placeOf("scores[0]").place, null);
  assert.equal(link.placeOf("scores[0,2]").place, 2);
});

test("a way is that of its number, with the branches that were taken", async () => {
  await open("#step=4&pin=picture[0,0,1,2]&way=0.1,2.0,3.-1");
  assert.equal(state.pinned.place, 18);
  assert.deepEqual(
    [...state.way],
    [
      [0, 1],
      [2, 0],
    ],
  );
  assert.ok((await link.hashOf()).endsWith("&pin=picture[0,0,1,2]&way=0.1,2.0"));
});

test("a painted picture needs a byte for each pixel, and no other array does", async () => {
  const shares = Array.from({ length: 256 }, (_, k) => ((k * 97) % 256) / 255);
  put("picture", shares);
  const picture = (await link.hashOf(1e6)).length;
  await open("");
  shares.forEach((share, k) => {
    edit("weight", k, share);
  });
  const weights = (await link.hashOf(1e6)).length;
  assert.ok(picture < 600 && weights > 2 * picture, `${picture} ${weights}`);
});

test("the browser draws no more often than it must", async () => {
  state.trail = [{ steps: 50, rule: 0, batch: 0 }];
  const hash = await link.hashOf();
  const before = performance.now;
  let clock = 1000;
  performance.now = () => clock++;
  let asked = 0;
  await open(hash, async () => {
    asked++;
    return false;
  });
  performance.now = before;
  assert.equal(asked, 1);
  assert.equal(state.trained, 50);
});

test("a place that an array lacks is left out, and is not noted", () => {
  editAgain(
    new Map([
      [editable().indexOf("label"), new Map([[1, 2]])],
      [99, new Map([[0, 1]])],
    ]),
  );
  assert.deepEqual(state.trail, []);
});

test("a link of exactly the longest length holds what was done", async () => {
  edit("weight", 0, 0.123);
  const { length } = await link.hashOf(1e6);
  assert.ok((await link.hashOf(length)).includes("&do="));
  assert.ok(!(await link.hashOf(length - 1)).includes("&do="));
  assert.ok(link.LONGEST === 2000);
});

test("the way back is of this page; before anything is painted the address stays", async (context) => {
  const written = [];
  globalThis.location = { hash: "#sent" };
  globalThis.history = {
    pushState: (where, _, hash) => written.push(["push", hash, where.step]),
    replaceState: (where, _, hash) => written.push(["replace", hash, where.step]),
  };
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const before = performance.now;
  let clock = 10000;
  performance.now = () => clock;
  const settle = async () => {
    context.mock.timers.tick(300);
    for (let k = 0; k < 20; k++) await Promise.resolve();
  };
  Object.assign(state, { minute: "paint", isAsked: false, hasJumped: true });
  link.keepAddress();
  await settle();
  assert.deepEqual(written, []);
  state.minute = "";
  link.keepAddress();
  assert.deepEqual(written, [["push", "#step=2&at=0,0", 2]]);
  turnTo(3);
  clock += 600;
  link.keepAddress();
  assert.equal(written.length, 1);
  turnTo(4);
  clock += 601;
  link.keepAddress();
  assert.equal(written.length, 2);
  link.keepAddress();
  await settle();
  assert.equal(written.length, 3);
  assert.equal(written[2][0], "replace");
  assert.equal(link.isOwn(), false);
  link.adopt();
  assert.equal(link.isOwn(), true);
  performance.now = before;
});
