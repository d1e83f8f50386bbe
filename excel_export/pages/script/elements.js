/** The account of one element: its terms, each with its factor, and the numbers in conditions. */

import { model } from "./network.js";
import { inLanguage } from "./words.js";

/**
 * The account of an element of a view; null if it has none.
 * @param {View} view @param {number} element @returns {Account | null}
 */
export function accountOf(view, element) {
  const group = view.groups[view.group[element]];
  if (!group) return null;
  const row = view.row[element];
  const places = group.first.map((place, k) => place + group.moves[group.which[k]][row]);
  let at = 0;
  /** @param {Kind} kind @returns {Num | null} */
  const source = (kind) => {
    if (kind === null) return null;
    if (typeof kind === "string") return numberAt(kind, places[at++]);
    const [count, made] = SOURCES[kind];
    const found = made(places, at);
    at += count;
    return Array.isArray(found) ? numberAt(...found) : { value: +found };
  };
  /** @type {Term[]} */
  const terms = [];
  for (const [count, cell, factor, counts] of group.terms) {
    for (let k = 0; k < count; k++) {
      const number = /** @type {Num} */ (source(cell));
      const meets = source(factor);
      const when = source(counts);
      const product = number.value * (meets ? meets.value : 1);
      if (!when || when.value)
        terms.push({ cell: number, factor: meets, counts: when, group: group.of[terms.length] ?? 0, product });
    }
  }
  return {
    terms,
    alone: source(group.alone),
    asides: group.asides.map(source),
    spelled: group.spelled,
    bare: group.bare,
    labels: group.labels.map((label) => label.split(", ").map(inLanguage).join(", ")),
  };
}

/** @param {string} array @param {number} place @returns {Num} */
const numberAt = (array, place) => ({ array, place, value: ARRAYS[array][place] });

/** All numbers that an element reads. @param {Account | null} account @returns {(Num & At)[]} */
export function readBy(account) {
  if (!account) return [];
  const numbers = [...account.terms.flatMap((term) => [term.cell, term.factor]), account.alone, ...account.asides];
  return /** @type {(Num & At)[]} */ (numbers.filter((number) => number?.array));
}

/** The sum of each group of terms. @param {Account} account */
export const sumsOf = ({ terms, labels }) =>
  labels.map((_, group) => terms.reduce((sum, term) => sum + (term.group === group ? term.product : 0), 0));

/**
 * The result of an account; null if only its formula is known. On the way back a spelled slope is times what arrives.
 * @param {View} view @param {Account} account
 */
export function shareOf(view, account) {
  if (account.spelled.length) return view.companion ? account.terms[0].product : null;
  return account.terms.reduce((sum, term) => sum + term.product, account.alone?.value ?? 0);
}

/**
 * The elements of a view that read a number: computed once for each view, as indices found by numbers stay in place.
 * @param {View} view @param {string} array @param {number} place
 */
export function readersOf(view, array, place) {
  const readers = view.readers ?? new Map();
  if (!view.readers) {
    view.readers = readers;
    view.group.forEach((_, element) => {
      for (const number of readBy(accountOf(view, element))) {
        const key = `${number.array}.${number.place}`;
        if (!readers.has(key)) readers.set(key, new Set());
        readers.get(key).add(element);
      }
    });
  }
  return [...(readers.get(`${array}.${place}`) ?? [])];
}

/** The views of a step, and which part of it each belongs to. @param {number} number */
export function viewsOf(number) {
  const step = model.steps[number - 1];
  const before = model.steps.slice(0, number - 1).reduce((count, each) => count + each.parts.length, 0);
  return step.parts.flatMap((part, k) =>
    model.views.filter((view) => view.part === before + k + 1).map((view) => ({ view, part, isMain: k === step.main })),
  );
}

/** The step in which a tensor is made, and its view there. @param {string} array */
export function makerOf(array) {
  for (let number = 1; number <= model.steps.length; number++) {
    const views = viewsOf(number);
    const k = views.findIndex(({ view }) => view.made === array);
    if (k >= 0) return { step: number, view: k, shown: views[k].view };
  }
  return null;
}

/** The steps in which a tensor is read. @param {string} array */
export function usesOf(array) {
  return model.steps.flatMap((_, before) =>
    viewsOf(before + 1).flatMap(({ view }, k) =>
      view.made !== array && view.slots.includes(array) && !view.isGiven
        ? [{ step: before + 1, view: k, made: view.made }]
        : [],
    ),
  );
}
