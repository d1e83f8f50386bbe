/** A short article below the scene: three questions, answered by what one has just done. */

import { html } from "lit-html";
import { say } from "./words.js";

const QUESTIONS = ["reading", "blaming", "learning"];

export const article = () =>
  html`<article id="article">${QUESTIONS.map(
    (key) =>
      html`<section><h2>${say(`ask-${key}`)}</h2><p>${say(`tell-${key}`)}</p><p class="try">${say(`try-${key}`)}</p></section>`,
  )}</article>`;
