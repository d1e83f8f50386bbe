/** Passing on a state: as a link where the page has an address that others can open; as a file everywhere. */

import { html, nothing } from "lit-html";
import { hashOf, isWhole } from "./link.js";
import { model } from "./network.js";
import { render } from "./state.js";
import { inLanguage, say } from "./words.js";

/** The part that is open, and the message on the last copy. */
let isOpen = false;
let said = "";

/** Whether others can open this page's address: that of a frame is its own. */
const hasAddress = () => /^https?:$/.test(location.protocol);

/** A frame of a notebook has no address, and is no file. */
const whatItIs = () => (hasAddress() ? "share-link" : window.top === window ? "share-file" : "share-frame");

/** @param {boolean} open */
export function toggleShare(open = !isOpen) {
  isOpen = open;
  said = "";
  render();
}

export const shareButton = () =>
  html`<button type="button" id="share" aria-expanded=${isOpen} aria-controls="sharing" @click=${() => toggleShare()}>${say("share")}</button>`;

/** @param {(hash: string) => void} open opens a state */
export function sharing(open) {
  if (!isOpen) return html`<section id="sharing" hidden></section>`;
  return html`<section id="sharing" aria-label=${say("share")}><p>${say(whatItIs())}</p><div class="row">
    ${hasAddress() ? html`<button type="button" id="copy" class="strong" @click=${copy}>${say("copy")}</button>` : nothing}
    <button type="button" id="save" @click=${save}>${say("save")}</button>
    <label class="button">${say("open-saved")}<input type="file" id="saved" accept=".json" @change=${(/** @type {Event} */ event) => openSaved(event, open)}></label>
    <button type="button" aria-label=${say("close")} @click=${() => toggleShare(false)}>✕</button></div>
    <p role="status">${said}</p></section>`;
}

async function copy() {
  const link = location.href.split("#")[0] + (await hashOf());
  try {
    await navigator.clipboard.writeText(link);
    said = say((await isWhole()) ? "copied" : "copied-without");
  } catch {
    // Without the right to write there, a reader copies it by hand.
    prompt(say("copy"), link);
  }
  render();
}

/** Saves the state, however large, as a file. */
async function save() {
  const text = JSON.stringify({ page: model.title, state: await hashOf(Number.POSITIVE_INFINITY) });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = `${inLanguage(model.title).replace(/[^\p{L}\p{N}]+/gu, "-")}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** @param {Event} event @param {(hash: string) => void} open */
async function openSaved(event, open) {
  const field = /** @type {HTMLInputElement} */ (event.currentTarget);
  const text = (await field.files?.[0]?.text()) ?? "";
  field.value = "";
  try {
    const { state } = JSON.parse(text);
    if (typeof state !== "string") throw new TypeError("no state");
    isOpen = false;
    open(state);
  } catch {
    said = say("no-state");
    render();
  }
}
