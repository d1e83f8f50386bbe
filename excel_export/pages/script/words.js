/** Numbers, indices and words in the reader's language. */

import { html, nothing } from "lit-html";
import { model } from "./network.js";
import { state } from "./state.js";

/** (size, decimals): a number of this size or larger has so many decimals. */
const DECIMALS = [
  [100, 1],
  [1, 2],
  [0.1, 3],
  [0.001, 4],
  [0.00001, 6],
];
export const INFINITE = 9e299;
const TEN_MILLIONS = 1e7;

/** @type {Map<string, Intl.NumberFormat>} To make one takes the browser longer than to use it. */
const formats = new Map();

/** @param {number} number @param {Intl.NumberFormatOptions} options */
function written(number, options) {
  const key = `${state.language} ${JSON.stringify(options)}`;
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(state.language, options));
  return /** @type {Intl.NumberFormat} */ (formats.get(key)).format(number);
}

/** @param {number} number */
export function plain(number) {
  if (Number.isNaN(number)) return "–";
  const sign = number < 0 ? "−" : "";
  const size = Math.abs(number);
  if (size >= INFINITE) return `${sign}∞`;
  if (Number.isInteger(size) && size < 1e6) return sign + written(size, {});
  const [, decimals] = DECIMALS.find(([least]) => size >= least) ?? [0, -1];
  return sign + (decimals < 0 || size >= TEN_MILLIONS ? powerOfTen(size) : fixed(size, decimals));
}

/** @param {number} number @param {number} decimals */
export const fixed = (number, decimals) =>
  written(number, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

/** A very small or large number as it is written at school: 3.2·10⁻⁶. @param {number} size */
export function powerOfTen(size) {
  const [digits, power] = size.toExponential(1).split("e");
  const raised = [...power.replace("+", "")].map((sign) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(sign)] ?? "⁻").join("");
  return `${digits.replace(".", say("decimal"))}·10${raised}`;
}

/** With more digits, to compare two of them. @param {number} number */
export const exact = (number, digits = 6) => written(number, { maximumSignificantDigits: digits }).replace("-", "−");

/** @param {number} number */
export const bracketed = (number) => (number < 0 ? `(${plain(number)})` : plain(number));
/** @param {number} number */
export const signed = (number) => (number < 0 ? ` − ${plain(-number)}` : ` + ${plain(number)}`);

/** The index of an element, from its number in reading order. @param {number[]} shape @param {number} number */
export function indexOf(shape, number) {
  const index = [];
  for (const size of [...shape].reverse()) {
    index.unshift(number % size);
    number = Math.floor(number / size);
  }
  return index;
}

/** @param {number[]} shape @param {number[]} index */
export const numberOf = (shape, index) => index.reduce((number, at, axis) => number * shape[axis] + at, 0);

/**
 * An index without leading dimensions of size 1, as a person writes it: (1, 9, 7).
 * @param {string} array @param {number} number
 */
export function shortIndex(array, number) {
  const { shape } = model.tensors[array];
  const from = shape.findIndex((size) => size > 1);
  return from < 0 ? "" : ` (${indexOf(shape, number).slice(from).join(", ")})`;
}

/** @param {string} array */
export const nameOf = (array) => inLanguage(model.tensors[array].name);

/** @param {string} array @param {number} number */
export const named = (array, number) => nameOf(array) + shortIndex(array, number);

/** @param {number[]} shape */
export const sizeOf = (shape) => shape.join("×") || "1";

/** A text about the network in another language than English; undefined where it has none. @param {string} text */
function translated(text) {
  const texts = model.texts[state.language] ?? {};
  return Object.hasOwn(texts, text) ? texts[text] : undefined;
}

/** A text about the network in the language of the reader, or in English. @param {string} text */
export const inLanguage = (text) => translated(text) ?? text;

/**
 * A paragraph of such texts, which says in which language it is.
 * @param {string} kind its class @param {string[]} texts
 */
export function told(kind, ...texts) {
  const isEnglish = texts.some((text) => text && translated(text) === undefined);
  const words = texts.filter(Boolean).map(inLanguage).join(" ");
  return html`<p class=${kind} lang=${isEnglish ? "en" : state.language}>${words}</p>`;
}

/**
 * Words of the page's frame, with values in the place of their braces.
 * @param {string} key @param {Record<string, string | number>} values
 */
export function say(key, values = {}) {
  const text = model.words[state.language][key] ?? model.words.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** A note on the number of items that are not shown. @param {number} count */
export const more = (count) => (count > 0 ? html`<p class="note">${say("more", { count })}</p>` : nothing);
