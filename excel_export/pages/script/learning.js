/** Learning: a step on the inputs that are shown, or on a batch of examples; on unseen examples, only the loss is measured. */

import { chance, shuffled } from "./chance.js";
import { compute, computed, first, lossNow, model, size, unpacked } from "./network.js";
import { best, classes, isReadRightly } from "./outcome.js";
import { state } from "./state.js";
import { noteSteps } from "./trail.js";

/** Takes one step on the inputs that are shown. */
export function learn() {
  state.losses.push(lossNow());
  takeStep();
  noteSteps(1, 0);
}

function takeStep() {
  for (const [now, then] of model.kept) ARRAYS[now].set(ARRAYS[then]);
  ARRAYS[model.step][0]++;
  compute();
}

/** The batch sizes that a reader can choose. */
export const BATCHES = [1, 10, 100];

/** A reader's own examples at most: as many as fit into a small memory. */
const MOST_OWN = 1000;

/** An example: the numbers of each input. @typedef {Map<string, ArrayLike<number>>} Example */

/** @type {Example[]} */
let bundled = [];
/** The pictures that a reader has painted and added. @type {Example[]} */
let own = [];

/** The examples that come with the page. */
export function readExamples() {
  const { examples } = model;
  own = [];
  if (!examples) return;
  const arrays = Object.entries(examples.inputs).map(([array, numbers]) => ({ array, numbers: unpacked(numbers) }));
  bundled = Array.from(
    { length: examples.count },
    (_, k) =>
      new Map(arrays.map(({ array, numbers }) => [array, numbers.slice(k * size(array), (k + 1) * size(array))])),
  );
}

export const unseenOnes = () => bundled.slice(0, model.examples?.unseen ?? 0);
export const seenOnes = () => [...bundled.slice(model.examples?.unseen ?? 0), ...own];
export const ownCount = () => own.length;

const shownNow = () => new Map(model.inputs.map(({ array }) => [array, Float64Array.from(ARRAYS[array])]));

/** Adds the inputs that are shown to the examples. */
export function keepExample() {
  if (own.length >= MOST_OWN) return;
  own.push(shownNow());
  state.trail.push({ keep: true });
}

export function dropOwn() {
  own = [];
}

/** @param {Example} example */
export function showExample(example) {
  for (const [array, numbers] of example) ARRAYS[array].set(numbers);
}

/**
 * Runs a function for each example, then shows the former inputs again.
 * @param {Example[]} examples @param {() => void} each
 */
function forEach(examples, each) {
  const before = shownNow();
  for (const example of examples) {
    showExample(example);
    run();
    each();
  }
  showExample(before);
}

/**
 * Takes one step on the mean loss of a batch. The examples come in an order that is shuffled anew for each time round.
 * @param {number} batch how many examples; all where there are fewer
 */
export function learnFrom(batch) {
  const chosen = batchOf(batch);
  const sums = model.gradients.map((array) => new Float64Array(size(array)));
  let loss = 0;
  forEach(chosen, () => {
    loss += lossNow() / chosen.length;
    model.gradients.forEach((array, k) => {
      const [sum, gradient] = [sums[k], ARRAYS[array]];
      for (let place = 0; place < sum.length; place++) sum[place] += gradient[place] / chosen.length;
    });
  });
  model.gradients.forEach((array, k) => {
    ARRAYS[array].set(sums[k]);
  });
  RULES[state.rule]();
  state.losses.push(loss);
  takeStep();
  noteSteps(1, batch);
}

/** The examples of the next batch. @param {number} batch */
export function batchOf(batch) {
  const all = seenOnes();
  const count = Math.min(batch, all.length);
  const from = state.trained * count;
  return Array.from({ length: count }, (_, k) => {
    const round = Math.floor((from + k) / all.length);
    return all[shuffled(all.length, round)[(from + k) % all.length]];
  });
}

/**
 * Begins with weights by chance, as PyTorch does: evenly within one through the root of how many numbers come in. What
 * has one dimension stays as it is, but for a bias, which becomes 0.
 * @param {number} seed
 */
export function forget(seed) {
  const random = chance(seed);
  for (const [array, { isParameter, shape, name }] of Object.entries(model.tensors)) {
    if (!isParameter) continue;
    const numbers = ARRAYS[array];
    const bound = 1 / Math.sqrt(shape.slice(1).reduce((product, each) => product * each, 1));
    if (shape.length > 1) for (let k = 0; k < numbers.length; k++) numbers[k] = bound * (2 * random() - 1);
    else if (name.endsWith("bias")) numbers.fill(0);
  }
  for (const [now] of model.kept) if (!Object.hasOwn(model.tensors, now)) ARRAYS[now].set(first.get(now) ?? []);
  ARRAYS[model.step].set(first.get(model.step) ?? []);
  Object.assign(state, { trained: 0, losses: [] });
  state.trail.push({ forget: seed });
  compute();
}

/** The class that the network read at first, and the number of the computation at which that was asked. */
let readBefore = { at: -1, found: -1 };

/** The class that the untrained network reads in the picture that is shown; -1 if it reads none. */
export function readAtFirst() {
  const outcome = classes();
  if (!outcome || readBefore.at === computed) return outcome ? readBefore.found : -1;
  const parameters = Object.keys(model.tensors).filter((array) => model.tensors[array].isParameter);
  const now = new Map(parameters.map((array) => [array, Float64Array.from(ARRAYS[array])]));
  for (const array of parameters) ARRAYS[array].set(first.get(array) ?? []);
  run();
  readBefore = { at: computed, found: best(outcome) };
  for (const [array, numbers] of now) ARRAYS[array].set(numbers);
  run();
  return readBefore.found;
}

/** For each unseen example, true if it is read rightly. @returns {boolean[]} */
export function readings() {
  const outcome = classes();
  const found = /** @type {boolean[]} */ ([]);
  if (!outcome) return found;
  forEach(unseenOnes(), () => found.push(isReadRightly(outcome)));
  compute();
  return found;
}

/** All examples, those that the network reads worst first. @returns {Example[]} */
export function hardestFirst() {
  const outcome = classes();
  const examples = [...unseenOnes(), ...seenOnes()];
  if (!outcome) return examples;
  const shares = /** @type {number[]} */ ([]);
  forEach(examples, () => shares.push(ARRAYS[outcome.shares][ARRAYS[outcome.target][0]]));
  compute();
  const order = examples.map((_, k) => k).sort((one, other) => shares[one] - shares[other]);
  return order.map((k) => examples[k]);
}

/** The mean loss on the unseen examples, and the number of them that are read rightly. */
export function measured() {
  const outcome = classes();
  let [loss, right] = [0, 0];
  const examples = unseenOnes();
  forEach(examples, () => {
    loss += lossNow() / examples.length;
    if (outcome && isReadRightly(outcome)) right++;
  });
  compute();
  return { loss, right, count: examples.length };
}
