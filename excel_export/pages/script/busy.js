/** A progress bar for long tasks, and a button that stops them. */

import { html, render } from "lit-html";
import { say } from "./words.js";

/** Milliseconds after which a bar is shown. */
const SOON = 400;

/** @param {string} what a key of the words */
export function behindBar(what) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("busy"));
  const begun = performance.now();
  let isStopped = false;
  const stop = () => {
    isStopped = true;
  };
  /** @param {number} share */
  const busy = async (share) => {
    if (performance.now() - begun > SOON) {
      render(
        html`<p>${say(what)}</p><progress max="1" .value=${share}></progress> <button type="button" id="stop" @click=${stop}>${say("stop-here")}</button>`,
        dialog,
      );
      if (!dialog.open) dialog.showModal();
    }
    await new Promise((done) => setTimeout(done));
    return isStopped;
  };
  return { busy, end: () => dialog.close() };
}
