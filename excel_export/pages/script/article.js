/** A short article below the scene: three questions, answered by what one has just done. */

import { html, nothing } from "lit-html";
import { unseenOnes } from "./learning.js";
import { say } from "./words.js";

/** @param {string} key @param {string} text @param {unknown} task something to try */
const section = (key, text, task) =>
  html`<section><h2>${say(`ask-${key}`)}</h2><p>${text}</p>${task ? html`<p class="try">${task}</p>` : nothing}</section>`;

export function article() {
  const count = unseenOnes().length;
  const keptBack = count ? [say("tell-kept-back", { count }), say("try-learning", { count })] : ["", ""];
  return html`<article id="article">${["reading", "blaming"].map((key) => section(key, say(`tell-${key}`), say(`try-${key}`)))}${section(
    "learning",
    `${say("tell-learning")} ${keptBack[0]}`,
    keptBack[1],
  )}</article>`;
}
