/** Learning, as a reader steers it: one step, thirty, or on and on, by any rule, from one picture or from many. */

import { html, nothing } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { chance } from "./chance.js";
import { curve, keepRun, measure, restartCurve } from "./curve.js";
import { BATCHES, dropOwn, forget, keepExample, learn, learnFrom, ownCount, seenOnes, unseenOnes } from "./learning.js";
import { compute, lossNow, model } from "./network.js";
import { read } from "./outcome.js";
import { whenTyped } from "./pinned.js";
import { render, state } from "./state.js";
import { chosenIn } from "./steps.js";
import { change, edit, restore } from "./trail.js";
import { inLanguage, say } from "./words.js";

const EACH = 120;
const THIRTY = 30;
/** A rule and a learning rate by which an untrained network learns well. */
const ANEW = { rule: "Adam", rate: 0.01 };

/** @type {ReturnType<typeof setInterval> | null} */
let playing = null;

/** Takes steps, and keeps the loss of each. @param {number} steps */
export function train(steps) {
  for (let k = 0; k < steps && Number.isFinite(lossNow()); k++) {
    if (state.batch) learnFrom(state.batch);
    else learn();
  }
  measure();
  render();
}

export function stopPlaying() {
  if (playing) clearInterval(playing);
  playing = null;
}

function togglePlaying() {
  if (playing) stopPlaying();
  else playing = setInterval(() => train(1), EACH);
  render();
}

function reset() {
  stopPlaying();
  keepRun();
  restore();
  dropOwn();
  restartCurve();
  compute();
  render();
}

function beginAnew() {
  stopPlaying();
  keepRun();
  forget(1 + Math.floor(chance(state.trail.length + state.trained)() * 1000));
  state.rule = Math.max(0, model.rule.names.indexOf(ANEW.rule));
  edit(model.rate, 0, ANEW.rate);
  restartCurve();
  compute();
  measure();
  render();
}

/** @param {Event} event */
function chooseSource(event) {
  state.batch = Number(chosenIn(event));
  stopPlaying();
  restartCurve();
  measure();
  render();
}

/** @param {Event} event */
function chooseRule(event) {
  state.rule = Number(chosenIn(event));
  compute();
  render();
}

/** @param {string} array @param {string} id */
const numberField = (
  array,
  id,
) => html`<input id=${id} type="number" step="any" .value=${live(String(ARRAYS[array][0]))}
  @change=${(/** @type {Event} */ event) => whenTyped(event, (number) => change(array, 0, number))}>`;

export function training() {
  const { rule } = model;
  const name = rule.names[state.rule];
  const numbers = rule.numbers.filter((each) => each.rules.includes(name) && name !== "SGD");
  return html`<fieldset><legend>${say("learning")}</legend>${model.examples ? source() : nothing}
    <div class="pair"><label>${say("rule")}<select id="rule" @change=${chooseRule}>${rule.names.map(
      (each, k) =>
        html`<option value=${k} title=${inLanguage(rule.words[k])} .selected=${live(k === state.rule)}>${each}</option>`,
    )}</select></label><label>${say("rate")}${numberField(model.rate, "rate")}</label></div>
    <div class="row"><button type="button" id="one" @click=${() => train(1)}>${say("one-step")}</button>
      <button type="button" id="thirty" @click=${() => train(THIRTY)}>${say("thirty-steps")}</button>
      <button type="button" id="play" aria-pressed=${playing !== null} @click=${togglePlaying}>${say(playing ? "pause" : "play")}</button>
      <button type="button" id="reset" @click=${reset}>${say("reset")}</button></div>
    <div id="curve">${curve(state.batch > 0)}</div>
    <div id="hyper">${numbers.map(
      (each) =>
        html`<label title=${inLanguage(each.words)}>${inLanguage(each.name)}${numberField(each.array, `hyper-${each.array}`)}</label>`,
    )}</div></fieldset>`;
}

/** The choice of examples, and of the batch size. */
function source() {
  const [seen, unseen] = [seenOnes().length, unseenOnes().length];
  const keep = () => {
    keepExample();
    render();
  };
  return html`<label>${say("learn-from")}<select id="source" @change=${chooseSource}>
      <option value="0" .selected=${live(state.batch === 0)}>${say("from-this")}</option>
      ${BATCHES.map((each) => html`<option value=${each} .selected=${live(state.batch === each)}>${say(each >= seen ? "from-all" : each === 1 ? "from-one" : "from-many", { batch: Math.min(each, seen), seen })}</option>`)}
    </select></label>
    <p class="note">${say("examples", { seen, unseen, own: ownCount() })}</p>
    <div class="row"><button type="button" id="anew" @click=${beginAnew}>${say("begin-anew")}</button>${
      read()
        ? html`<button type="button" id="keep" ?disabled=${state.isAsked} @click=${keep}>${say("keep-picture")}</button>`
        : nothing
    }</div>`;
}
