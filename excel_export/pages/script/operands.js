/** A step on a few numbers: boxes, joined by arrows that carry the slopes; the value above, its gradient below. */

import { html, nothing } from "lit-html";
import { readBy } from "./elements.js";
import { model, size } from "./network.js";
import { isBackward } from "./place.js";
import { edgesOf, gradientOf, tensorOf } from "./slopes.js";
import { state } from "./state.js";
import { named, plain, say } from "./words.js";

/** Numbers of a tensor at most; one with more is drawn as a picture. `MOST_BOXES` at once; more are a table. */
const FEW = 12;
const MOST_BOXES = 6;

/** An arrow from a number to another, and the slope that it carries. @typedef {{ from: At, to: At, slope: number | null }} Arrow */

/**
 * The arrows of an element; null if its tensors have too many numbers.
 * @param {View} view @param {number} element @param {Account | null} account @returns {Arrow[] | null}
 */
export function arrowsOf(view, element, account) {
  if (!account || view.isGiven || view.slots.some((array) => size(array) > FEW)) return null;
  const arrows = view.companion ? arriving(view.companion, view.made, element) : leaving(view, element, account);
  const boxes = new Set(arrows?.flatMap(({ from, to }) => [from, to].map(keyOf)));
  return arrows?.length && boxes.size <= MOST_BOXES + 1 ? arrows : null;
}

/** @param {At} at */
const keyOf = ({ array, place }) => `${array}.${place}`;

/** On the way back: from a number to those that its gradient comes from. @param {string} array @param {string} gradient @param {number} place */
function arriving(array, gradient, place) {
  const edges = edgesOf(gradient, place);
  if (!edges?.length || edges.some((edge) => !tensorOf(edge.gradient))) return null;
  return edges.map((edge) => ({
    from: { array, place },
    to: { array: String(tensorOf(edge.gradient)), place: edge.place },
    slope: edge.slope,
  }));
}

/** Forward: from what is read to what is made. @param {View} view @param {number} element @param {Account} account */
function leaving(view, element, account) {
  const to = { array: view.made, place: element };
  const target = gradientOf(view.made);
  const distinct = new Map(readBy(account).map((number) => [keyOf(number), number]));
  if ([...distinct.values()].some(({ array }) => !model.tensors[array] || size(array) > FEW)) return null;
  return [...distinct.values()].map(({ array, place }) => {
    const own = gradientOf(array);
    const edges = own && target ? edgesOf(own, place) : null;
    const here = edges?.filter((edge) => edge.gradient === target && edge.place === element);
    return { from: { array, place }, to, slope: here?.length ? here.reduce((sum, edge) => sum + edge.slope, 0) : null };
  });
}

/** @param {At} at @param {string} role */
function box({ array, place }, role) {
  const gradient = isBackward() ? gradientOf(array) : null;
  const isPinned = state.pinned?.array === array && state.pinned.place === place;
  return html`<div class="number ${role} ${isPinned ? "pinned" : ""}" data-slides=${keyOf({ array, place })}>
    <span class="role">${say(`role-${role}`)}</span>
    <button type="button" data-number=${keyOf({ array, place })}><span>${named(array, place)}</span><b>${plain(ARRAYS[array][place])}</b></button>
    ${gradient ? html`<button type="button" class="slope" data-number="${gradient}.${place}">∂L/∂ = ${plain(ARRAYS[gradient][place])}</button>` : nothing}</div>`;
}

/** @param {Arrow[]} arrows */
export function operands(arrows) {
  const isBack = isBackward();
  const arrow = (/** @type {Arrow} */ { slope }) =>
    html`<div class="arrow"><span>${slope === null ? "" : `${say("slope")} ${plain(slope)}`}</span><i aria-hidden="true">${isBack ? "⟵" : "⟶"}</i></div>`;
  const [left, right] = isBack ? ["companion", "arriving"] : ["read", "made"];
  const [{ from, to }] = arrows;
  const isFan = arrows.length > 1 && arrows.every((each) => keyOf(each.from) === keyOf(from));
  const fan = arrows.map(
    (each) =>
      html`<div class="strand">${isFan ? nothing : box(each.from, left)}${arrow(each)}${isFan ? box(each.to, right) : nothing}</div>`,
  );
  return html`<div class="operands">${isFan ? box(from, left) : nothing}<div class="fan">${fan}</div>${isFan ? nothing : box(to, right)}</div>`;
}
