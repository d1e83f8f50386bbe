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
  "grad.loss": 1,
  "grad.scores": CLASSES,
  "grad.weight": CLASSES * PIXELS,
  "grad.picture": PIXELS,
  rate: 1,
  step: 1,
};

globalThis.ARRAYS = Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, new Float64Array(size)]));
/** The slope of the loss by a score: its share, less 1 where it is the true one. */
globalThis.SOURCES = [[1, (places, at) => ARRAYS.shares[places[at]] - Number(places[at] === ARRAYS.label[0])]];
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
  ARRAYS["grad.loss"][0] = 1;
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
  parts: [{ words, math: "" }],
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

/** Numbers as the steps between them, as a page holds them. @param {number[]} numbers */
const steps = (numbers) => numbers.map((number, k) => number - (k ? numbers[k - 1] : 0));
const all = (count, of) => Array.from({ length: count }, (_, k) => of(k));

/** Elements that come about alike: each term's places for the first of them, and how far these move for each. */
const group = (terms, first, which, moves, more = {}) => ({
  terms,
  alone: null,
  asides: [],
  spelled: [],
  bare: [],
  first: steps(first),
  which,
  moves: moves.map(steps),
  of: [],
  labels: [],
  ...more,
});

/** A score: each pixel times its weight, added up in two halves. */
const SCORE = group(
  [[PIXELS, "picture", "weight", null]],
  all(2 * PIXELS, (k) => Math.floor(k / 2)),
  all(2 * PIXELS, (k) => k % 2),
  [all(CLASSES, () => 0), all(CLASSES, (c) => c * PIXELS)],
  { of: steps(all(PIXELS, (k) => Number(k >= PIXELS / 2))), labels: ["top", "bottom"] },
);
/** A pixel's gradient: each score's, times the weight between. */
const PIXEL = group(
  [[CLASSES, "grad.scores", "weight", null]],
  all(2 * CLASSES, (k) => Math.floor(k / 2) * (k % 2 ? PIXELS : 1)),
  all(2 * CLASSES, (k) => k % 2),
  [all(PIXELS, () => 0), all(PIXELS, (k) => k)],
);
/** A score's gradient: what arrives, times a slope that is spelled. */
const SPELLED = group([[1, "grad.loss", 0, null]], [0, 0], [0, 1], [all(CLASSES, () => 0), all(CLASSES, (c) => c)], {
  spelled: ["", " · (share − wanted)"],
  bare: [0],
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
    view(2, "scores", { slots: ["picture", "weight"], groups: [SCORE], group: all(CLASSES, () => 0) }),
    view(3, "loss", { slots: ["scores"] }),
    view(3, "grad.loss", { companion: "loss", isGiven: true }),
    view(4, "grad.scores", {
      companion: "scores",
      slots: ["grad.loss"],
      groups: [SPELLED],
      group: all(CLASSES, () => 0),
    }),
    view(4, "grad.picture", {
      companion: "picture",
      slots: ["grad.scores", "weight"],
      groups: [PIXEL],
      group: all(PIXELS, () => 0),
    }),
  ],
  tensors: {
    picture: tensor("picture", [1, 1, 16, 16]),
    weight: tensor("weight", [CLASSES, PIXELS], { isParameter: true }),
    scores: tensor("scores", [1, CLASSES]),
    loss: tensor("loss", []),
    "grad.loss": tensor("grad.loss", [], { isGradient: true }),
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
  words: { en: { "sent-digit": "{truth}", more: "{count} more" }, de: { name: "Deutsch" } },
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

/** What stands in a template: its text with its attributes, without what it does. @param {any} template @returns {string} */
export function textOf(template) {
  if (Array.isArray(template)) return template.map(textOf).join("");
  if (typeof template === "function" || typeof template === "symbol" || template == null) return "";
  if (typeof template !== "object") return String(template);
  if ("_$litDirective$" in template) return textOf(template.values);
  return template.strings.map((each, k) => each + textOf(template.values[k])).join("");
}

/** What happens in a template, in order: each with the text that stands before it. @param {any} template */
export function actsOf(template) {
  const acts = [];
  const walk = (each, before) => {
    if (Array.isArray(each)) for (const one of each) walk(one, "");
    else if (typeof each === "function") acts.push({ before, act: each });
    else if (typeof each === "object" && each?.strings) {
      let text = "";
      each.values.forEach((value, k) => {
        text += each.strings[k];
        walk(value, text);
        if (typeof value !== "object" && typeof value !== "function") text += String(value);
      });
    }
  };
  walk(template, "");
  return acts;
}

/** Colours as a style sheet gives them: numbers below 0 blue, above red; on paper that is white. */
export function colours() {
  const style = { "--paper": "#ffffff", "--below": "#0000ff", "--above": "#ff0000" };
  globalThis.document = { documentElement: {}, getElementById: () => null };
  globalThis.getComputedStyle = () => ({ getPropertyValue: (name) => style[name] ?? "#808080" });
  return import("../../../../excel_export/pages/script/pictures.js").then(({ readColours }) => readColours());
}

/** The model as a page holds it. */
export const PACKED = deflateSync(JSON.stringify(MODEL)).toString("base64");
