/** What comes out: what is read, with its probabilities, and whether that was right; or what a loss compares. */

import { html, nothing } from "lit-html";
import { compute, model } from "./network.js";
import { SOFT_FROM } from "./pen.js";
import { edit, render, state } from "./state.js";
import { fixed, inLanguage, plain, say } from "./words.js";

const MOST_ROWS = 12;

export const outcomes = () =>
  html`<div id="outcome">${model.outcomes.map((each) => {
    if ("shares" in each) return each.rows === 1 ? shares(each) : many(each);
    return "compared" in each ? compared(each) : lastOnes(each);
  })}</div>`;

/** The probabilities of classes, where there are any. */
export const classes = () => model.outcomes.find((each) => "shares" in each);

/** The picture that is read as one of some classes: it can be painted, and the true class asked. */
export const read = () => {
  const pictures = model.inputs.filter(({ kind, shape }) => kind === "picture" && shape[shape.length - 1] >= SOFT_FROM);
  return pictures.length === 1 && classes()?.rows === 1 && label() ? pictures[0] : null;
};

/** The input that says what is true. */
export const label = () => model.inputs.find(({ array, limits }) => array === classes()?.target && limits);

/** The class with the largest probability. @param {Shares} outcome */
export function best({ shares: array, count }, row = 0) {
  const numbers = ARRAYS[array].subarray(row * count, (row + 1) * count);
  return numbers.indexOf(Math.max(...numbers));
}

/** After painting: the truth is not known. Until a reader says it, what is read is taken for it. */
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
  render();
}

/** @param {Shares} outcome */
function shares(outcome) {
  const { shares: array, target, count } = outcome;
  const right = ARRAYS[target][0];
  const found = best(outcome);
  const rows = [...ARRAYS[array]].slice(0, Math.min(MOST_ROWS, count)).map((share, k) => {
    const isRight = k === right && !state.isAsked;
    return html`<tr class=${isRight ? "right" : ""}><th scope="row">${k}${isRight ? " ✓" : ""}</th>
      <td class="track"><i class="bar" .style=${`width:${(share * 100).toFixed(2)}%`}></i></td><td>${fixed(share, 3)}</td></tr>`;
  });
  return html`<p class="reads">${say("reads", { best: found })}</p>${
    state.isAsked ? question(outcome, found, Math.min(MOST_ROWS, count)) : nothing
  }<table><tbody>${rows}</tbody></table>`;
}

/** @param {Shares} outcome @param {number} found @param {number} count */
const question = (outcome, found, count) => html`<div id="asked"><p>${say("was-it-right")}</p><div class="row">
  <button type="button" id="right" class="strong" @click=${() => tell(outcome, found)}>${say("yes")}</button>
  <span>${say("no-it-is")}</span>${Array.from({ length: count }, (_, k) =>
    k === found
      ? nothing
      : html`<button type="button" class="digit" data-truth=${k} @click=${() => tell(outcome, k)}>${k}</button>`,
  )}</div></div>`;

/** Of each row of a batch what is read, and what is wanted. @param {Shares} outcome */
function many(outcome) {
  const { shares: array, target, rows, count } = outcome;
  const listed = Array.from({ length: Math.min(MOST_ROWS, rows) }, (_, row) => {
    const [found, wanted] = [best(outcome, row), ARRAYS[target][row]];
    return html`<tr class=${found === wanted ? "right" : ""}><td>${found}</td><td>${fixed(ARRAYS[array][row * count + found], 3)}</td>
      <td>${wanted}${found === wanted ? " ✓" : ""}</td></tr>`;
  });
  return html`<table class="compared"><thead><tr><th scope="col">${say("is-read")}</th><th scope="col">${say("surely")}</th>
    <th scope="col">${say("wanted")}</th></tr></thead><tbody>${listed}</tbody></table>${rest(rows)}`;
}

/** @param {Compared} outcome */
function compared({ compared: pair, count }) {
  const rows = Array.from(
    { length: Math.min(MOST_ROWS, count) },
    (_, k) => html`<tr>${pair.map(({ array }) => html`<td>${plain(ARRAYS[array][k])}</td>`)}</tr>`,
  );
  return html`<table class="compared"><thead><tr>${pair.map(({ name }) => html`<th scope="col">${inLanguage(name)}</th>`)}</tr></thead>
    <tbody>${rows}</tbody></table>${rest(count)}`;
}

/** @param {Last} outcome */
function lastOnes({ last: { array, name }, count }) {
  const cells = [...ARRAYS[array]].slice(0, MOST_ROWS).map((number) => html`<span>${plain(number)}</span>`);
  return html`<div class="last"><b>${inLanguage(name)}</b><p>${cells}</p>${rest(count)}</div>`;
}

/** @param {number} count */
const rest = (count) =>
  count > MOST_ROWS ? html`<p class="note">${say("more", { count: count - MOST_ROWS })}</p>` : nothing;
