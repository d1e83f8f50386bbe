/**
 * A network that is small enough to be checked by hand, as a page has it: a picture of 16 by 16 pixels, three scores, their
 * softmax and cross-entropy, SGD. Import it before anything of the page.
 */

import { deflateSync } from "node:zlib";

export const PIXELS = 256;
export const CLASSES = 3;

const sizes = {
  picture: PIXELS,
  label: 1,
  weight: CLASSES * PIXELS,
  after: CLASSES * PIXELS,
  scores: CLASSES,
  shares: CLASSES,
  loss: 1,
  "grad.scores": CLASSES,
  "grad.weight": CLASSES * PIXELS,
  "grad.picture": PIXELS,
  rate: 1,
  step: 1,
};

globalThis.ARRAYS = Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, new Float64Array(size)]));
globalThis.SOURCES = [];
const rule = (by) => () => {
  const { weight, after, "grad.weight": grad, rate } = ARRAYS;
  for (let k = 0; k < weight.length; k++) after[k] = weight[k] - by * rate[0] * grad[k];
};
globalThis.RULES = [rule(1), rule(2)];
globalThis.run = () => {
  const { picture, label, weight, scores, shares, loss } = ARRAYS;
  for (let c = 0; c < CLASSES; c++) {
    scores[c] = 0;
    for (let k = 0; k < PIXELS; k++) scores[c] += weight[c * PIXELS + k] * picture[k];
  }
  const sum = scores.reduce((total, score) => total + Math.exp(score), 0);
  for (let c = 0; c < CLASSES; c++) shares[c] = Math.exp(scores[c]) / sum;
  loss[0] = -Math.log(shares[label[0]]);
  ARRAYS["grad.picture"].fill(0);
  for (let c = 0; c < CLASSES; c++) {
    const arrives = shares[c] - Number(c === label[0]);
    ARRAYS["grad.scores"][c] = arrives;
    for (let k = 0; k < PIXELS; k++) {
      ARRAYS["grad.weight"][c * PIXELS + k] = arrives * picture[k];
      ARRAYS["grad.picture"][k] += arrives * weight[c * PIXELS + k];
    }
  }
};

const tensor = (name, shape, more = {}) => ({ name, shape, isGradient: false, isParameter: false, ...more });
const view = (part, made, more = {}) => ({
  part,
  made,
  slots: [],
  companion: null,
  paths: "",
  first: 0,
  isGiven: false,
  groups: [],
  group: [],
  row: [],
  ...more,
});
const step = (name, direction, words) => ({
  name,
  direction,
  main: 0,
  parts: [{ name: "", words, math: "", direction }],
});
const box = (name, array, reads, weights, made, known, gradient) => ({
  name,
  array,
  gradient,
  column: made,
  lane: 0,
  reads,
  weights,
  made,
  known,
});

/** The first pixels of a class's pattern: two rows, of its own. @param {number} digit */
export const pattern = (digit) => Array.from({ length: PIXELS }, (_, k) => (Math.floor(k / 32) === digit + 1 ? 1 : 0));

export const MODEL = {
  title: "Small",
  about: { source: "", workbook: "", licence: "MIT" },
  steps: [
    step("inputs", "inputs", "Given."),
    step("scores", "forward", "Adds up."),
    step("loss", "loss", "Says how wrong."),
    step("back", "backward", "Back."),
  ],
  views: [
    view(1, "picture", { isGiven: true }),
    view(1, "weight", { isGiven: true }),
    view(2, "scores", { slots: ["picture", "weight"] }),
    view(3, "loss", { slots: ["scores"] }),
    view(4, "grad.scores", { companion: "scores" }),
    view(4, "grad.picture", { companion: "picture" }),
  ],
  tensors: {
    picture: tensor("picture", [1, 1, 16, 16]),
    weight: tensor("weight", [CLASSES, PIXELS], { isParameter: true }),
    scores: tensor("scores", [1, CLASSES]),
    loss: tensor("loss", []),
    "grad.scores": tensor("grad.scores", [1, CLASSES], { isGradient: true }),
    "grad.picture": tensor("grad.picture", [1, 1, 16, 16], { isGradient: true }),
  },
  tiles: {},
  overview: [
    box("picture", "picture", [], [], 1, 4, "grad.picture"),
    box("scores", "scores", [0], ["weight"], 2, 4, "grad.scores"),
    box("loss", "loss", [1], [], 3, 3, null),
  ],
  inputs: [
    { array: "picture", name: "picture", kind: "picture", shape: [1, 1, 16, 16], whole: false, limits: null, most: 1 },
    { array: "label", name: "label", kind: "choice", shape: [1], whole: true, limits: [0, CLASSES - 1], most: 0 },
  ],
  outcomes: [{ shares: "shares", target: "label", rows: 1, count: CLASSES }],
  loss: "loss",
  rate: "rate",
  step: "step",
  kept: [["weight", "after"]],
  gradients: ["grad.weight"],
  changing: false,
  rule: { names: ["SGD", "double"], words: ["", ""], chosen: 0, numbers: [] },
  keys: { picture: "picture", label: "label", weight: "weight", scores: "scores", "grad.picture": "grad.picture" },
  guide: [],
  texts: {},
  words: { en: { "sent-digit": "{truth}" }, de: { name: "Deutsch" } },
  numbers: {
    picture: pattern(1),
    label: [1],
    weight: Array.from({ length: CLASSES * PIXELS }, (_, k) => pattern(Math.floor(k / PIXELS))[k % PIXELS] / 16),
    rate: [0.1],
    step: [1],
  },
  examples: {
    count: 4,
    unseen: 2,
    inputs: { picture: [0, 1, 2, 0].flatMap(pattern), label: [0, 1, 1, 0] },
  },
};

/** The model as a page holds it. */
export const PACKED = deflateSync(JSON.stringify(MODEL)).toString("base64");
