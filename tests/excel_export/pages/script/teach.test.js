import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { CLASSES, colours, PACKED, PIXELS, pattern, textOf } from "./small_network.js";

const from = "../../../../excel_export/pages/script/";
const network = await import(`${from}network.js`);
const learning = await import(`${from}learning.js`);
const outcome = await import(`${from}outcome.js`);
const scene = await import(`${from}scene.js`);
const { shuffled } = await import(`${from}chance.js`);
const { state } = await import(`${from}state.js`);
const { edit, put, restore, change } = await import(`${from}trail.js`);

await network.load(PACKED);
await colours();
for (const key of ["blame-right", "blame-wrong", "teaching", "taught", "not-taught"])
  network.model.words.en[key] = `${key} {count}`;
mock.timers.enable({ apis: ["setTimeout"] });

beforeEach(() => {
  restore();
  learning.readExamples();
  scene.endLesson();
  Object.assign(state, { minute: "answer", isAsked: false, batch: 0 });
  network.compute();
});

/** Lets a lesson go on to its end, and counts its steps. */
function toTheEnd() {
  for (let k = 0; k < 100; k++) mock.timers.tick(1000);
  return state.trained;
}
const said = () => textOf(scene.blame());
const button = () => /say|teach-more|teach/.exec(textOf(scene.teachButton()).split(">")[1] ?? "")?.[0] ?? "";

test("a lesson ends with the first step after which it is read rightly", () => {
  change("label", 0, 2);
  assert.match(said(), /blame-wrong/);
  assert.equal(button(), "teach");
  scene.teach();
  assert.match(said(), /teaching 1/);
  assert.equal(button(), "");
  const steps = toTheEnd();
  assert.ok(steps > 0 && steps < 30 && outcome.isReadRightly(outcome.classes()), String(steps));
  assert.match(said(), new RegExp(`>taught ${steps}<`));
  restore();
  change("label", 0, 2);
  for (let k = 1; k < steps; k++) learning.learn();
  assert.ok(!outcome.isReadRightly(outcome.classes()));
});

test("a second lesson goes on until it is sure", () => {
  edit("rate", 0, 0.01);
  change("label", 0, 2);
  scene.teach();
  const once = toTheEnd();
  assert.equal(button(), "teach-more");
  scene.teach();
  const twice = toTheEnd();
  assert.ok(twice > once && ARRAYS.shares[2] >= 0.9, `${once} ${twice} ${ARRAYS.shares[2]}`);
  assert.equal(button(), "");
});

test("what cannot be learned is given up after thirty steps, and that is said", () => {
  edit("rate", 0, 0);
  change("label", 0, 2);
  scene.teach();
  assert.equal(toTheEnd(), 30);
  assert.match(said(), />not-taught 30</);
});

test("a lesson ends where the loss is no number any more", () => {
  change("label", 0, 2);
  edit("weight", 0, Number.NaN);
  scene.teach();
  assert.equal(toTheEnd(), 0);
});

test("what is read rightly is said so; a lesson that is ended takes no more steps", () => {
  assert.match(said(), /blame-right/);
  assert.equal(button(), "teach-more");
  change("label", 0, 2);
  scene.teach();
  scene.endLesson();
  assert.equal(toTheEnd(), 1);
  state.minute = "paint";
  assert.equal(said(), "");
  assert.equal(button(), "");
});

test("a share of nine tenths is sure", () => {
  ARRAYS.shares.set([0.05, 0.9, 0.05]);
  assert.equal(button(), "");
  ARRAYS.shares.set([0.05, 0.8999, 0.05]);
  assert.equal(button(), "teach-more");
});

test("the lesson is taken back by its button only where there was one", () => {
  assert.equal(textOf(scene.unlearnButton()), "");
  learning.learn();
  assert.match(textOf(scene.unlearnButton()), /id="unlearn"/);
});

test("of the digits kept back, each is right before and after, won, lost or wrong", () => {
  assert.equal(textOf(scene.keptBack()), "");
  network.model.words.en.forgotten = "{before} of {count}, then {after}";
  edit("rate", 0, 5);
  change("label", 0, 2);
  scene.teach();
  toTheEnd();
  const after = learning.readings();
  const text = textOf(scene.keptBack());
  assert.ok(after.includes(false));
  assert.match(text, new RegExp(`2 of 2, then ${after.filter(Boolean).length}`));
  assert.deepEqual(
    [...text.matchAll(/class=(kept|won|lost|wrong) /g)].map(([, kind]) => kind),
    after.map((right) => (right ? "kept" : "lost")),
  );
});

/** The bars of the outcome: of each class, all widths in per cent. */
const bars = () =>
  textOf(outcome.outcomes())
    .split("<tr ")
    .slice(1)
    .map((row) => [...row.matchAll(/bar([^"]*)" .style=width:([\d.]+)%/g)].map(([, kind, wide]) => kind.trim() + wide));

test("each class has a bar as long as its share, and beside it what it should be more or less", () => {
  ARRAYS.shares.set([0.125, 0.5, 0.375]);
  assert.deepEqual(bars(), [
    ["12.50", "less12.50"],
    ["50.00", "more50.00"],
    ["37.50", "less37.50"],
  ]);
  state.minute = "paint";
  assert.deepEqual(bars(), [["12.50"], ["50.00"], ["37.50"]]);
});

test("the true class is marked once somebody has said it", () => {
  const marked = () => [...textOf(outcome.outcomes()).matchAll(/<tr class=(right)?/g)].map(([, is]) => Boolean(is));
  assert.deepEqual(marked(), [false, true, false]);
  state.isAsked = true;
  assert.deepEqual(marked(), [false, false, false]);
});

test("of a batch, each row has what is read, how surely, and what is wanted; twelve rows at most", () => {
  const before = network.model.outcomes[0];
  Object.assign(ARRAYS, { many: new Float64Array(39), wanted: new Float64Array(13) });
  for (let row = 0; row < 13; row++) ARRAYS.many.set(row % 2 ? [0.25, 0.5, 0.25] : [0.6, 0.2, 0.2], 3 * row);
  network.model.outcomes[0] = { shares: "many", target: "wanted", rows: 13, count: CLASSES };
  const text = textOf(outcome.outcomes());
  assert.equal(outcome.read(), null);
  network.model.outcomes[0] = before;
  const rows = [...text.matchAll(/<td>(\d)<\/td><td>([\d.]+)<\/td>\s*<td>(\d)( ✓)?/g)].map(([, ...each]) => each);
  assert.equal(rows.length, 12);
  assert.deepEqual(rows.slice(0, 2), [
    ["0", "0.600", "0", " ✓"],
    ["1", "0.500", "0", undefined],
  ]);
  assert.match(text, />1 more</);
});

test("a picture is read where it is the only one, large enough to be painted, and its class can be said", () => {
  const { inputs } = network.model;
  assert.equal(outcome.read().array, "picture");
  const [picture, label] = inputs;
  for (const wrong of [
    [picture, { ...picture }, label],
    [{ ...picture, shape: [1, 1, 16, 15] }, label],
    [{ ...picture, kind: "numbers" }, label],
    [picture],
    [picture, { ...label, limits: null }],
  ]) {
    inputs.splice(0, inputs.length, ...wrong);
    assert.equal(outcome.read(), null);
  }
  inputs.splice(0, inputs.length, picture, label);
});

test("a batch has the next examples of an order that is new each time round", () => {
  const names = (examples) => examples.map((each) => [...each.get("picture")].indexOf(1) / 32 - 1);
  for (const digit of [0, 1, 2]) {
    put("picture", pattern(digit));
    learning.keepExample();
  }
  const all = names(learning.seenOnes());
  assert.deepEqual(all, [2, 0, 0, 1, 2]);
  state.trail = [];
  for (const [trained, batch, expected] of [
    [0, 1, [[0, 0]]],
    [4, 1, [[0, 4]]],
    [5, 1, [[1, 0]]],
    [
      1,
      10,
      [
        [1, 0],
        [1, 1],
        [1, 2],
        [1, 3],
        [1, 4],
      ],
    ],
  ]) {
    state.trained = trained;
    const found = learning.batchOf(batch);
    const wanted = expected.map(([round, k]) => learning.seenOnes()[shuffled(5, round)[k]]);
    assert.deepEqual(names(found), names(wanted), `${trained} ${batch}`);
  }
});

test("what a step on a batch costs is the mean loss, and every weight moves", () => {
  learning.dropOwn();
  const losses = learning.batchOf(10).map((example) => {
    learning.showExample(example);
    run();
    return network.lossNow();
  });
  restore();
  ARRAYS.weight.fill(0.01);
  ARRAYS.picture.fill(0.5);
  network.model.numbers.picture[0] = 1;
  for (const example of learning.seenOnes())
    example.set("picture", Float64Array.from(example.get("picture")).fill(0.5));
  const before = [...ARRAYS.weight];
  learning.learnFrom(10);
  assert.ok(ARRAYS.weight.every((value, k) => value !== before[k]));
  assert.equal(state.losses.length, 1);
  assert.ok(Math.abs(state.losses[0] - Math.log(3)) < 1e-12 && losses.length === 2);
});

test("what the network read at first is asked once for each computation", () => {
  const before = globalThis.run;
  let runs = 0;
  globalThis.run = () => {
    runs++;
    before();
  };
  network.compute();
  runs = 0;
  assert.equal(learning.readAtFirst(), 1);
  assert.equal(runs, 2);
  assert.equal(learning.readAtFirst(), 1);
  assert.equal(runs, 2);
  ARRAYS.weight.fill(0);
  put("picture", pattern(2));
  network.compute();
  assert.equal(learning.readAtFirst(), 2);
  globalThis.run = before;
  const { outcomes } = network.model;
  network.model.outcomes = [];
  assert.equal(learning.readAtFirst(), -1);
  assert.deepEqual(learning.readings(), []);
  assert.equal(learning.measured().right, 0);
  network.model.outcomes = outcomes;
});

test("biases begin anew at 0, what else has one dimension stays, and so does its moment at first", () => {
  const { tensors, kept } = network.model;
  for (const [name, shape] of [
    ["cube", [2, 3, 3]],
    ["bias", [2]],
    ["scale", [2]],
  ]) {
    tensors[name] = { name, shape, isParameter: true, isGradient: false };
    ARRAYS[name] = new Float64Array(shape.reduce((product, each) => product * each)).fill(7);
  }
  ARRAYS.moment = Float64Array.of(3);
  kept.push(["moment", "moment"]);
  learning.forget(3);
  assert.ok([...ARRAYS.cube].every((value) => Math.abs(value) <= 1 / 3) && ARRAYS.cube.some((value) => value < 0));
  assert.deepEqual(
    [[...ARRAYS.bias], [...ARRAYS.scale]],
    [
      [0, 0],
      [7, 7],
    ],
  );
  kept.pop();
  for (const name of ["cube", "bias", "scale"]) delete tensors[name];
  assert.equal(ARRAYS.weight.length, CLASSES * PIXELS);
});
