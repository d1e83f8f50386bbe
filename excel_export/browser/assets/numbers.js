// Numbers, indices and words as people read them.

const DECIMALS = [
  [100, 1],
  [1, 2],
  [0.1, 3],
  [0.001, 4],
  [0.00001, 6],
];
const INFINITE = 9e299;
const TEN_MILLIONS = 1e7;

function plain(number) {
  if (Number.isNaN(number)) return "–";
  const sign = number < 0 ? "−" : "";
  const size = Math.abs(number);
  if (size >= INFINITE) return `${sign}∞`;
  if (Number.isInteger(size) && size < 1e6) return sign + size.toLocaleString(state.language);
  const [, decimals] = DECIMALS.find(([least]) => size >= least) ?? [0, -1];
  if (decimals < 0 || size >= TEN_MILLIONS) return sign + powerOfTen(size);
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return sign + size.toLocaleString(state.language, digits);
}

/** A very small or large number as it is written at school: 3.2·10⁻⁶. */
function powerOfTen(size) {
  const [digits, power] = size.toExponential(1).split("e");
  const raised = [...power.replace("+", "")].map((sign) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign] ?? "⁻").join("");
  return `${digits.replace(".", say("decimal"))}·10${raised}`;
}

/** With more digits, to compare two of them. */
const exact = (number) =>
  number.toLocaleString(state.language, { maximumSignificantDigits: 6 }).replace("-", "−");

const bracketed = (number) => (number < 0 ? `(${plain(number)})` : plain(number));
const signed = (number) => (number < 0 ? ` − ${plain(-number)}` : ` + ${plain(number)}`);

/** The index of an element, from its number in reading order. */
function indexOf(shape, number) {
  const index = [];
  for (const size of [...shape].reverse()) {
    index.unshift(number % size);
    number = Math.floor(number / size);
  }
  return index;
}

const numberOf = (shape, index) => index.reduce((number, at, axis) => number * shape[axis] + at, 0);

/** An index without leading dimensions of size 1, as a person writes it: (1, 9, 7). */
function shortIndex(array, number) {
  const { shape } = model.tensors[array];
  const index = indexOf(shape, number);
  const from = shape.findIndex((size) => size > 1);
  return from < 0 ? "" : ` (${index.slice(from).join(", ")})`;
}

const named = (array, number) => model.tensors[array].name + shortIndex(array, number);
const sizeOf = (shape) => shape.join("×") || "1";

/** A text about the network in the language of the reader, or in English. */
const inLanguage = (text) => model.texts[state.language]?.[text] ?? text;

/** A paragraph of such texts, which says in which language it is. */
function told(attributes, ...texts) {
  const isEnglish = texts.some((text) => text && !model.texts[state.language]?.[text]);
  const lang = isEnglish ? "en" : state.language;
  return make("p", { ...attributes, lang }, texts.filter(Boolean).map(inLanguage).join(" "));
}

/** Words of the page's frame, with what stands in their braces. */
function say(key, values = {}) {
  const text = model.words[state.language][key] ?? model.words.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** An element of the page; strings among its children are text, whatever they hold. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}
