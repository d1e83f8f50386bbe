/** The place that a reader looks at: a step, its view, an element, a pinned number. */

import { viewsOf } from "./elements.js";
import { model, size } from "./network.js";
import { render, state } from "./state.js";

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
