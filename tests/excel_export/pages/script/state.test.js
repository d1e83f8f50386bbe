import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { actsOf, MODEL, PACKED, PIXELS, pattern, textOf } from "./small_network.js";

const from = "../../../../excel_export/pages/script/";
const network = await import(`${from}network.js`);
const learning = await import(`${from}learning.js`);
const outcome = await import(`${from}outcome.js`);
const slopes = await import(`${from}slopes.js`);
const scene = await import(`${from}scene.js`);
const pinned = await import(`${from}pinned.js`);
const elements = await import(`${from}elements.js`);
const { turnTo } = await import(`${from}place.js`);
const { state } = await import(`${from}state.js`);
const { edit, put, change, editable, noteSteps, restore, trailText, unlearn } = await import(`${from}trail.js`);

await network.load(PACKED);
learning.readExamples();

beforeEach(() => {
  restore();
  Object.assign(state, {
    step: 1,
    view: 0,
    element: null,
    pinned: null,
    way: null,
    minute: "",
    batch: 0,
    language: "en",
  });
  network.compute();
});

test("what a page begins with is read rightly, and its loss is that of its share", () => {
  assert.equal(outcome.best(outcome.classes()), 1);
  const share = Math.exp(2) / (Math.exp(2) + 2);
  assert.ok(Math.abs(ARRAYS.shares[1] - share) < 1e-12);
  assert.ok(Math.abs(network.lossNow() + Math.log(share)) < 1e-12);
});

test("each change is noted, the last of a number counts, and changes in a row are one", () => {
  edit("weight", 3, 0.5);
  edit("weight", 3, 0.75);
  edit("label", 0, 2);
  assert.equal(ARRAYS.weight[3], 0.75);
  assert.equal(state.trail.length, 1);
  const [slots] = state.trail.map(({ edits }) => edits);
  assert.deepEqual([...slots.get(editable().indexOf("weight"))], [[3, 0.75]]);
  assert.deepEqual([...slots.get(editable().indexOf("label"))], [[0, 2]]);
});

test("an array that is put is noted as a whole", () => {
  put("picture", pattern(2));
  assert.deepEqual([...ARRAYS.picture], pattern(2));
  assert.equal(state.trail[0].edits.get(editable().indexOf("picture")).size, PIXELS);
});

test("a change computes: loss and gradients follow", () => {
  const before = network.lossNow();
  change("label", 0, 2);
  assert.ok(network.lossNow() > before);
  assert.ok(Math.abs(ARRAYS["grad.scores"].reduce((sum, each) => sum + each, 0)) < 1e-12);
  assert.ok(ARRAYS["grad.scores"][2] < 0);
});

test("what is done or changed is no longer what was sent", () => {
  for (const act of [() => edit("label", 0, 1), () => noteSteps(1, 0)]) {
    state.isSent = true;
    act();
    assert.equal(state.isSent, false);
  }
});

test("steps by one rule and of one kind are one deed, others begin another", () => {
  noteSteps(1, 0);
  noteSteps(2, 0);
  assert.deepEqual(state.trail, [{ steps: 3, rule: 0, batch: 0 }]);
  noteSteps(1, 10);
  state.rule = 1;
  noteSteps(1, 10);
  assert.deepEqual(state.trail.slice(1), [
    { steps: 1, rule: 0, batch: 10 },
    { steps: 1, rule: 1, batch: 10 },
  ]);
  assert.equal(state.trained, 5);
});

test("a trail as text tells one from another", () => {
  const empty = trailText();
  edit("label", 0, 2);
  const one = trailText();
  edit("label", 0, 0);
  assert.equal(new Set([empty, one, trailText()]).size, 3);
});

test("all is as it was at first after restore", () => {
  edit("weight", 0, 9);
  learning.learn();
  state.isAsked = true;
  restore();
  assert.equal(ARRAYS.weight[0], MODEL.numbers.weight[0]);
  assert.deepEqual([state.trail, state.trained, state.losses, state.isAsked], [[], 0, [], false]);
});

test("a step of learning is that of its rule, and is counted", () => {
  change("label", 0, 2);
  const [before, gradient] = [[...ARRAYS.weight], [...ARRAYS["grad.weight"]]];
  learning.learn();
  ARRAYS.weight.forEach((value, k) => {
    assert.ok(Math.abs(value - (before[k] - 0.1 * gradient[k])) < 1e-15);
  });
  assert.equal(ARRAYS.step[0], 2);
  assert.equal(state.losses.length, 1);
  state.rule = 1;
  network.compute();
  const [again, slope] = [[...ARRAYS.weight], [...ARRAYS["grad.weight"]]];
  learning.learn();
  assert.ok(ARRAYS.weight.every((value, k) => Math.abs(value - (again[k] - 0.2 * slope[k])) < 1e-15));
});

test("what was learned is taken back, what was painted and typed stays", () => {
  put("picture", pattern(2));
  edit("weight", 0, 0.25);
  edit("label", 0, 0);
  Object.assign(state, { isAsked: true, rule: 1 });
  network.compute();
  const before = [...ARRAYS.weight];
  learning.learn();
  learning.learn();
  edit("label", 0, 1);
  unlearn();
  assert.deepEqual([...ARRAYS.weight], before);
  assert.deepEqual([...ARRAYS.picture], pattern(2));
  assert.deepEqual([ARRAYS.label[0], state.trained, state.isAsked, state.rule], [1, 0, true, 1]);
  assert.ok(state.trail.every((deed) => "edits" in deed));
});

test("the loss after a step is that after a step, and nothing has moved", () => {
  change("label", 0, 0);
  const [expected, weights] = [network.lossAfter(), [...ARRAYS.weight]];
  assert.deepEqual([...ARRAYS.weight], weights);
  learning.learn();
  assert.equal(network.lossNow(), expected);
});

test("a nudge measures the gradient", () => {
  const { slope } = network.nudged("picture", 70);
  assert.ok(Math.abs(slope - ARRAYS["grad.picture"][70]) < 1e-8);
  assert.equal(ARRAYS.picture[70], MODEL.numbers.picture[70]);
});

test("the digits that were kept back are the first, and are only looked at", () => {
  assert.deepEqual([learning.unseenOnes().length, learning.seenOnes().length], [2, 2]);
  const before = [...ARRAYS.picture];
  assert.deepEqual(learning.readings(), [true, true]);
  assert.deepEqual([...ARRAYS.picture], before);
  assert.equal(state.trail.length, 0);
});

test("what is measured is the mean loss of the digits that were kept back, and how many are right", () => {
  const share = Math.exp(2) / (Math.exp(2) + 2);
  const { loss, right, count } = learning.measured();
  assert.ok(Math.abs(loss + Math.log(share)) < 1e-12);
  assert.deepEqual([right, count], [2, 2]);
});

test("the hardest digit comes first: a 2 that is said to be a 1", () => {
  const [first, ...others] = learning.hardestFirst();
  assert.deepEqual([...first.get("picture")], pattern(2));
  assert.equal(others.length, 3);
});

test("a batch goes through all examples, in an order by chance, and begins again", () => {
  const seen = new Set();
  for (let k = 0; k < 2; k++) {
    for (const example of learning.batchOf(1)) seen.add(JSON.stringify([...example.get("picture")]));
    learning.learnFrom(1);
  }
  assert.equal(seen.size, 2);
  assert.equal(learning.batchOf(10).length, 2);
});

test("a step on a batch goes along the mean of its gradients", () => {
  const before = [...ARRAYS.weight];
  const sums = new Float64Array(before.length);
  for (const example of learning.batchOf(10)) {
    for (const [array, numbers] of example) ARRAYS[array].set(numbers);
    run();
    ARRAYS["grad.weight"].forEach((each, k) => {
      sums[k] += each / 2;
    });
  }
  restore();
  network.compute();
  learning.learnFrom(10);
  assert.ok(ARRAYS.weight.every((value, k) => Math.abs(value - (before[k] - 0.1 * sums[k])) < 1e-12));
  assert.deepEqual(state.trail, [{ steps: 1, rule: 0, batch: 10 }]);
});

test("own examples are kept, up to a number, and dropped", () => {
  for (let k = 0; k < 1200; k++) learning.keepExample();
  assert.equal(learning.ownCount(), 1000);
  assert.equal(learning.seenOnes().length, 1002);
  learning.dropOwn();
  assert.equal(learning.ownCount(), 0);
});

test("what is forgotten is drawn by chance within its bound, the same for a seed", () => {
  learning.forget(5);
  const [one, most] = [[...ARRAYS.weight], Math.max(...ARRAYS.weight.map(Math.abs))];
  assert.ok(most <= 1 / 16 && most > 0.9 / 16, String(most));
  learning.forget(6);
  assert.notDeepEqual([...ARRAYS.weight], one);
  learning.forget(5);
  assert.deepEqual([...ARRAYS.weight], one);
});

test("what the network read at first is known while it is taught", () => {
  change("label", 0, 2);
  for (let k = 0; k < 30; k++) learning.learn();
  assert.equal(outcome.best(outcome.classes()), 2);
  const weights = [...ARRAYS.weight];
  assert.equal(learning.readAtFirst(), 1);
  assert.deepEqual([...ARRAYS.weight], weights);
  assert.equal(outcome.best(outcome.classes()), 2);
});

test("after painting, what is read is taken for the truth until somebody says it", () => {
  put("picture", pattern(2));
  network.compute();
  outcome.askAnew();
  assert.deepEqual([ARRAYS.label[0], state.isAsked], [2, true]);
  state.minute = "paint";
  outcome.heard();
  assert.deepEqual([state.isAsked, state.minute], [false, "answer"]);
});

test("in whole pages the minute does not come back", () => {
  state.isAsked = true;
  outcome.heard();
  assert.equal(state.minute, "");
});

test("the largest share of a row is the best of that row", () => {
  ARRAYS.shares.set([0.2, 0.5, 0.3]);
  assert.equal(outcome.best({ shares: "shares", target: "label", rows: 1, count: 3 }), 1);
  assert.equal(outcome.best({ shares: "shares", target: "label", rows: 3, count: 1 }, 2), 0);
});

test("the gradient of a tensor is found, and the tensor of a gradient", () => {
  assert.equal(slopes.gradientOf("picture"), "grad.picture");
  assert.equal(slopes.gradientOf("weight"), null);
  assert.equal(slopes.tensorOf("grad.picture"), "picture");
  assert.equal(slopes.tensorOf(null), null);
});

test("what would help is against the gradient", () => {
  change("label", 0, 2);
  const wanted = scene.wanted("grad.scores");
  assert.ok(wanted[2] > 0 && wanted[0] < 0 && wanted[1] < 0);
  assert.deepEqual(
    [...wanted],
    [...ARRAYS["grad.scores"]].map((each) => -each),
  );
});

test("between a picture and the scores of one layer no layer is left to be shown", () => {
  assert.deepEqual(scene.layers(), []);
});

test("layers begin with weights or another size, and are shown as they leave", () => {
  const { overview, tensors } = network.model;
  Object.assign(tensors, {
    conv: { name: "conv", shape: [2, 4, 4], isGradient: false, isParameter: false },
    relu: { name: "relu", shape: [2, 4, 4], isGradient: false, isParameter: false },
    row: { name: "row", shape: [1, 32], isGradient: false, isParameter: false },
  });
  Object.assign(ARRAYS, { conv: new Float64Array(32), relu: new Float64Array(32), row: new Float64Array(32) });
  const box = (name, reads, weights) => ({
    name,
    array: name,
    gradient: null,
    column: 0,
    lane: 0,
    reads,
    weights,
    made: 2,
    known: 4,
  });
  const before = [...overview];
  overview.splice(1, overview.length, box("conv", [0], ["k"]), box("relu", [1], []), box("row", [2], []), {
    ...before[1],
    reads: [3],
  });
  const found = scene.layers();
  assert.deepEqual(
    found.map(({ begins, box: shown }) => [begins.name, shown.name]),
    [["conv", "relu"]],
  );
  network.model.words.en["why-coarse"] = "{from} to {to}";
  assert.equal(scene.asides(found), "");
  const { picture } = tensors;
  tensors.half = { ...picture, name: "half", shape: [1, 1, 8, 8] };
  overview.push({ ...before[0], name: "half", array: "half", made: 1 });
  assert.equal(scene.asides(found), "16 to 8");
  overview.at(-1).made = 2;
  assert.equal(scene.asides(found), "");
  tensors.k = { ...picture, name: "k", shape: [2, 1, 3, 3], isParameter: true };
  assert.equal(scene.asides(found), "conv-is");
  tensors.k.shape = [2, 256];
  assert.equal(scene.asides(found), "");
  assert.equal(scene.asides([...found, { ...found[0], begins: { ...found[0].begins, name: "max pool" } }]), "pool-is");
  delete tensors.k;
  delete tensors.half;
  overview.splice(0, overview.length, ...before);
});

test("a share is said in per cent", () => {
  ARRAYS.shares.set([0.12345, 0.5, 0.3]);
  assert.equal(scene.sure(outcome.classes(), 0), "12.3");
});

test("a step that is not there is the nearest, with its main view", () => {
  turnTo(99);
  assert.equal(state.step, 4);
  turnTo(-3);
  assert.deepEqual([state.step, state.hasJumped], [1, true]);
  turnTo(4);
  assert.equal(elements.viewsOf(4)[state.view].view.made, "grad.scores");
});

test("where a tensor is made, and where it is read", () => {
  assert.equal(elements.makerOf("scores").step, 2);
  assert.equal(elements.makerOf("nothing"), null);
  assert.equal(elements.makerOf("grad.picture").step, 4);
  assert.deepEqual(
    elements.usesOf("scores").map(({ step }) => step),
    [3],
  );
  assert.deepEqual(
    elements.usesOf("picture").map(({ step }) => step),
    [2],
  );
});

test("what is read beside is no use of a tensor: given ones, and itself", () => {
  const before = [...network.model.views];
  const view = (part, made, slots, isGiven = false) => ({
    ...before[0],
    part,
    made,
    slots,
    isGiven,
    groups: [],
    group: [],
  });
  network.model.views.push(
    view(3, "loss", ["picture"]),
    view(4, "x", ["picture"], true),
    view(4, "picture", ["picture"]),
  );
  assert.deepEqual(
    elements.usesOf("picture").map(({ step }) => step),
    [2, 3],
  );
  network.model.views.splice(0, network.model.views.length, ...before);
});

test("what was said already is not noted again", () => {
  const press = (digit) =>
    actsOf(outcome.outcomes())
      .find(({ before }) => /class="digit"/.test(before) && before.includes("@click") && digit-- === 0)
      ?.act();
  globalThis.document = { getElementById: () => null };
  Object.assign(state, { isAsked: true, minute: "paint" });
  press(0);
  const told = [ARRAYS.label[0], state.isAsked, state.minute];
  assert.deepEqual(told, [0, false, "answer"]);
  const noted = trailText();
  state.isAsked = true;
  press(0);
  assert.equal(trailText(), noted);
  assert.equal(state.isAsked, false);
});

test("a chosen number leads to where it is made and to what else reads it", () => {
  Object.assign(state, { step: 4, view: 0, pinned: { array: "scores", place: 2 } });
  const { view } = elements.viewsOf(4)[0];
  const options = textOf(pinned.pinned(view, [])).match(/(made-in|goes-to)/g);
  assert.deepEqual(options, ["made-in", "goes-to"]);
  const go = (value) =>
    actsOf(pinned.pinned(view, []))
      .find(({ before }) => before.includes('id="goals"'))
      .act({ currentTarget: { value } });
  go("0");
  assert.deepEqual([state.step, state.element], [2, 2]);
  assert.deepEqual(textOf(pinned.pinned(elements.viewsOf(2)[0].view, [])).match(/(made-in|goes-to)/g), ["goes-to"]);
});

test("a number is typed where it may be changed, and nudged where it has a gradient", () => {
  const { view } = elements.viewsOf(2)[0];
  const shown = (array) => {
    state.pinned = { array, place: 0 };
    const text = textOf(pinned.pinned(view, []));
    return [/type="number"/.test(text), /id="nudge"/.test(text), /read-here/.test(text), /id="open-way"/.test(text)];
  };
  assert.deepEqual(shown("picture"), [true, true, true, false]);
  assert.deepEqual(shown("weight"), [true, false, true, false]);
  assert.deepEqual(shown("scores"), [false, false, false, false]);
  state.pinned = null;
  assert.match(textOf(pinned.pinned(view, [])), />hint</);
  state.step = 4;
  assert.match(textOf(pinned.pinned(view, [])), />gradient-is hint</);
});
