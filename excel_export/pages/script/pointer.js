/** Numbers that belong together are lit while a pointer, or the keyboard, is on one of them. A click chooses it. */

import { model } from "./network.js";
import { drawnOn } from "./pictures.js";
import { pin } from "./place.js";
import { named, plain } from "./words.js";

/** @param {string} selector @returns {NodeListOf<HTMLElement>} */
const every = (selector) => document.querySelectorAll(selector);

/** The number, or the numbers of a product, that an element of the page shows. @param {EventTarget | null} target */
function keysAt(target) {
  const found = /** @type {Element} */ (target).closest?.("[data-number], [data-term]");
  const { number, term } = found instanceof HTMLElement ? found.dataset : {};
  return { keys: number ? [number] : (term ?? "").split(" ").filter(Boolean), goal: number ?? term?.split(" ").at(-1) };
}

/** @param {string} key */
const parted = (key) => {
  const [array, place] = key.split(".");
  return { array, place: Number(place) };
};

/** @param {Event} event */
export function pointed(event) {
  const { keys } = keysAt(event.target);
  if (keys.length) light(keys[0]);
  else if (!(event.target instanceof HTMLCanvasElement)) dim();
}

/** @param {Event} event */
export function clicked(event) {
  const { goal } = keysAt(event.target);
  if (goal && model.tensors[parted(goal).array]) pin(parted(goal).array, parted(goal).place);
}

/** @param {KeyboardEvent} event */
export function entered(event) {
  if (event.key === "Enter") clicked(event);
}

export function dim() {
  for (const each of every(".lit")) each.classList.remove("lit");
  for (const each of every(".spot")) each.style.display = "none";
}

/** @param {string} key a number: its array and its place */
export function light(key) {
  dim();
  const { array, place } = parted(key);
  spot(array, place);
  for (const each of every(`[data-number="${key}"]`)) each.classList.add("lit");
  for (const each of every("[data-term]")) {
    const keys = (each.dataset.term ?? "").split(" ");
    if (!keys.includes(key)) continue;
    each.classList.add("lit");
    for (const other of keys) {
      for (const one of every(`[data-number="${other}"]`)) one.classList.add("lit");
      spot(parted(other).array, parted(other).place);
    }
  }
  const output = document.getElementById("hovered");
  if (output && model.tensors[array]) output.textContent = `${named(array, place)} = ${plain(ARRAYS[array][place])}`;
}

/** Marks an element in the picture of its tensor, where that is on the stage. @param {string} array @param {number} place */
function spot(array, place) {
  const mark = /** @type {HTMLElement | null} */ (document.querySelector(`[data-spot="${array}"]`));
  const drawn = drawnOn(mark?.previousElementSibling ?? null);
  const k = drawn ? drawn.tiles.elements.indexOf(place) : -1;
  if (!mark || !drawn || k < 0) return;
  const { tiles, unit } = drawn;
  const side = `${tiles.size * unit}px`;
  const [left, top] = [`${1 + tiles.columns[k] * unit}px`, `${1 + tiles.rows[k] * unit}px`];
  Object.assign(mark.style, { display: "block", left, top, width: side, height: side });
}
