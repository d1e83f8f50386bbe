/** One way from a number to the loss: the slope of each step on it, and their product. */

import { accountOf } from "./elements.js";
import { model } from "./network.js";

const MOST_COUNTED = 4000;

/** The parts of the way back that add to a gradient. @param {string} gradient */
const addingTo = (gradient) => model.views.filter((view) => view.made === gradient && view.companion);

/** The gradient's array of a tensor; null where it has none that is shown. @param {string} array */
export const gradientOf = (array) => model.views.find((view) => view.companion === array)?.made ?? null;

/** The tensor whose gradient an array is; null where it is none. @param {string | null} gradient */
export const tensorOf = (gradient) => (gradient && addingTo(gradient)[0]?.companion) || null;

/**
 * The terms of one gradient: each gradient that arrives, its slope, and their product, which is the sum
 * over all ways that go on there. Null where the number is not taken apart.
 * @param {string} gradient @param {number} place @returns {Edge[] | null}
 */
export function edgesOf(gradient, place) {
  const accounts = addingTo(gradient).map((view) => accountOf(view, place));
  if (accounts.includes(null)) return null;
  return /** @type {Account[]} */ (accounts).flatMap(({ terms, spelled }) =>
    (spelled.length ? terms.slice(0, 1) : terms).map(({ cell, factor, product }) => ({
      gradient: cell.array ?? null,
      place: cell.place ?? 0,
      arriving: cell.value,
      slope: factor ? factor.value : 1,
      product,
    })),
  );
}

/** @param {Edge[]} edges */
const largestOf = (edges) =>
  edges.reduce(
    (best, edge) => (best && Math.abs(best.product) >= Math.abs(edge.product) ? best : edge),
    /** @type {Edge | null} */ (null),
  );

/**
 * The numbers on a way, each with the ways on from there and the one that is taken: chosen, or the largest.
 * @param {string} array @param {number} place @param {Map<number, number>} chosen
 */
export function wayFrom(array, place, chosen = new Map()) {
  /** @type {OnWay[]} */
  const numbers = [];
  /** @type {{ array: string | null, gradient: string | null, place: number } | null} */
  let here = { array, gradient: gradientOf(array), place };
  while (here?.gradient && here.array) {
    /** @type {boolean} */
    const isEnd = here.array === model.loss;
    /** @type {Edge[] | null} */
    const edges = isEnd ? [] : edgesOf(here.gradient, here.place);
    /** @type {Edge | null} */
    const taken = edges?.[chosen.get(numbers.length) ?? -1] ?? largestOf(edges ?? []);
    numbers.push({ array: here.array, gradient: here.gradient, place: here.place, isEnd, edges, taken });
    here = taken && { array: tensorOf(taken.gradient), gradient: taken.gradient, place: taken.place };
  }
  return numbers;
}

/**
 * The product of the slopes on a way; where it breaks off, times the gradient of what is there.
 * @param {OnWay[]} way
 */
export function productOf(way) {
  const slopes = way.flatMap(({ taken }) => (taken ? [taken.slope] : []));
  const last = way[way.length - 1];
  if (last.taken) slopes.push(last.taken.arriving);
  else if (!last.isEnd) slopes.push(ARRAYS[last.gradient][last.place]);
  return { slopes, product: slopes.reduce((product, slope) => product * slope, 1) };
}

/**
 * How many ways with no slope of 0 lead from a gradient to the loss; null where that is too much to count.
 * @param {string} gradient @param {number} place @param {Map<string, number | null>} known @returns {number | null}
 */
export function countWays(gradient, place, known = new Map()) {
  const key = `${gradient}.${place}`;
  if (gradient === gradientOf(model.loss)) return 1;
  if (known.has(key)) return known.get(key) ?? null;
  if (known.size >= MOST_COUNTED || !tensorOf(gradient)) return null;
  known.set(key, null);
  let count = 0;
  for (const edge of edgesOf(gradient, place) ?? [null]) {
    if (edge?.slope === 0) continue;
    const more = edge?.gradient ? countWays(edge.gradient, edge.place, known) : null;
    if (more === null) return null;
    count += more;
  }
  known.set(key, count);
  return count;
}
