/** A small network's results at each point of a plane, as colours, if its inputs are points; with these points on it. */

import { html, nothing } from "lit-html";
import { computed, model, size } from "./network.js";
import { best } from "./outcome.js";
import { coloured, mostOf, painted } from "./pictures.js";
import { say } from "./words.js";

/** Places that are tried in each direction; in a network of more than `SMALL` numbers that would take too long. */
const SIDE = 24;
const SMALL = 3000;
const PIXELS = 7;
/** The plane's margin around its points, as a share of the distance between the outermost. */
const BEYOND = 0.3;

/** The input that holds points, one in a row, and the outcome for each; null if there is none. */
export function pointsOf() {
  const [points, ...others] = model.inputs.filter(({ shape }) => shape.length === 2 && shape[1] === 2);
  const outcome = model.outcomes[0];
  const numbers = Object.values(ARRAYS).reduce((count, array) => count + array.length, 0);
  if (!points || others.length || points.whole || !outcome || numbers > SMALL) return null;
  const rows = points.shape[0];
  if ("shares" in outcome) return outcome.rows === rows ? { points: points.array, rows, outcome } : null;
  const isOne = outcome.count === rows && outcome.compared.length === 2;
  return isOne ? { points: points.array, rows, outcome } : null;
}

/** The places that are tried on the plane, and the network's result at each. */
let plane = { of: -1, places: /** @type {number[][]} */ ([]), given: /** @type {number[]} */ ([]) };

/** Tries every place: of classes the best and its share, as one number (class + share / 2), else the number that is given. */
export function tryPlane() {
  const found = pointsOf();
  if (!found || plane.of === computed) return plane;
  const { points, rows, outcome } = found;
  const before = Float64Array.from(ARRAYS[points]);
  const span = [0, 1].map((axis) => {
    const along = [...before].filter((_, k) => k % 2 === axis);
    const [least, most] = [Math.min(...along), Math.max(...along)];
    const beyond = BEYOND * (most - least || 1);
    return { from: least - beyond, by: (most - least + 2 * beyond) / SIDE };
  });
  const places = Array.from({ length: SIDE * SIDE }, (_, k) => [
    span[0].from + ((k % SIDE) + 0.5) * span[0].by,
    span[1].from + (SIDE - Math.floor(k / SIDE) - 0.5) * span[1].by,
  ]);
  const given = /** @type {number[]} */ ([]);
  for (let from = 0; from < places.length; from += rows) {
    places.slice(from, from + rows).forEach((place, row) => {
      ARRAYS[points].set(place, 2 * row);
    });
    run();
    for (let row = 0; row < Math.min(rows, places.length - from); row++) given.push(givenAt(outcome, row));
  }
  ARRAYS[points].set(before);
  run();
  plane = { of: computed, places, given };
  return plane;
}

/** @param {Shares | Compared} outcome @param {number} row */
function givenAt(outcome, row) {
  if ("compared" in outcome) return ARRAYS[outcome.compared[0].array][row];
  const found = best(outcome, row);
  return found + ARRAYS[outcome.shares][row * outcome.count + found] / 2;
}

/** The plane as a picture. */
export function planePicture() {
  const found = pointsOf();
  if (!found) return nothing;
  const { points, rows, outcome } = found;
  const { places, given } = tryPlane();
  const isShares = "shares" in outcome;
  const most = isShares ? 0 : Math.max(...given.map(Math.abs), mostOf(outcome.compared[1].array));
  const target = isShares ? outcome.target : outcome.compared[1].array;
  const hue = (/** @type {number} */ number, /** @type {number} */ share) =>
    isShares
      ? `hsl(${210 + (360 * Math.floor(number)) / outcome.count} 70% 50% / ${share})`
      : coloured(number, most, false);
  const [from, to] = [places[SIDE * (SIDE - 1)], places[SIDE - 1]];
  const along = (/** @type {number} */ value, /** @type {number} */ axis) =>
    (0.5 + ((value - from[axis]) / (to[axis] - from[axis])) * (SIDE - 1)) * PIXELS;
  const draw = (/** @type {HTMLCanvasElement} */ canvas) => {
    Object.assign(canvas, { width: SIDE * PIXELS, height: SIDE * PIXELS });
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    given.forEach((number, k) => {
      pen.fillStyle = hue(number, 2 * (number % 1));
      pen.fillRect((k % SIDE) * PIXELS, Math.floor(k / SIDE) * PIXELS, PIXELS, PIXELS);
    });
    for (let row = 0; row < Math.min(rows, size(points) / 2); row++) {
      pen.beginPath();
      pen.arc(along(ARRAYS[points][2 * row], 0), SIDE * PIXELS - along(ARRAYS[points][2 * row + 1], 1), 5, 0, 7);
      pen.fillStyle = hue(ARRAYS[target][row], 1);
      pen.fill();
      pen.lineWidth = 2;
      pen.strokeStyle = "#808080";
      pen.stroke();
    }
  };
  return html`<figure id="plane"><canvas role="img" aria-label=${say("plane")} ${painted(draw)}></canvas><figcaption class="note">${say("plane")}</figcaption></figure>`;
}
