/** The arithmetic of one number: a line, and each product in it. */

import { html, nothing } from "lit-html";
import { shareOf, sumsOf } from "./elements.js";
import { size } from "./network.js";
import { shownElement, shownView } from "./place.js";
import { render, state } from "./state.js";
import { keysOf } from "./tables.js";
import { bracketed, named, plain, say, signed } from "./words.js";

const LISTED = 9;
const FEW_TERMS = 4;
/** The number of products that are listed: the first `LISTED`, or all if there are one or two more. @param {number} count */
const listedOf = (count) => (count <= LISTED + 2 ? count : LISTED);

/** @param {Term} term */
export const times = (term) =>
  term.factor ? `${bracketed(term.cell.value)} · ${bracketed(term.factor.value)}` : bracketed(term.cell.value);

/** @param {string} text @param {string} keys */
const piece = (text, keys) => html`<span class="term" data-term=${keys}>${text}</span>`;

/** The right-hand side. @param {Account} account */
function lineOf(account) {
  const { terms, alone, spelled, bare, labels } = account;
  if (spelled.length)
    return spelled.map((text, k) => {
      const { value } = k ? terms[k - 1].cell : { value: 0 };
      return k ? [piece(bare[k - 1] ? plain(value) : bracketed(value), keysOf(terms[k - 1])), text] : text;
    });
  const rest = alone ? piece(signed(alone.value), alone.array ? `${alone.array}.${alone.place}` : "") : nothing;
  if (labels.length > 1) {
    const sums = sumsOf(account);
    const count = listedOf(sums.length);
    const listed = sums
      .slice(0, count)
      .map((sum, k) => html`<span class="group" title=${labels[k]}>${k ? signed(sum) : plain(sum)}</span>`);
    return [listed, moreOf(sums.slice(count)), rest];
  }
  // Of many products, those that are 0 only make the line long; where all are, it says so.
  const telling = terms.filter((term) => term.product !== 0);
  const counting = terms.length <= FEW_TERMS || !telling.length ? terms : telling;
  const count = listedOf(counting.length);
  const listed = counting.slice(0, count).map((term, k) => [k ? " + " : "", piece(times(term), keysOf(term))]);
  return [listed, moreOf(counting.slice(count).map((term) => term.product)), rest];
}

/** @param {number[]} numbers */
const moreOf = (numbers) =>
  numbers.length
    ? ` + [${say("more", { count: numbers.length })}: ${plain(numbers.reduce((sum, each) => sum + each, 0))}]`
    : "";

/** @param {View} view @param {number} element @param {Account | null} account */
export function arithmetic(view, element, account) {
  const value = ARRAYS[view.made][element];
  const left = html`<b>${named(view.made, element)}</b>`;
  const result = html`<b class="result">${plain(value)}</b>`;
  const isMade = account && (account.terms.length || account.alone);
  const why = view.isGiven ? "is-given" : account ? "nothing-here" : "not-apart";
  const share = isMade ? shareOf(view, account) : null;
  // The part that arrives on this way, if more arrives on others.
  const isPart = share !== null && Math.abs(share - value) > 1e-12 * Math.max(1, Math.abs(value));
  const line = !isMade
    ? html`${left} = ${result} <span class="note">${say(why)}</span>`
    : isPart
      ? html`${say("on-this-way")}: ${lineOf(account)} = <b>${plain(share)}</b>; ${left} ${say("in-all")} ${result}`
      : html`${left} = ${lineOf(account)} = ${result}`;
  return html`<p class="line">${line}</p><div class="under">${size(view.made) > 1 ? controls(view, element) : nothing}<output id="hovered"></output></div>`;
}

/** @param {View} view @param {number} element */
const controls = (view, element) => html`<span class="slide">
  <button type="button" id="earlier" aria-label=${say("element-before")} ?disabled=${element === 0} @click=${() => slide(-1)}>◂</button>
  <button type="button" id="slide" aria-pressed=${sliding !== null} @click=${toggleSliding}>${say(sliding ? "stop-sliding" : "slide")}</button>
  <button type="button" id="later" aria-label=${say("element-after")} ?disabled=${element === size(view.made) - 1} @click=${() => slide(1)}>▸</button></span>`;

/** @type {ReturnType<typeof setInterval> | null} */
let sliding = null;
const EACH = 600;

/** @param {number} by */
function slide(by) {
  const view = shownView();
  const count = size(view.made);
  state.element = (shownElement(view) + by + count) % count;
  render();
}

function toggleSliding() {
  if (sliding) clearInterval(sliding);
  sliding = sliding ? null : setInterval(() => slide(1), EACH);
  render();
}
