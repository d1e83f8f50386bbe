/** The loss as a curve, with the curves of earlier trainings and the loss on unseen examples. */

import { html, nothing, svg } from "lit-html";
import { measured } from "./learning.js";
import { lossNow, model } from "./network.js";
import { state } from "./state.js";
import { exact, plain, say } from "./words.js";

const MOST_RUNS = 4;
const [WIDTH, HEIGHT, EDGE] = [228, 56, 4];

/** Earlier trainings, each with its rule, its rate and its losses. @type {{ rule: string, rate: number, losses: number[] }[]} */
const runs = [];
/** The loss on unseen examples, by step; and the number of them that are read rightly. @type {{ at: number, loss: number, right: number, count: number }[]} */
let unseen = [];

const lossesSoFar = () => [...state.losses, lossNow()];

export function keepRun() {
  if (!state.losses.length) return;
  runs.push({ rule: model.rule.names[state.rule], rate: ARRAYS[model.rate][0], losses: lossesSoFar() });
  runs.splice(0, runs.length - MOST_RUNS);
}

export function restartCurve() {
  unseen = [];
  state.losses = [];
}

/** Measures the loss on unseen examples. */
export function measure() {
  if (model.examples) unseen.push({ at: state.losses.length, ...measured() });
}

/** @param {boolean} isMany whether each loss is that of a batch, so that the present one is not known */
export function curve(isMany) {
  const losses = isMany ? [...state.losses] : lossesSoFar();
  const held = isMany ? unseen : [];
  const all = [...runs.map((run) => run.losses), losses];
  // An earlier one that exploded is cut off: else nothing of this one could be seen.
  const tops = [...losses, ...held.map(({ loss }) => loss), ...runs.map((run) => run.losses[0])];
  const most = Math.max(...tops.filter(Number.isFinite), 1e-12);
  const longest = Math.max(...all.map((each) => each.length), 2);
  const down = (/** @type {number} */ loss) =>
    Number.isFinite(loss) ? HEIGHT - EDGE - (Math.min(loss, most) / most) * (HEIGHT - 2 * EDGE) : EDGE;
  const right = (/** @type {number} */ k) => EDGE + (k / (longest - 1)) * (WIDTH - 2 * EDGE);
  const line = (/** @type {[number, number][]} */ points, /** @type {string} */ kind) =>
    svg`<polyline class=${kind} points=${points.map(([k, loss]) => `${right(k).toFixed(1)},${down(loss).toFixed(1)}`).join(" ")} />`;
  const now = losses.length ? losses[losses.length - 1] : Number.NaN;
  const last = held[held.length - 1];
  const measuredAt = held.map(({ at, loss }) => /** @type {[number, number]} */ ([at, loss]));
  const points = (/** @type {number[]} */ each) => each.map((loss, k) => /** @type {[number, number]} */ ([k, loss]));
  return html`<figure><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${say("curve", { steps: state.trained, loss: plain(now) })}>
      ${all.map((each) => line(points(each), each === losses ? "" : "earlier"))}
      ${held.length ? line(measuredAt, "unseen") : nothing}
      ${losses.length ? svg`<circle cx=${right(losses.length - 1)} cy=${down(now)} r="3.5" />` : nothing}</svg>
    <figcaption>${say("trained", { steps: state.trained, most: plain(most), loss: plain(now) })}</figcaption>
    ${last ? html`<p class="note" id="unseen">${say("unseen", { loss: plain(last.loss), right: last.right, count: last.count })}</p>` : nothing}
    ${runs.map(({ rule, rate, losses: before }) => {
      const values = { rule, rate: exact(rate), steps: before.length - 1, loss: plain(before[before.length - 1]) };
      return html`<p class="note run">${say("run", values)}</p>`;
    })}</figure>`;
}
