/** What was painted, and the picture that the network gets of it: scaled and centred as those that it has learned from. */

import { centred, isCentred, SIDE } from "./centre.js";
import { seenOnes, unseenOnes } from "./learning.js";
import { read } from "./outcome.js";
import { put, state } from "./state.js";

/** Such a share of the examples must be centred. */
const MOST = 0.9;

/** The strokes of a picture as they were painted, and what was made of them. */
let painted = { array: "", strokes: new Float64Array(), made: new Float64Array() };

/** @type {boolean | undefined} */
let isKnownToCentre;

/** Whether the examples that come with the page are pictures that were centred as MNIST's are. */
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

/** The strokes of a picture; what it shows, where it was changed otherwise. @param {string} array */
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
