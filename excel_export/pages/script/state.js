/** The state of the page: the place that a reader looks at, and their changes. */

/** The screens of the first minute: paint, say whether it was right, follow a pixel; then the whole page. */
/** @typedef {"" | "paint" | "answer" | "tour"} Minute */

export const state = {
  language: "en",
  step: 1,
  view: 0,
  /** @type {number | null} */
  element: null,
  /** @type {number | null} */
  group: null,
  /** The number that is chosen, and of its way to the loss, where that is shown, the branches that are taken. */
  pinned: /** @type {Pin | null} */ (null),
  way: /** @type {Map<number, number> | null} */ (null),
  rule: 0,
  /** The number of examples in a step; 0 for the inputs that are shown. */
  batch: 0,
  trained: 0,
  /** @type {number[]} */
  losses: [],
  /** True if the browser's back button leads to the place before. */
  hasJumped: false,
  /** The reader's changes in order. They travel in the link. */
  trail: /** @type {Deed[]} */ ([]),
  minute: /** @type {Minute} */ (""),
  /** The screen of the tour. */
  screen: 0,
  /** True if a picture was painted, and nobody has told its class yet. */
  isAsked: false,
  /** True if a painting is scaled and centred before the network gets it. */
  isCentring: true,
  /** True if the state came with somebody's link, and has not changed since. */
  isSent: false,
  /** The question, those whose answers were seen, and what was typed. */
  stop: 0,
  seen: /** @type {Set<number>} */ (new Set()),
  answers: /** @type {Map<number, string>} */ (new Map()),
};

let draw = () => {};
/** @param {() => void} by what draws the page */
export function drawBy(by) {
  draw = by;
}
/** Draws the page anew from the state. */
export const render = () => draw();

/** Draws the page anew, and moves the keyboard to where a reader goes on. @param {string} id */
export function renderAt(id) {
  render();
  document.getElementById(id)?.focus({ preventScroll: true });
}
