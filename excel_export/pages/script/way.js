/** The way from a chosen number to the loss: its numbers in a row, each with the slope that leads to it. */

import { html, nothing } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { makerOf } from "./elements.js";
import { goTo } from "./place.js";
import { countWays, productOf, tensorOf, wayFrom } from "./slopes.js";
import { render, state } from "./state.js";
import { chosenIn } from "./steps.js";
import { bracketed, named, plain, powerOfTen, say } from "./words.js";

const MOST_CHOICES = 30;

/** The way of the chosen number; empty if none is chosen, or no gradient reaches it. */
export function pinnedWay() {
  if (!state.pinned) return [];
  const { array, place } = state.pinned;
  return wayFrom(tensorOf(array) ?? array, place, state.way ?? undefined);
}

/** @param {boolean} isOpen */
export function openWay(isOpen) {
  state.way = isOpen ? new Map() : null;
  render();
}

/** @param {OnWay[]} way */
export function wayToLoss(way) {
  if (state.way === null || !way.length) return nothing;
  const { slopes, product } = productOf(way);
  const last = way[way.length - 1];
  return html`<p>${say("way-words")}</p>
  <p class="line">${say(last.isEnd ? "way-product" : "way-begins")}: ${slopes.map(bracketed).join(" · ")} = <b class="result">${plain(product)}</b></p>
  <p class="sum">${sumLine(way[0])}</p><ol>${way.map((number, k) => {
    const slope = way[k - 1]?.taken?.slope;
    return html`${slope === undefined ? nothing : html`<li class="by">× <b>${plain(slope)}</b> →</li>`}<li>${onWay(number, way[k - 1], k)}</li>`;
  })}</ol>`;
}

/**
 * One number on the way, which leads to where its gradient is made; where it is one of several, the others, too.
 * @param {OnWay} number @param {OnWay | undefined} before @param {number} k
 */
function onWay({ array, gradient, place }, before, k) {
  const maker = makerOf(gradient);
  const button = html`<button type="button" id="on-way-${k}"
    @click=${() => maker && goTo(maker.step, maker.view, place, state.pinned)}><b>${named(array, place)}</b><span>${plain(ARRAYS[array][place])}</span></button>`;
  return before?.edges && before.edges.length > 1
    ? html`<div>${button}${fork(before, before.edges, k - 1)}</div>`
    : button;
}

/**
 * The ways on from a number, those with the largest sums first.
 * @param {OnWay} number @param {Edge[]} edges @param {number} depth
 */
function fork({ array, place, taken }, edges, depth) {
  const ways = edges
    .map((edge, k) => ({ edge, k }))
    .sort((one, other) => Math.abs(other.edge.product) - Math.abs(one.edge.product));
  const shown = ways.filter(({ edge }, k) => k < MOST_CHOICES || edge === taken);
  const choose = (/** @type {Event} */ event) => {
    const kept = [...(state.way ?? [])].filter(([each]) => each < depth);
    state.way = new Map([...kept, [depth, Number(chosenIn(event))]]);
    render();
  };
  return html`<div class="fork"><span class="note">${say("one-of", { count: edges.length })}</span>
    <select id="fork-${depth}" aria-label=${say("way-fork", { count: edges.length, name: named(array, place) })} @change=${choose}>
    ${shown.map(({ edge, k }) => html`<option value=${k} .selected=${live(edge === taken)}>${wayOn(edge)}</option>`)}
    ${ways.length > shown.length ? html`<option disabled>${say("more", { count: ways.length - shown.length })}</option>` : nothing}
    </select></div>`;
}

/** @param {Edge} edge */
function wayOn({ gradient, place, product }) {
  const array = tensorOf(gradient);
  return say("way-on", { name: array ? named(array, place) : say("several"), sum: plain(product) });
}

/** The sum over all ways. @param {OnWay} number */
function sumLine({ gradient, place }) {
  const count = countWays(gradient, place);
  const key = count === null ? "way-sum" : (["way-none", "way-only"][count] ?? "way-count");
  return say(key, {
    count: count !== null && count >= 1e6 ? powerOfTen(count) : plain(count ?? 0),
    name: named(gradient, place),
    value: plain(ARRAYS[gradient][place]),
  });
}
