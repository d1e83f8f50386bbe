/** The painted strokes, and the network's picture of them: scaled and centred as those that it has learned from. */

import { centred, isCentred, SIDE } from "./centre.js";
import { seenOnes, unseenOnes } from "./learning.js";
import { read } from "./outcome.js";
import { state } from "./state.js";
import { put } from "./trail.js";

/** Share of the examples that must be centred. */
const MOST = 0.9;

/** The strokes of a picture as they were painted, and the network's picture of them. */
let painted = { array: "", strokes: new Float64Array(), made: new Float64Array() };

/** @type {boolean | undefined} */
let isKnownToCentre;

/** True if the page's examples are pictures that are centred as MNIST's. */
export function canCentre() {
  const picture = read();
  if (!picture || picture.shape.slice(-2).some((side) => side !== SIDE)) return false;
  if (isKnownToCentre === undefined) {
    const examples = [...seenOnes(), ...unseenOnes()];
    const count = examples.filter((each) => isCentred(each.get(picture.array) ?? [])).length;
    // A digit of MNIST that is wide, or whose parts hang apart, may be a pixel off.
    isKnownToCentre = count > 0 && count >= MOST * examples.length;
  }
  return isKnownToCentre;
}

/** The strokes of a picture; its own numbers, if it was changed in another way. @param {string} array */
export function strokesOf(array) {
  const now = ARRAYS[array];
  if (painted.array !== array || painted.made.some((value, place) => value !== now[place]))
    painted = { array, strokes: Float64Array.from(now), made: Float64Array.from(now) };
  return painted.strokes;
}

/** Gives the network what was painted. @param {string} array @param {number} most the largest number of the picture */
export function passOn(array, most) {
  const { strokes } = painted;
  const isMoved = state.isCentring && array === read()?.array && canCentre();
  // In whole shares of 255, a link needs one byte for each pixel.
  const made = isMoved ? centred(strokes).map((value) => (Math.round((value * 255) / most) * most) / 255) : strokes;
  painted.made = Float64Array.from(made);
  put(array, made);
}
