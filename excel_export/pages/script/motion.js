/** Animations: a card moves to its new place, a number to its product; none if a reader wants no motion. */

const TIME = 300;
const FEW = 9;
/** Milliseconds between steps; faster ones are not animated. */
const PAUSE = 200;

/** @type {Map<string, DOMRect>} */
let before = new Map();
let looked = "";
let moved = 0;

/** @returns {HTMLElement[]} */
const sliding = () => [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#stage [data-slides]"))];

const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export function rememberPlaces() {
  before = isCalm()
    ? new Map()
    : new Map(sliding().map((each) => [String(each.dataset.slides), each.getBoundingClientRect()]));
}

/** @param {string} looks what is looked at: where only a number has changed, nothing moves */
export function move(looks) {
  const isNew = looks !== looked;
  const isSoon = performance.now() - moved < PAUSE;
  looked = looks;
  if (!isNew || isCalm()) return;
  moved = performance.now();
  if (isSoon) return;
  for (const each of sliding()) {
    const from = before.get(String(each.dataset.slides));
    if (!from) {
      if (before.size) each.animate([{ opacity: 0 }, { opacity: 1 }], TIME);
      continue;
    }
    const to = each.getBoundingClientRect();
    if (Math.hypot(from.left - to.left, from.top - to.top) > 2) slide(each, from, to);
  }
  fly();
}

/** @param {HTMLElement} element @param {DOMRect} from @param {DOMRect} to @param {number} opacity at the end */
function slide(element, from, to, opacity = 1) {
  const away = `translate(${from.left - to.left}px, ${from.top - to.top}px)`;
  const frames = { transform: [away, "none"], opacity: [1, opacity] };
  return element.animate(frames, { duration: TIME, easing: "ease-in-out" });
}

/** The first numbers that are read fly to where they are products. */
function fly() {
  const products = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#stage .products-card td[data-term]")]);
  for (const product of products.slice(0, FEW)) {
    const key = product.dataset.term?.split(" ")[0];
    const read = document.querySelector(`#stage td[data-number="${key}"]`);
    if (!read) continue;
    const [from, to] = [read.getBoundingClientRect(), product.getBoundingClientRect()];
    const ghost = document.createElement("i");
    ghost.className = "flying";
    ghost.textContent = read.textContent;
    ghost.setAttribute("aria-hidden", "true");
    ghost.style.cssText = `left:${to.left}px;top:${to.top}px;width:${to.width}px`;
    document.body.append(ghost);
    const flight = slide(ghost, from, to, 0.2);
    flight.onfinish = flight.oncancel = () => ghost.remove();
  }
}
