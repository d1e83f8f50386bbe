/** The network: its contents for the page, its numbers, and the functions that compute them. */

import { state } from "./state.js";

/** @type {Model} */
export let model;
/** @type {Map<string, Float64Array>} The numbers as they were at first. */
export const first = new Map();
/** The number of computations so far. */
export let computed = 0;

/** Return numbers from the steps between them: [3, 1, 1] are 3, 4, 5. @param {number[]} steps */
export function running(steps) {
  let last = 0;
  return steps.map((step) => {
    last += step;
    return last;
  });
}

/** @param {string} text base64 */
export function bytesOf(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let k = 0; k < letters.length; k++) bytes[k] = letters.charCodeAt(k);
  return bytes;
}

/** @param {string} text the model, compressed, as base64 */
export async function load(text) {
  const packed = new Blob([bytesOf(text)]).stream();
  model = await new Response(packed.pipeThrough(new DecompressionStream("deflate"))).json();
  for (const [name, numbers] of Object.entries(model.numbers)) ARRAYS[name].set(unpacked(numbers));
  for (const [name, array] of Object.entries(ARRAYS)) first.set(name, Float64Array.from(array));
  for (const tiles of Object.values(model.tiles)) {
    tiles.rows = running(tiles.rows);
    tiles.columns = running(tiles.columns);
    tiles.elements = running(tiles.elements);
  }
  for (const view of model.views) unfold(view);
}

/** @param {Packed} numbers */
export function unpacked(numbers) {
  if (typeof numbers[0] !== "string") return /** @type {number[]} */ (numbers);
  const bytes = bytesOf(String(numbers[1]));
  if (numbers[0] === "u1") return bytes;
  return numbers[0] === "f4" ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
}

/** Gives each element of a view its group, and its place among the elements of that. @param {View} view */
function unfold(view) {
  view.group = running(view.group);
  const counts = view.groups.map(() => 0);
  view.row = view.group.map((number) => (number < 0 ? 0 : counts[number]++));
  for (const group of view.groups) {
    group.first = running(group.first);
    group.moves = group.moves.map(running);
    group.of = running(group.of);
  }
}

/** Computes everything: forward, backward, and the parameters after a step. */
export function compute() {
  run();
  RULES[state.rule]();
  computed++;
}

export const lossNow = () => ARRAYS[model.loss][0];

/** @param {string} array */
export const size = (array) => ARRAYS[array].length;

/** The loss, were the step taken. */
export function lossAfter() {
  const kept = new Map(Object.entries(ARRAYS).map(([name, array]) => [name, Float64Array.from(array)]));
  for (const [now, then] of model.kept) ARRAYS[now].set(ARRAYS[then]);
  run();
  const loss = lossNow();
  for (const [name, array] of kept) ARRAYS[name].set(array);
  return loss;
}

/** The slope of the loss by one number, from a tiny change of it. @param {string} array @param {number} place */
export function nudged(array, place) {
  const before = ARRAYS[array][place];
  const by = 1e-5 * Math.max(1, Math.abs(before));
  const losses = [by, -by].map((change) => {
    ARRAYS[array][place] = before + change;
    run();
    return lossNow();
  });
  ARRAYS[array][place] = before;
  compute();
  return { by, slope: (losses[0] - losses[1]) / (2 * by) };
}

/**
 * The array that a program's name means; null where it means none. Names such as `constructor` mean what is there only.
 * @param {string} name
 */
export const arrayOf = (name) => (Object.hasOwn(model.keys, name) ? model.keys[name] : null);

/** Gives an array its first numbers again. @param {string} array */
export const restored = (array) => ARRAYS[array].set(first.get(array) ?? []);
