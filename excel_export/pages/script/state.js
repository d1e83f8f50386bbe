/** The state of the page: the place that a reader looks at, and their changes. */

import { viewsOf } from "./elements.js";
import { compute, first, model, size } from "./network.js";

/** The screens of the first minute: paint, say whether it was right, follow a pixel; then the whole page. */
/** @typedef {"" | "paint" | "answer" | "tour"} Minute */

export const state = {
  language: "en",
  step: 1,
  view: 0,
  /** @type {number | null} */
  element: null,
  /** @type {number | null} */
  group: null,
  /** The number that is chosen, and of its way to the loss, where that is shown, the branches that are taken. */
  pinned: /** @type {Pin | null} */ (null),
  way: /** @type {Map<number, number> | null} */ (null),
  rule: 0,
  /** The number of examples in a step; 0 for the inputs that are shown. */
  batch: 0,
  trained: 0,
  /** @type {number[]} */
  losses: [],
  /** True if the browser's back button leads to the place before. */
  hasJumped: false,
  /** The reader's changes in order. They travel in the link. */
  trail: /** @type {Deed[]} */ ([]),
  minute: /** @type {Minute} */ (""),
  /** The screen of the tour. */
  screen: 0,
  /** True if a picture was painted, and nobody has told its class yet. */
  isAsked: false,
  /** True if a painting is scaled and centred before the network gets it. */
  isCentring: true,
  /** True if the state came with somebody's link, and has not changed since. */
  isSent: false,
  /** The question, those whose answers were seen, and what was typed. */
  stop: 0,
  seen: /** @type {Set<number>} */ (new Set()),
  answers: /** @type {Map<number, string>} */ (new Map()),
};

let draw = () => {};
/** @param {() => void} by what draws the page */
export function drawBy(by) {
  draw = by;
}
/** Draws the page anew from the state. */
export const render = () => draw();

/** Draws the page anew, and moves the keyboard to where a reader goes on. @param {string} id */
export function renderAt(id) {
  render();
  document.getElementById(id)?.focus({ preventScroll: true });
}

export const shownView = () => (viewsOf(state.step)[state.view] ?? viewsOf(state.step)[0]).view;

/** @param {View} view */
export const shownElement = (view) =>
  state.element !== null && state.element < size(view.made) ? state.element : view.first;

export const isBackward = () => ["backward", "loss"].includes(model.steps[state.step - 1].direction);

/** The number of the view with which a step begins. @param {number} number */
export function mainView(number) {
  const views = viewsOf(number);
  const any = views.findIndex(({ isMain }) => isMain);
  const picture = views.findIndex(({ isMain, view }) => isMain && model.tensors[view.made].shape.length > 1);
  return Math.max(0, picture < 0 ? any : picture);
}

/**
 * Goes to a step, without drawing it.
 * @param {number} step @param {number | null} view @param {number | null} element @param {Pin | null} pinned
 */
export function turnTo(step, view = null, element = null, pinned = null) {
  const number = Math.min(Math.max(1, step), model.steps.length);
  Object.assign(state, { step: number, view: view ?? mainView(number), element, group: null, pinned, way: null });
  state.hasJumped = true;
}

/** @param {Parameters<typeof turnTo>} where */
export function goTo(...where) {
  turnTo(...where);
  render();
}

/** @param {string} array @param {number} place */
export function pin(array, place) {
  state.pinned = { array, place };
  state.way &&= new Map();
  render();
}

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
