/** The scene: the network's maps, alive while one paints; its mistake on the way back through them; and teaching it. */

import { html, nothing } from "lit-html";
import { learn, readings, unseenOnes } from "./learning.js";
import { lossNow, model, size } from "./network.js";
import { best, classes, isReadRightly, read } from "./outcome.js";
import { painted, paintMap, paintSmall } from "./pictures.js";
import { turnTo } from "./place.js";
import { render, state } from "./state.js";
import { unlearn } from "./trail.js";
import { fixed, inLanguage, more, say } from "./words.js";

/** Layers that are shown, without some in the middle if there are more; and maps of each layer. */
const MOST_LAYERS = 6;
const MOST_MAPS = 8;
/** The side of a map, in pixels. */
const MAP = 46;
const DIGIT = { width: 28, height: 28, most: 1 };
/** Steps that are tried, and milliseconds from one to the next. */
const MOST_STEPS = 30;
const EACH = 120;
/** Share from which on a reading is sure. */
const SURE = 0.9;

/** The lesson: its steps, whether it goes on, and for each unseen digit whether it was read rightly before and after. */
let lesson = /** @type {{ steps: number, isOn: boolean, before: boolean[], after: boolean[] } | null} */ (null);

/** Forgets the lesson: there is another picture. */
export function endLesson() {
  lesson = null;
}

/** A layer: the box in which it begins, and the one that leaves it. @typedef {{ begins: Box, box: Box }} Layer */

/** Whether a tensor has rows and columns. @param {Box} box */
const isMaps = ({ array }) => model.tensors[array].shape.length > 2;

/**
 * The layers between the picture and the scores, each as it leaves it: where the next one has weights or another size.
 * @returns {Layer[]}
 */
export function layers() {
  const [picture, outcome] = [read(), classes()];
  if (!picture || !outcome) return [];
  const boxes = model.overview;
  const first = boxes.findIndex((box) => box.array === picture.array);
  const from = new Set([first]);
  boxes.forEach((box, k) => {
    if (box.reads.some((number) => from.has(number))) from.add(k);
  });
  const path = /** @type {Box[]} */ ([]);
  for (let at = boxes.findIndex((box, k) => from.has(k) && size(box.array) === outcome.count); at > first; ) {
    path.unshift(boxes[at]);
    at = boxes[at].reads.find((number) => from.has(number)) ?? -1;
  }
  // Before the first weights it is the picture itself.
  let begins = path.findIndex((box) => box.weights.length > 0);
  const found = /** @type {Layer[]} */ ([]);
  for (let k = Math.max(0, begins); k + 1 < path.length; k++) {
    const next = path[k + 1];
    if (!next.weights.length && size(next.array) === size(path[k].array)) continue;
    // A tensor that is only flattened is shown in its former shape.
    const box = path.slice(begins, k + 1).findLast(isMaps) ?? path[k];
    found.push({ begins: path[begins], box });
    begins = k + 1;
  }
  const half = MOST_LAYERS / 2;
  return found.length > MOST_LAYERS ? [...found.slice(0, half), ...found.slice(-half)] : found;
}

/** Whether the way back is shown: the truth is known. */
export const isBlamed = () => state.minute === "answer";

/** Minus the gradient, so that orange are the numbers that should be larger. @param {string} gradient */
export const wanted = (gradient) => Float64Array.from(ARRAYS[gradient], (slope) => -slope);

/** One map of a tensor, or minus its gradient. @param {string} array @param {number} channel @param {boolean} isWanted */
const map = (array, channel, isWanted) =>
  painted(
    (canvas) => paintMap(canvas, array, channel, MAP, isWanted ? wanted(array) : ARRAYS[array]),
    `${array} ${channel}`,
  );

/** The layer that is pointed at. @type {Layer | null} */
let pointedAt = null;

/** @param {Layer | null} layer */
function point(layer) {
  pointedAt = layer;
  render();
}

/** @param {Layer} layer */
function openLayer({ begins }) {
  Object.assign(state, { minute: "", isSent: false });
  turnTo(isBlamed() && begins.known ? begins.known : begins.made);
  render();
}

/** Answers to questions on the maps, as far as they apply here: why they are coarse, and what a layer does. @param {Layer[]} found */
export function asides(found) {
  const side = (/** @type {string} */ array) => model.tensors[array].shape.at(-1) ?? 0;
  const from = side(read()?.array ?? found[0].box.array);
  const isHalved = model.overview.some(({ array, made }) => made < found[0].begins.made && 2 * side(array) === from);
  const filters = Object.values(model.tensors).flatMap(({ name, shape }) => (shape.length === 4 ? [name] : []));
  return [
    ...(isHalved ? [say("why-coarse", { from, to: from / 2 })] : []),
    ...(found.some(({ begins }) => begins.weights.some((name) => filters.includes(name))) ? [say("conv-is")] : []),
    ...(found.some(({ begins }) => begins.name === "max pool") ? [say("pool-is")] : []),
  ].join(" ");
}

/** The maps of each layer, and beside them their gradients. */
export function maps() {
  const found = layers();
  if (!found.length) return nothing;
  const column = (/** @type {Layer} */ layer, /** @type {number} */ k) => {
    const { box, begins } = layer;
    const [name, gradient] = [inLanguage(begins.name), box.gradient];
    const { shape } = model.tensors[box.array];
    const channels = shape.length > 2 ? shape[shape.length - 3] : 1;
    // The error arrives at the last layer first.
    const delay = `animation-delay:${(found.length - 1 - k) * 180}ms`;
    const row = (/** @type {number} */ channel) => html`<span class="pair-of-maps">
        <canvas role="img" aria-label="${name} ${channel}" ${map(box.array, channel, false)}></canvas>${
          isBlamed() && gradient
            ? html`<canvas class="blame" .style=${delay} role="img" aria-label="${say("blame")}: ${name} ${channel}" ${map(gradient, channel, true)}></canvas>`
            : nothing
        }</span>`;
    return html`<button type="button" class="layer" @click=${() => openLayer(layer)} @pointerenter=${() => point(layer)} @focus=${() => point(layer)}
      ><b>${name}</b>${Array.from({ length: Math.min(MOST_MAPS, channels) }, (_, channel) => row(channel))}${more(channels - MOST_MAPS)}</button>`;
  };
  const words = pointedAt && model.steps[pointedAt.begins.made - 1].parts[0]?.words;
  return html`<div id="maps" @pointerleave=${() => point(null)}>${found.map(column)}
    <p id="layer-words" class="note">${words ? inLanguage(words) : isBlamed() ? say("layer-words-back") : `${say("layer-words")} ${asides(found)}`}</p></div>`;
}

/** The probability of a class, in per cent. @param {Shares} outcome @param {number} k */
export const sure = ({ shares }, k) => fixed(100 * ARRAYS[shares][k], 1);

/** Whether the picture is read rightly, and with at least such a share. @param {Shares} outcome @param {number} share */
function isLearned(outcome, share) {
  return isReadRightly(outcome) && ARRAYS[outcome.shares][ARRAYS[outcome.target][0]] >= share;
}

/** Steps of learning, one after another before one's eyes: until it is read rightly, and then until that is sure. */
export function teach() {
  const outcome = classes();
  if (!outcome) return;
  const goal = isLearned(outcome, 0) ? SURE : 0;
  const own = { steps: 0, isOn: true, before: lesson?.before ?? readings(), after: /** @type {boolean[]} */ ([]) };
  lesson = own;
  const step = () => {
    if (own !== lesson) return;
    if (isLearned(outcome, goal) || own.steps >= MOST_STEPS || !Number.isFinite(lossNow())) {
      Object.assign(own, { isOn: false, after: readings() });
    } else {
      learn();
      own.steps++;
      setTimeout(step, EACH);
    }
    render();
  };
  step();
}

/** The button that teaches, where the picture is misread, or not read surely. */
export function teachButton() {
  const outcome = classes();
  if (lesson?.isOn || !isBlamed() || !outcome || isLearned(outcome, SURE)) return nothing;
  const key = lesson || isLearned(outcome, 0) ? "teach-more" : "teach";
  return html`<button type="button" id="teach" class="strong" @click=${teach}>${say(key)}</button>`;
}

/** The button that takes the lesson back, which may be one of somebody's who sent a link. */
export function unlearnButton() {
  if (lesson?.isOn || !isBlamed() || !state.trained) return nothing;
  const takeBack = () => {
    endLesson();
    unlearn();
    render();
  };
  return html`<button type="button" id="unlearn" @click=${takeBack}>${say("unlearn")}</button>`;
}

/** The sentences once the truth is known: on the mistake, and on the lesson. */
export function blame() {
  const outcome = classes();
  if (!isBlamed() || !outcome) return nothing;
  const isRight = isLearned(outcome, 0);
  const key = !lesson
    ? `blame-${isRight ? "right" : "wrong"}`
    : lesson.isOn
      ? "teaching"
      : isRight
        ? "taught"
        : "not-taught";
  return html`<p class="say" role="status">${say(key, { best: best(outcome), count: lesson?.steps ?? 0 })}</p>`;
}

/** The digits that were kept back, and how they are read before and after a lesson. */
export function keptBack() {
  const examples = unseenOnes();
  if (!lesson?.after.length || !examples.length) return nothing;
  const { before, after } = lesson;
  const array = read()?.array ?? "";
  const right = (/** @type {boolean[]} */ all) => all.filter(Boolean).length;
  const digit = (/** @type {Map<string, ArrayLike<number>>} */ example, /** @type {number} */ k) => {
    const kind = after[k] ? (before[k] ? "kept" : "won") : before[k] ? "lost" : "wrong";
    const drawn = painted((canvas) => paintSmall(canvas, array, DIGIT, example.get(array)));
    return html`<canvas class=${kind} title=${say(`digit-${kind}`)} role="img" aria-label=${say(`digit-${kind}`)} ${drawn}></canvas>`;
  };
  const values = { count: examples.length, before: right(before), after: right(after) };
  return html`<div id="kept-back"><p>${say("forgotten", values)}</p>${examples.map(digit)}<p class="note">${say("kept-back-legend")}</p></div>`;
}
