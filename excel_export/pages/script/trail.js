/** The reader's changes: typed numbers and steps of training. They travel in the link. */

import { compute, first, model } from "./network.js";
import { render, state } from "./state.js";

/** @type {string[] | undefined} */
let slots;

/** The arrays that a reader may change. Links name them by their numbers in this list, whatever they are called. */
export function editable() {
  slots ??= [
    model.rate,
    ...model.rule.numbers.map((each) => each.array),
    ...model.inputs.map((input) => input.array),
    ...Object.keys(model.tensors).filter((array) => model.tensors[array].isParameter),
  ];
  return slots;
}

/** Changes a number, for now and for the link. @param {string} array @param {number} place @param {number} value */
export function edit(array, place, value) {
  ARRAYS[array][place] = value;
  notesOf(array).set(place, value);
}

/** The map in which changes of an array are noted now: numbers by their places. @param {string} array @returns {Map<number, number>} */
function notesOf(array) {
  state.isSent = false;
  const slot = editable().indexOf(array);
  let last = state.trail[state.trail.length - 1];
  if (!last || !("edits" in last)) {
    last = { edits: new Map() };
    state.trail.push(last);
  }
  const notes = last.edits.get(slot) ?? new Map();
  last.edits.set(slot, notes);
  return notes;
}

/** Makes noted changes once more; a place that its array lacks is left out. @param {Map<number, Map<number, number>>} edits */
export function editAgain(edits) {
  for (const [slot, values] of edits) {
    const array = editable()[slot];
    for (const [place, value] of values) if (place < (ARRAYS[array]?.length ?? 0)) edit(array, place, value);
  }
}

/** Changes all numbers of an array, for now and for the link. @param {string} array @param {ArrayLike<number>} numbers */
export function put(array, numbers) {
  const notes = notesOf(array);
  ARRAYS[array].set(numbers);
  for (let place = 0; place < numbers.length; place++) notes.set(place, numbers[place]);
}

/** @param {string} array @param {number} place @param {number} value */
export function change(array, place, value) {
  edit(array, place, value);
  compute();
  render();
}

/**
 * Notes that steps were taken: on one picture, or on batches of many.
 * @param {number} steps @param {number} batch 0 for the inputs that are shown
 */
export function noteSteps(steps, batch) {
  state.isSent = false;
  const last = state.trail[state.trail.length - 1];
  if (last && "steps" in last && last.rule === state.rule && last.batch === batch) last.steps += steps;
  else state.trail.push({ steps, rule: state.rule, batch });
  state.trained += steps;
}

/** Undoes all learning; painted and typed numbers stay. */
export function unlearn() {
  const typed = state.trail.filter((deed) => "edits" in deed);
  const { isAsked, rule } = state;
  restore();
  for (const { edits } of typed) editAgain(edits);
  Object.assign(state, { isAsked, rule });
  compute();
}

/** The trail as text, to tell one from another. */
export const trailText = () => JSON.stringify(state.trail, (_, value) => (value instanceof Map ? [...value] : value));

/** Everything as it was at first. */
export function restore() {
  for (const [name, array] of first) ARRAYS[name].set(array);
  Object.assign(state, { trail: [], trained: 0, losses: [], rule: model.rule.chosen, isAsked: false, isSent: false });
}
