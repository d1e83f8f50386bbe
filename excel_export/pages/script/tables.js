/** Numbers in rows and columns: those around one, those that are read, and their products. */

import { html, nothing } from "lit-html";
import { sumsOf } from "./elements.js";
import { model } from "./network.js";
import { mostOf, tinted } from "./pictures.js";
import { isBackward } from "./place.js";
import { render, state } from "./state.js";
import { indexOf, more, plain, say } from "./words.js";

const MOST_NUMBERS = 49;
/** Grids, groups of terms, and columns of a grid that are shown at most; of more, the first. */
const GRIDS = 2;
const GROUPS = 8;
const SIDE = 5;

/** @param {string} array @param {number} place @param {number} most @param {string} kind */
function cell(array, place, most, kind = "") {
  const is = state.pinned?.array === array && state.pinned.place === place ? " pinned" : "";
  const number = ARRAYS[array][place];
  return html`<td class="${kind}${is}" data-number="${array}.${place}" .style=${tinted(number, most, model.tensors[array].isGradient)}>${plain(number)}</td>`;
}

/** Numbers in order, each once. @param {number[]} numbers */
const distinctOf = (numbers) => [...new Set(numbers)].sort((one, other) => one - other);

/** @param {unknown} rows */
const table = (rows) => html`<table><tbody>${rows}</tbody></table>`;

/** @param {Term} term */
export const keysOf = (term) =>
  [term.cell, term.factor].flatMap((number) => (number?.array ? [`${number.array}.${number.place}`] : [])).join(" ");

/**
 * The numbers around one, by rows and columns of the last two dimensions.
 * @param {string} array @param {number} centre @param {{ rows: number, columns: number }} reach
 */
export function windowTable(array, centre, reach) {
  const { shape } = model.tensors[array];
  const most = mostOf(array);
  const [height, width] = [1, 1, ...shape].slice(-2);
  const [row, column] = [0, 0, ...indexOf(shape, centre)].slice(-2);
  const span = (/** @type {number} */ at, /** @type {number} */ count, /** @type {number} */ far) => {
    const from = Math.max(0, Math.min(at - far, count - 2 * far - 1));
    return Array.from({ length: Math.min(count, 2 * far + 1) }, (_, k) => from + k);
  };
  const outer = centre - row * width - column;
  return table(
    span(row, height, reach.rows).map(
      (down) =>
        html`<tr>${span(column, width, reach.columns).map((right) =>
          cell(array, outer + down * width + right, most, down === row && right === column ? "centre" : ""),
        )}</tr>`,
    ),
  );
}

/** Whether the products have a card of their own. @param {Account | null} account */
export const hasProducts = (account) =>
  Boolean(account && !account.spelled.length && account.terms.filter((term) => term.factor).length > 1);

/** The group of which the numbers are shown: the one that was chosen, or the one that adds most; null for all. @param {Account | null} account */
export function openGroup(account) {
  if (!account || account.labels.length < 2) return null;
  if (state.group !== null && state.group < account.labels.length) return state.group;
  const sums = sumsOf(account).map(Math.abs);
  return sums.indexOf(Math.max(...sums));
}

/** The products in the arrangement of their numbers; if there are many, the sums of their groups. @param {Account} account */
export function productsCard(account) {
  const { terms, labels } = account;
  const rows = labels.length > 1 ? groupRows(account) : productRows(terms);
  const rest = labels.length > 1 ? labels.length - GROUPS : terms.length - MOST_NUMBERS;
  return html`<figure class="card products-card" data-slides="products"><figcaption><span class="role">${say("role-products")}</span>
    <span class="shape">${say("so-many", { count: terms.length })}</span></figcaption>
    ${table(rows)}${more(rest)}</figure>`;
}

/** @param {Account} account */
function groupRows(account) {
  const { labels } = account;
  const sums = sumsOf(account);
  const most = Math.max(...sums.map(Math.abs));
  const open = openGroup(account) ?? 0;
  const from = Math.max(0, Math.min(open - GROUPS / 2 + 1, labels.length - GROUPS));
  return labels.slice(from, from + GROUPS).map((label, k) => {
    const group = from + k;
    const choose = () => {
      state.group = group;
      render();
    };
    return html`<tr><th scope="row"><button type="button" class="group" id="group-${k}"
      aria-pressed=${group === open} @click=${choose}>${label}</button></th>
      <td .style=${tinted(sums[group], most, isBackward())}>${plain(sums[group])}</td></tr>`;
  });
}

/** @param {Term[]} terms */
function productRows(terms) {
  const most = Math.max(...terms.map((term) => Math.abs(term.product)));
  return gridOf(terms.slice(0, MOST_NUMBERS)).map(
    (row) =>
      html`<tr>${row.map((term) =>
        term
          ? html`<td data-term=${keysOf(term)} .style=${tinted(term.product, most, isBackward())}>${plain(term.product)}</td>`
          : html`<td></td>`,
      )}</tr>`,
  );
}

/**
 * Terms in rows and columns: as the last two indices of what they read lie, or of what that meets.
 * @param {Term[]} terms @returns {(Term | undefined)[][]}
 */
function gridOf(terms) {
  for (const part of /** @type {("cell" | "factor")[]} */ (["cell", "factor"])) {
    if (!terms.every((term) => term[part]?.array)) continue;
    const spots = terms.map((term) => {
      const { array, place } = /** @type {At} */ (term[part]);
      return [0, 0, ...indexOf(model.tensors[array].shape, place)].slice(-2);
    });
    const rows = distinctOf(spots.map(([row]) => row));
    const columns = distinctOf(spots.map(([, column]) => column));
    if (new Set(spots.map(String)).size < terms.length || rows.length > 12 || columns.length > 7) continue;
    return rows.map((row) =>
      columns.map((column) => terms[spots.findIndex((spot) => spot[0] === row && spot[1] === column)]),
    );
  }
  return Array.from({ length: Math.ceil(terms.length / SIDE) }, (_, k) => terms.slice(SIDE * k, SIDE * k + SIDE));
}

/**
 * The numbers that are read, in grids as they lie in their tensor.
 * @param {string} array @param {number[]} read @param {string} label
 * @param {number} side how many columns are shown of each grid
 */
export function readTable(array, read, label, side) {
  const { shape } = model.tensors[array];
  const most = mostOf(array);
  const [, width] = [1, 1, ...shape].slice(-2);
  const area = shape.slice(-2).reduce((product, each) => product * each, 1);
  /** @type {Map<number, number[]>} */
  const grids = new Map();
  const distinct = distinctOf(read);
  for (const place of distinct) {
    const outer = Math.floor(place / area);
    grids.set(outer, [...(grids.get(outer) ?? []), place]);
  }
  const tables = [];
  let shown = 0;
  for (const places of grids.values()) {
    if (tables.length === GRIDS || (shown && shown + places.length > MOST_NUMBERS)) break;
    const inside = places.map((place) => place % area);
    const rows = distinctOf(inside.map((place) => Math.floor(place / width))).slice(0, SIDE);
    const columns = distinctOf(inside.map((place) => place % width)).slice(0, side);
    const outer = places[0] - inside[0];
    const drawn = (/** @type {number} */ place) =>
      places.includes(place) ? cell(array, place, most, "read") : html`<td></td>`;
    tables.push(
      table(rows.map((row) => html`<tr>${columns.map((column) => drawn(outer + row * width + column))}</tr>`)),
    );
    shown += rows.length * columns.length;
  }
  return html`<div>${label ? html`<p class="note">${label}</p>` : nothing}<div class="grids">${tables}</div>
    ${more(distinct.length - shown)}</div>`;
}
