/** A number that a reader has chosen: its origin, the elements that read it, and its effect on the loss. */

import { html, nothing } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { makerOf, readersOf, usesOf, viewsOf } from "./elements.js";
import { nudged } from "./network.js";
import { goTo, isBackward } from "./place.js";
import { gradientOf } from "./slopes.js";
import { render, state } from "./state.js";
import { chosenIn } from "./steps.js";
import { change, editable } from "./trail.js";
import { openWay } from "./way.js";
import { exact, named, nameOf, plain, say } from "./words.js";

const MOST_GOALS = 12;

/** A number in a field: one that can be read, and that is not rounded unless it is typed. @param {number} number */
export const typed = (number) => String(Number(number.toPrecision(7)));

/** @param {Event} event @param {(number: number) => void} then what a typed number does */
export function whenTyped(event, then) {
  const number = /** @type {HTMLInputElement} */ (event.currentTarget).valueAsNumber;
  if (Number.isFinite(number)) then(number);
}

/** @param {View} view @param {OnWay[]} way */
export function pinned(view, way) {
  if (!state.pinned) return html`<p class="hint">${isBackward() ? `${say("gradient-is")} ` : ""}${say("hint")}</p>`;
  const { array, place, nudge } = state.pinned;
  const gradient = gradientOf(array);
  const isEditable = editable().includes(array);
  const value = ARRAYS[array][place];
  const readers = readersOf(view, array, place).length;
  const tryIt = () => {
    state.pinned = { array, place, nudge: nudged(array, place) };
    render();
  };
  return html`<div class="bar"><b>${named(array, place)}</b> = ${
    isEditable
      ? html`<input type="number" step="any" aria-label=${named(array, place)} .value=${live(typed(value))}
          @change=${(/** @type {Event} */ event) => whenTyped(event, (number) => change(array, place, number))}>`
      : html`<b>${plain(value)}</b>`
  }${gradient ? html`<span class="slope">∂L/∂: ${plain(ARRAYS[gradient][place])}</span>` : nothing}${
    isEditable && gradient ? html`<button type="button" id="nudge" @click=${tryIt}>${say("nudge")}</button>` : nothing
  }${
    way.length
      ? html`<button type="button" id="open-way" aria-pressed=${state.way !== null}
          @click=${() => openWay(state.way === null)}>${say("way")}</button>`
      : nothing
  }${readers ? html`<span>${say("read-here", { count: readers, name: nameOf(view.made) })}</span>` : nothing}${goals(view, array, place)}${
    nudge && gradient
      ? html`<span class="nudged">${say("nudged", { by: exact(nudge.by, 1), slope: exact(nudge.slope), gradient: exact(ARRAYS[gradient][place]) })}</span>`
      : nothing
  }<button type="button" data-close aria-label=${say("close")} @click=${unpin}>✕</button></div>`;
}

/** The step that computes the number, and the elements that read it. @param {View} view @param {string} array @param {number} place */
function goals(view, array, place) {
  const maker = makerOf(array);
  const found = [
    ...(maker && maker.step !== state.step ? [{ ...maker, made: "" }] : []),
    ...usesOf(array).filter(({ made }) => made !== view.made),
  ].slice(0, MOST_GOALS);
  if (!found.length) return nothing;
  const open = (/** @type {Event} */ event) => {
    const { step, view: number, made } = found[Number(chosenIn(event))];
    const element = made ? (readersOf(viewsOf(step)[number].view, array, place)[0] ?? null) : place;
    goTo(step, number, element, state.pinned);
  };
  return html`<select id="goals" aria-label=${say("go")} @change=${open}>
    <option disabled .selected=${live(true)}>${say("go")}</option>
    ${found.map(
      ({ step, made }, k) =>
        html`<option value=${k}>${made ? say("goes-to", { step, name: nameOf(made) }) : say("made-in", { step })}</option>`,
    )}</select>`;
}

export function unpin() {
  Object.assign(state, { pinned: null, way: null });
  render();
}
