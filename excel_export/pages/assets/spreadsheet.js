/**
 * The functions that formulas use, as spreadsheets define them. An error is NaN.
 * @typedef {ArrayLike<number> & Iterable<number>} Numbers
 * @typedef {number | boolean | Numbers} Item
 */

/** A table of whole numbers: steps from one to the next, "3,1*27" is 3 and then 27 steps of 1. @param {string} text */
function U(text) {
  const numbers = [];
  let last = 0;
  for (const run of text.split(",")) {
    const [step, count] = run.split("*").map(Number);
    for (let k = 0; k < (count || 1); k++) {
      last += step;
      numbers.push(last);
    }
  }
  return numbers;
}

/**
 * Elements of an array: from a first one on, then pairs of how many and how far apart, the outermost first.
 * @param {Float64Array} array
 * @param {number} first
 * @param {number[]} along
 * @returns {Numbers}
 */
function R(array, first, ...along) {
  if (along.length === 2 && along[1] === 1) return array.subarray(first, first + along[0]);
  let places = [first];
  for (let k = 0; k < along.length; k += 2) {
    const next = [];
    for (const place of places) for (let n = 0; n < along[k]; n++) next.push(place + n * along[k + 1]);
    places = next;
  }
  return places.map((place) => array[place]);
}

/** @param {Item[]} items */
function all(items) {
  const numbers = [];
  for (const item of items) {
    if (typeof item === "number" || typeof item === "boolean") numbers.push(+item);
    else for (const each of item) numbers.push(each);
  }
  return numbers;
}

/** @param {...(number | Numbers)} items */
function SUM(...items) {
  let sum = 0;
  for (const item of items) {
    if (typeof item === "number") sum += item;
    else for (let k = 0; k < item.length; k++) sum += item[k];
  }
  return sum;
}
/** @param {Numbers} one @param {...Numbers} others */
function SUMPRODUCT(one, ...others) {
  let sum = 0;
  for (let k = 0; k < one.length; k++) sum += others.reduce((product, other) => product * other[k], one[k]);
  return sum;
}
/** @param {Numbers} one @param {Numbers} other */
function SUMXMY2(one, other) {
  let sum = 0;
  for (let k = 0; k < one.length; k++) sum += (one[k] - other[k]) ** 2;
  return sum;
}
/** @param {...(number | Numbers)} items */
function DEVSQ(...items) {
  const mean = AVERAGE(...items);
  return all(items).reduce((sum, item) => sum + (item - mean) ** 2, 0);
}
/** @param {...Item} items */
const PRODUCT = (...items) => all(items).reduce((product, item) => product * item, 1);
/** @param {...(number | Numbers)} items */
const AVERAGE = (...items) => SUM(...items) / COUNT(...items);
/** @param {...(number | Numbers)} items */
function COUNT(...items) {
  let count = 0;
  for (const item of items) count += typeof item === "number" ? 1 : item.length;
  return count;
}
/** @param {...Item} items */
const MAX = (...items) => all(items).reduce((one, other) => (one > other ? one : other));
/** @param {...Item} items */
const MIN = (...items) => all(items).reduce((one, other) => (one < other ? one : other));
/** @param {...Item} items */
const AND = (...items) => all(items).every((item) => item !== 0);
/** @param {...Item} items */
const OR = (...items) => all(items).some((item) => item !== 0);
/** @param {number | boolean} item */
const NOT = (item) => !item;
/** @param {number} value @param {() => number} other */
const IFERROR = (value, other) => (Number.isFinite(value) ? value : other());
/** @param {number} value */
const ISNUMBER = (value) => Number.isFinite(value);
const NA = () => NaN;
/** @param {number | boolean} value */
const N = (value) => +value;

/** @param {number} place @param {...number} items */
const CHOOSE = (place, ...items) => items[Math.trunc(place) - 1];
/** @param {number} wanted @param {Numbers} range */
function MATCH(wanted, range) {
  for (let k = 0; k < range.length; k++) if (range[k] === wanted) return k + 1;
  return NaN;
}
/** @param {Numbers} beside @param {number} wanted @param {Numbers} range */
function SUMIF(beside, wanted, range) {
  let sum = 0;
  for (let k = 0; k < beside.length; k++) if (beside[k] === wanted) sum += range[k];
  return sum;
}
/** @param {Numbers} range @param {number} wanted */
function COUNTIF(range, wanted) {
  let count = 0;
  for (let k = 0; k < range.length; k++) if (range[k] === wanted) count++;
  return count;
}
/** @param {number} number @param {Numbers} range @param {number} [rises] */
function RANK(number, range, rises = 0) {
  let rank = 1;
  for (let k = 0; k < range.length; k++) if (rises ? range[k] < number : range[k] > number) rank++;
  return rank;
}
/** @param {Numbers} range @param {number} place */
const SMALL = (range, place) => Array.from(range).sort((a, b) => a - b)[place - 1];
/** @param {Numbers} range @param {number} place */
const LARGE = (range, place) => Array.from(range).sort((a, b) => b - a)[place - 1];

const { abs: ABS, sign: SIGN, floor: INT, exp: EXP, log: LN, log10: LOG10, sqrt: SQRT, tanh: TANH } = Math;
const { sin: SIN, cos: COS, tan: TAN, asin: ASIN, acos: ACOS, atan: ATAN, sinh: SINH, cosh: COSH } = Math;
const { atanh: ATANH, trunc: TRUNC } = Math;
/** @param {number} x @param {number} y */
const ATAN2 = (x, y) => Math.atan2(y, x);
/** @param {number} number @param {number} by */
const MOD = (number, by) => number - by * Math.floor(number / by);
/** @param {number} number @param {number} digits */
function ROUND(number, digits) {
  const by = 10 ** digits;
  return (Math.sign(number) * Math.floor(Math.abs(number) * by + 0.5)) / by;
}

/** The complementary error function: a series near 0, a continued fraction further out. @param {number} x @returns {number} */
function ERFC(x) {
  const z = Math.abs(x);
  if (z < 2.5) return 1 - ERF(x);
  let fraction = 0;
  for (let k = 60; k > 0; k--) fraction = k / 2 / (z + fraction);
  const tail = Math.exp(-z * z) / (z + fraction) / Math.sqrt(Math.PI);
  return x < 0 ? 2 - tail : tail;
}
/** @param {number} x @returns {number} */
function ERF(x) {
  if (Math.abs(x) >= 2.5) return 1 - ERFC(x);
  let term = x;
  let sum = x;
  for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
    term *= (2 * x * x) / (2 * k + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
/** @param {number} x */
const NORMSDIST = (x) => ERFC(-x / Math.SQRT2) / 2;
