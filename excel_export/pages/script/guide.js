/** A lesson's questions, one at a time: think, write, then look at the number that answers. */

import { html, nothing } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { remember } from "./keep.js";
import { openPlace, placeOf } from "./link.js";
import { compute, model } from "./network.js";
import { render, state } from "./state.js";
import { chosenIn } from "./steps.js";
import { edit, restore, trailText } from "./trail.js";
import { say, told } from "./words.js";

/** The last answer's changes, and the question whose answer undid the reader's changes. */
let changedByAnswer = "[]";
/** @type {number | null} */
let tookBack = null;

/** @param {number} by */
function turn(by) {
  state.stop = Math.min(Math.max(0, state.stop + by), model.guide.length - 1);
  remember();
  render();
}

/** Shows the answer: the state of the page that has it. */
function look() {
  const { show, change } = model.guide[state.stop];
  const isOwn = trailText() !== changedByAnswer;
  const isMoved = Boolean(show) || Object.keys(change).length > 0;
  state.seen.add(state.stop);
  tookBack = isOwn && state.trail.length && isMoved ? state.stop : null;
  if (isMoved || !isOwn) openStop(show, change);
  remember();
  render();
}

/** @param {string} show @param {Record<string, number>} changes */
function openStop(show, changes) {
  restore();
  for (const [text, value] of Object.entries(changes)) {
    const found = placeOf(text);
    if (found?.place != null) edit(found.array, found.place, value);
  }
  compute();
  Object.assign(state, { pinned: null, way: null, group: null, hasJumped: true });
  if (show) openPlace(show);
  changedByAnswer = trailText();
}

export function guide() {
  if (!model.guide.length) return nothing;
  const { kind, ask, answer, change, changing } = model.guide[state.stop];
  const type = (/** @type {Event} */ event) => {
    state.answers.set(state.stop, chosenIn(event));
    remember();
  };
  const count = model.guide.length;
  return html`<aside id="guide" aria-label=${say("guide")}><div class="row">
      <button type="button" id="turn-back" aria-label=${say("previous")} ?disabled=${state.stop === 0} @click=${() => turn(-1)}>‹</button>
      <b>${say("question", { number: state.stop + 1, count })} · ${say(`kind-${kind}`)}</b>
      <button type="button" id="turn" aria-label=${say("next")} ?disabled=${state.stop === count - 1} @click=${() => turn(1)}>›</button>
      <input type="text" id="answer" placeholder=${say("your-answer")} aria-label=${say("your-answer")}
        .value=${live(state.answers.get(state.stop) ?? "")} @input=${type}
        @keydown=${(/** @type {KeyboardEvent} */ event) => event.key === "Enter" && look()}>
      <button type="button" id="look" class="strong" @click=${look}>${say(Object.keys(change).length ? "try" : "look")}</button></div>
    ${told("", changing, ask)}${state.seen.has(state.stop) ? told("answer", answer) : nothing}
    ${tookBack === state.stop ? html`<p class="note">${say("begun-again")}</p>` : nothing}</aside>`;
}
