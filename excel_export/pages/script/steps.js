/** A step: its name between the arrows that lead to its neighbours, and what it does in words. */

import { html, nothing } from "lit-html";
import { guard } from "lit-html/directives/guard.js";
import { live } from "lit-html/directives/live.js";
import { viewsOf } from "./elements.js";
import { formula } from "./formula.js";
import { model } from "./network.js";
import { goTo, shownView } from "./place.js";
import { state } from "./state.js";
import { inLanguage, nameOf, say, told } from "./words.js";

/** @param {Event} event */
export const chosenIn = (event) => /** @type {HTMLSelectElement | HTMLInputElement} */ (event.currentTarget).value;

export function steps() {
  const { name, direction } = model.steps[state.step - 1];
  const views = viewsOf(state.step);
  const shown = shownView();
  return html`<button type="button" id="back" aria-label=${say("previous")} ?disabled=${state.step === 1}
      @click=${() => goTo(state.step - 1)}>‹</button>
    <h2 id="step">${state.step} · ${inLanguage(name)}</h2>
    <button type="button" id="next" aria-label=${say("next")} ?disabled=${state.step === model.steps.length}
      @click=${() => goTo(state.step + 1)}>›</button>
    <span class="direction ${direction}">${say(`direction-${direction}`)}</span>
    ${
      views.length < 2
        ? nothing
        : html`<label class="views">${say("view")}
      <select id="view" @change=${(/** @type {Event} */ event) => goTo(state.step, Number(chosenIn(event)))}>
        ${views.map(({ view }, k) => html`<option value=${k} .selected=${live(view === shown)}>${nameOf(view.made)}</option>`)}
      </select></label>`
    }`;
}

export function words() {
  const shown = shownView();
  const found = viewsOf(state.step).find(({ view }) => view === shown);
  const { words: said, math } = /** @type {{ part: Part }} */ (found).part;
  return html`${told("", said)}
    ${math ? html`<p class="math" role="math" aria-label=${inLanguage(math)}>${guard([math, state.language], () => formula(inLanguage(math)))}</p>` : nothing}
    ${shown.paths ? html`<p class="paths">${say("paths", { paths: inLanguage(shown.paths) })}</p>` : nothing}`;
}
