// One way from a number to the loss: the slope of each step on it, and their product.

const MOST_COUNTED = 4000;

/** The parts of the way back that add to a gradient. */
const addingTo = (gradient) => model.views.filter((view) => view.made === gradient && view.companion);

/** The gradient's array of a tensor; null where it has none that is shown. */
const gradientOf = (array) => model.views.find((view) => view.companion === array)?.made ?? null;

/** The tensor whose gradient an array is; null where it is none. */
const valueOf = (gradient) => addingTo(gradient)[0]?.companion ?? null;

/**
 * What one gradient adds up: each gradient that arrives, the slope that it meets, and their product, which is the sum
 * over all ways that go on there. Null where the number is not taken apart.
 */
function edgesOf(gradient, place) {
  const accounts = addingTo(gradient).map((view) => accountOf(view, place));
  if (accounts.includes(null)) return null;
  return accounts.flatMap(({ terms, spelled }) =>
    (spelled.length ? terms.slice(0, 1) : terms).map(({ cell, factor, product }) => ({
      gradient: cell.array ?? null,
      place: cell.place,
      arriving: cell.value,
      slope: factor ? factor.value : 1,
      product,
    })),
  );
}

const largestOf = (edges) =>
  edges.reduce((best, edge) => (best && Math.abs(best.product) >= Math.abs(edge.product) ? best : edge), null);

/** The numbers on a way, each with the ways on from there and the one that is taken: chosen, or the largest. */
function wayFrom(array, place, chosen = new Map()) {
  const numbers = [];
  let here = { array, gradient: gradientOf(array), place };
  while (here?.gradient) {
    const isEnd = here.array === model.loss;
    const edges = isEnd ? [] : edgesOf(here.gradient, here.place);
    const taken = edges?.[chosen.get(numbers.length)] ?? largestOf(edges ?? []);
    numbers.push({ ...here, isEnd, edges, taken });
    here = taken && { array: valueOf(taken.gradient), gradient: taken.gradient, place: taken.place };
    if (here && !here.array) here = null;
  }
  return numbers;
}

/** The product of the slopes on a way; where it breaks off, times the gradient of what is there. */
function productOf(way) {
  const slopes = way.filter(({ taken }) => taken).map(({ taken }) => taken.slope);
  const last = way.at(-1);
  if (last.taken) slopes.push(last.taken.arriving);
  else if (!last.isEnd) slopes.push(ARRAYS[last.gradient][last.place]);
  return { slopes, product: slopes.reduce((product, slope) => product * slope, 1) };
}

/** How many ways with no slope of 0 lead from a gradient to the loss; null where that is too much to count. */
function countWays(gradient, place, known = new Map()) {
  const key = `${gradient}.${place}`;
  if (gradient === gradientOf(model.loss)) return 1;
  if (known.has(key)) return known.get(key);
  if (known.size >= MOST_COUNTED || !valueOf(gradient)) return null;
  known.set(key, null);
  let count = 0;
  for (const edge of edgesOf(gradient, place) ?? [null]) {
    if (edge?.slope === 0) continue;
    const more = edge && countWays(edge.gradient, edge.place, known);
    if (more === null) return null;
    count += more;
  }
  known.set(key, count);
  return count;
}
