/** The outcome: the class that is read, with its probabilities, and if that was right; or the tensors that a loss compares. */

import { html, nothing } from "lit-html";
import { compute, model, size } from "./network.js";
import { SOFT_FROM } from "./pen.js";
import { painted, paintSmall } from "./pictures.js";
import { renderAt, state } from "./state.js";
import { edit } from "./trail.js";
import { fixed, inLanguage, more, plain, say } from "./words.js";

const MOST_ROWS = 12;
/** Pixels for one of two pictures that are compared. */
const BESIDE = { width: 110, height: 160, most: 16 };

export const outcomes = () =>
  html`<div id="outcome" tabindex="-1">${model.outcomes.map((each) => {
    if ("compared" in each) return columns(each);
    return each.rows === 1 ? shares(each) : many(each);
  })}</div>`;

/** The probabilities of classes, where there are any. */
export const classes = () => model.outcomes.find((each) => "shares" in each);

/** The picture that is read as one of some classes: it can be painted, and the true class asked. */
export const read = () => {
  const pictures = model.inputs.filter(({ kind, shape }) => kind === "picture" && shape[shape.length - 1] >= SOFT_FROM);
  return pictures.length === 1 && classes()?.rows === 1 && label() ? pictures[0] : null;
};

/** The input with the true class. */
export const label = () => model.inputs.find(({ array, limits }) => array === classes()?.target && limits);

/** The class with the largest probability. @param {Shares} outcome */
export function best({ shares: array, count }, row = 0) {
  const numbers = ARRAYS[array].subarray(row * count, (row + 1) * count);
  return numbers.indexOf(Math.max(...numbers));
}

/** True if the picture that is shown is read rightly. @param {Shares} outcome */
export const isReadRightly = (outcome) => best(outcome) === ARRAYS[outcome.target][0];

/** After painting, the true class is unknown. Until a reader tells it, the class that is read is taken for it. */
export function askAnew() {
  const outcome = classes();
  if (!read() || !outcome) return;
  state.isAsked = true;
  const found = best(outcome);
  if (ARRAYS[outcome.target][0] === found) return;
  edit(outcome.target, 0, found);
  compute();
}

/** The truth is known. */
export function heard() {
  state.isAsked = false;
  if (state.minute === "paint") state.minute = "answer";
}

/** @param {Shares} outcome @param {number} truth */
function tell({ target }, truth) {
  heard();
  if (ARRAYS[target][0] !== truth) edit(target, 0, truth);
  compute();
  if (state.minute) renderAt("follow");
  else renderAt("outcome");
}

/** @param {Shares} outcome */
function shares(outcome) {
  const { shares: array, target, count } = outcome;
  const right = ARRAYS[target][0];
  const found = best(outcome);
  const rows = [...ARRAYS[array]].slice(0, Math.min(MOST_ROWS, count)).map((share, k) => {
    const isRight = k === right && !state.isAsked;
    return html`<tr class=${isRight ? "right" : ""}><th scope="row">${k}${isRight ? ` ${say("is-true")}` : ""}</th>
      <td class="track"><i class="bar" .style=${`width:${(share * 100).toFixed(2)}%`}></i>${
        state.minute === "answer" ? blamed(Number(k === right) - share) : nothing
      }</td><td>${fixed(100 * share, 1)} %</td></tr>`;
  });
  return html`<p class="reads">${say("reads", { best: found })}</p>${
    state.isAsked ? question(outcome, found, Math.min(MOST_ROWS, count)) : nothing
  }<table><tbody>${rows}</tbody></table>${state.minute === "answer" ? html`<p class="note">${say("bars-legend")}</p>` : nothing}`;
}

/** A bar for the change that a score needs: minus its gradient, which is the share less 1 for the true class. @param {number} wanted */
const blamed = (wanted) =>
  html`<i class="bar ${wanted > 0 ? "more" : "less"}" .style=${`width:${(Math.abs(wanted) * 100).toFixed(2)}%`}></i>`;

/** @param {Shares} outcome @param {number} found @param {number} count */
const question = (outcome, found, count) => html`<div id="asked"><p>${say("was-it-right")}</p><div class="row">
  <button type="button" id="right" class="strong" @click=${() => tell(outcome, found)}>${say("yes")}</button>
  <span>${say("no-it-is")}</span>${Array.from({ length: count }, (_, k) =>
    k === found
      ? nothing
      : html`<button type="button" class="digit" data-truth=${k} @click=${() => tell(outcome, k)}>${k}</button>`,
  )}</div></div>`;

/** For each row of a batch: the class that is read, its share, and the true class. @param {Shares} outcome */
function many(outcome) {
  const { shares: array, target, rows, count } = outcome;
  return table([say("is-read"), say("surely"), say("wanted")], rows, (row) => {
    const [found, wanted] = [best(outcome, row), ARRAYS[target][row]];
    const isRight = found === wanted;
    return html`<tr class=${isRight ? "right" : ""}><td>${found}</td><td>${fixed(ARRAYS[array][row * count + found], 3)}</td>
      <td>${wanted}${isRight ? " ✓" : ""}</td></tr>`;
  });
}

/** True if an array is shown as a picture: it has rows and columns, and too many numbers for a table. @param {string} array */
function isPicture(array) {
  const { shape } = model.tensors[array];
  return shape.length === 4 && size(array) > MOST_ROWS && shape.slice(2).every((side) => side > 2);
}

/** @param {Compared} outcome */
function columns({ compared: pair, count }) {
  const heads = pair.map(({ name }) => inLanguage(name));
  if (pair.every(({ array }) => isPicture(array)))
    return html`<div class="compared">${pair.map(({ array }, k) => {
      const drawn = painted((canvas) => paintSmall(canvas, array, BESIDE));
      return html`<figure><canvas role="img" aria-label=${heads[k]} ${drawn}></canvas><figcaption class="note">${heads[k]}</figcaption></figure>`;
    })}</div>`;
  return table(
    heads,
    count,
    (k) => html`<tr>${pair.map(({ array }) => html`<td>${plain(ARRAYS[array][k])}</td>`)}</tr>`,
  );
}

/** @param {string[]} heads @param {number} count @param {(row: number) => unknown} row */
const table = (heads, count, row) =>
  html`<table class="compared"><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
    <tbody>${Array.from({ length: Math.min(MOST_ROWS, count) }, (_, k) => row(k))}</tbody></table>${more(count - MOST_ROWS)}`;
