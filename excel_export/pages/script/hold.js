/** The part above the field keeps its height while one paints: else the field would move away under the finger. */

let least = "0px";
let isDown = false;

/** Holds the height: a stroke begins. */
export function hold() {
  const above = document.getElementById("welcome");
  least = above ? getComputedStyle(above).height : "0px";
  isDown = true;
}

/** A stroke ends. A second one may follow at once, so the height stays until the truth is known. */
export function loosen() {
  isDown = false;
}

/** The CSS style of that part. @param {boolean} isKnown whether the truth is known, which ends the holding */
export function held(isKnown) {
  if (isKnown && !isDown) least = "0px";
  return isDown ? `height:${least};overflow:hidden` : `min-height:${least}`;
}
