/** The inputs: pictures are painted, labels chosen, numbers typed. */

import { html, nothing } from "lit-html";
import { live } from "lit-html/directives/live.js";
import { hold, loosen } from "./hold.js";
import { compute, model, size } from "./network.js";
import { askAnew, heard, label, read } from "./outcome.js";
import { canCentre, passOn, strokesOf } from "./painting.js";
import { lineOf } from "./pen.js";
import { paint, painted, paintSmall, paintWanted, under } from "./pictures.js";
import { typed, whenTyped } from "./pinned.js";
import { endLesson, isBlamed, wanted } from "./scene.js";
import { gradientOf } from "./slopes.js";
import { render, state } from "./state.js";
import { chosenIn } from "./steps.js";
import { change } from "./trail.js";
import { inLanguage, more, say } from "./words.js";

const FEW_WEIGHTS = 12;
const MOST_FIELDS = 24;
const MOST_CHOICES = 200;
/** Pixels for a picture beside the network, and for one on a page that has only the field. */
const BESIDE = { width: 228, height: 170, most: 24 };
const ALONE = { width: 340, height: 340, most: 24 };

/** Pixels for the picture that the network gets. */
const GIVEN = { width: 56, height: 56, most: 2 };

let isErasing = false;
/** The place of the keyboard's pen, by picture. @type {Map<string, number>} */
const cursors = new Map();

const TYPED = { kind: "numbers", whole: false, limits: null, most: 0 };

/** @type {Input[] | undefined} */
let weights;

/** The parameters of a small network, which can be typed beside its inputs. */
function fewWeights() {
  if (weights) return weights;
  const found = Object.entries(model.tensors).filter(([, tensor]) => tensor.isParameter);
  const isFew = found.reduce((count, [array]) => count + size(array), 0) <= FEW_WEIGHTS;
  weights = isFew ? found.map(([array, { name, shape }]) => ({ ...TYPED, array, name, shape })) : [];
  return weights;
}

export const inputs = () =>
  html`<div id="inputs">${[...model.inputs, ...fewWeights()].map((input) => (input.kind === "picture" ? picture(input) : fields(input)))}</div>`;

/** @param {Input} input */
function fields(input) {
  const count = size(input.array);
  // A column of numbers stands in a row, too, which takes less room.
  const columns = [1, ...input.shape].findLast((each) => each > 1) ?? 1;
  const name = inLanguage(input.name);
  return html`<fieldset><legend>${name}</legend>
    <div class="fields" .style=${`grid-template-columns:repeat(${Math.min(4, columns)}, minmax(0, 1fr))`}>
    ${Array.from({ length: Math.min(count, MOST_FIELDS) }, (_, place) => field(input, place, `${name} ${place}`))}</div>
    ${more(count - MOST_FIELDS)}</fieldset>`;
}

/** @param {Input} input @param {number} place @param {string} name */
function field({ array, kind, limits, whole }, place, name) {
  const value = ARRAYS[array][place];
  if (kind === "choice" && limits) {
    const count = Math.min(MOST_CHOICES, limits[1] - limits[0] + 1);
    const choose = (/** @type {Event} */ event) => {
      if (array === label()?.array) heard();
      change(array, place, Number(chosenIn(event)));
    };
    return html`<select data-input=${array} aria-label=${name} @change=${choose}>${Array.from(
      { length: count },
      (_, k) => {
        const each = limits[0] + k;
        return html`<option value=${each} .selected=${live(each === value)}>${each}</option>`;
      },
    )}</select>`;
  }
  const take = (/** @type {Event} */ event) =>
    whenTyped(event, (number) => change(array, place, whole ? Math.round(number) : number));
  return html`<input type="number" step=${whole ? 1 : "any"} data-input=${array} aria-label=${name} .value=${live(typed(value))} @change=${take}>`;
}

/** @param {Input} input */
function picture(input) {
  const { array } = input;
  const name = inLanguage(input.name);
  const isAlone = ["paint", "answer"].includes(state.minute);
  const drawn = (/** @type {HTMLCanvasElement} */ canvas) => {
    const cursor = cursors.get(array);
    const isAt = cursor !== undefined && document.activeElement === canvas;
    const gradient = isBlamed() && array === read()?.array ? gradientOf(array) : null;
    if (gradient) paintWanted(canvas, array, wanted(gradient), ALONE);
    else paint(canvas, array, isAt ? { chosen: [cursor] } : {}, isAlone ? ALONE : BESIDE, strokesOf(array));
  };
  const erase = () => {
    isErasing = !isErasing;
    render();
  };
  return html`<fieldset><legend>${name} · ${say("paint-here")}</legend>
    <canvas class="painted" data-picture=${array} tabindex="0" role="img" aria-label="${name}. ${say("paint")}"
      @pointerdown=${(/** @type {PointerEvent} */ event) => begin(input, event)}
      @pointermove=${(/** @type {PointerEvent} */ event) => draw(input, event)}
      @pointerup=${end} @pointercancel=${end} @touchstart=${keepTouch} @blur=${render}
      @keydown=${(/** @type {KeyboardEvent} */ event) => walk(input, event)} ${painted(drawn)}></canvas>
    <div class="row"><button type="button" class="erase" aria-pressed=${isErasing} @click=${erase}>${say("erase")}</button>
      <button type="button" class="clear" @click=${() => clear(input)}>${say("clear")}</button></div>${
        array === read()?.array && canCentre() ? centring(input) : nothing
      }</fieldset>`;
}

/** The switch for centring, with what the network gets. @param {Input} input */
function centring(input) {
  const { array } = input;
  const drawn = painted((canvas) => paintSmall(canvas, array, GIVEN), array);
  const turn = () => {
    state.isCentring = !state.isCentring;
    if (isUntouched()) return render();
    strokesOf(array);
    return follow(input, state.isAsked);
  };
  return html`<div class="centring"><canvas role="img" aria-label=${say("is-given-so")} ${drawn}></canvas>
    <label><input type="checkbox" id="centring" .checked=${live(state.isCentring)} @change=${turn}> ${say("centring")}</label>
    <small>${say("centring-why")}</small></div>`;
}

/** @param {Input} input */
export function clear(input) {
  empty(input);
  follow(input);
}

/** The pen's last place, and its channel. @type {{ row: number, column: number, channel: number } | null} */
let last = null;

/** The pen's place on its channel of a picture. @param {HTMLCanvasElement} canvas @param {Input} input @param {PointerEvent} event */
function penAt(canvas, { shape }, event) {
  const found = under(canvas, event);
  if (!found) return null;
  const [height, width] = shape.slice(-2);
  const channel = Math.floor(found.element / (height * width));
  const inside = found.element % (height * width);
  return { channel, row: Math.floor(inside / width) + found.down, column: (inside % width) + found.right };
}

/** True while the page shows its own picture. */
const isUntouched = () => state.minute === "paint" && !state.isAsked;

/** In the first minute, empties the field before somebody paints. @param {Input} input */
function startAnew(input) {
  if (!isErasing && (isUntouched() || state.minute === "answer")) empty(input);
}

/** Empties the field, and forgets the answer about its picture. @param {Input} input */
function empty(input) {
  strokesOf(input.array).fill(0);
  if (state.minute === "answer") state.minute = "paint";
  endLesson();
}

/** @param {Input} input @param {PointerEvent} event */
function begin(input, event) {
  const canvas = /** @type {HTMLCanvasElement} */ (event.currentTarget);
  canvas.setPointerCapture(event.pointerId);
  hold();
  startAnew(input);
  last = penAt(canvas, input, event);
  if (last) line(input, last.channel, last, last);
}

/** @param {Input} input @param {PointerEvent} event */
function draw(input, event) {
  if (!last) return;
  const canvas = /** @type {HTMLCanvasElement} */ (event.currentTarget);
  const events = event.getCoalescedEvents?.() ?? [];
  for (const each of events.length ? events : [event]) {
    const here = penAt(canvas, input, each);
    if (here && here.channel === last.channel) line(input, here.channel, last, here);
    last = here ?? last;
  }
}

function end() {
  last = null;
  loosen();
  render();
}

/** A stroke is no gesture: Chromium takes one for a fling, and loses a tap on a button soon after. @param {Event} event */
function keepTouch(event) {
  event.preventDefault();
}

/** @param {Input} input @param {number} channel @param {import("./pen.js").Spot} from @param {import("./pen.js").Spot} to */
function line(input, channel, from, to) {
  const { array, shape, most } = input;
  const strokes = strokesOf(array);
  const [height, width] = shape.slice(-2);
  for (const [pixel, share] of lineOf(height, width, from, to)) {
    const place = channel * height * width + pixel;
    const value = (Math.round(share * 255) * (most || 1)) / 255;
    strokes[place] = isErasing ? 0 : Math.max(strokes[place], value);
  }
  follow(input);
}

/** @param {Input} input @param {KeyboardEvent} event */
function walk(input, event) {
  const { array, shape } = input;
  const [height, width] = shape.slice(-2);
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -width, ArrowDown: width }[event.key];
  const isPainted = event.key === " " || event.key === "Enter";
  if (!by && !isPainted) return;
  event.preventDefault();
  event.stopPropagation();
  const at = Math.max(0, Math.min(size(array) - 1, (cursors.get(array) ?? 0) + (by ?? 0)));
  cursors.set(array, at);
  if (!isPainted) return render();
  startAnew(input);
  const inside = at % (height * width);
  const spot = { row: Math.floor(inside / width) + 0.5, column: (inside % width) + 0.5 };
  return line(input, Math.floor(at / (height * width)), spot, spot);
}

let following = false;

/**
 * Computes and draws anew, once for all strokes up to then.
 * @param {Input} input @param {boolean} isNew whether another picture stands there, of which the truth is not known
 */
function follow({ array, most }, isNew = true) {
  if (following) return;
  following = true;
  requestAnimationFrame(() => {
    following = false;
    passOn(array, most || 1);
    compute();
    if (isNew) askAnew();
    render();
  });
}
