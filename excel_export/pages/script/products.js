/** Every product of a number, in the groups that they are added in: one stop for the keyboard, with arrows inside. */

import { html, nothing } from "lit-html";
import { times } from "./arithmetic.js";
import { tinted } from "./pictures.js";
import { isBackward } from "./place.js";
import { light } from "./pointer.js";
import { keysOf } from "./tables.js";
import { more, plain, say } from "./words.js";

const MOST_PRODUCTS = 72;

/** @param {Account | null} account */
export function products(account) {
  if (!account || account.spelled.length || account.terms.length < 2) return nothing;
  const { terms, labels } = account;
  const most = Math.max(...terms.map((term) => Math.abs(term.product)));
  /** @type {Map<number, Term[]>} */
  const groups = new Map();
  for (const term of terms.slice(0, MOST_PRODUCTS)) groups.set(term.group, [...(groups.get(term.group) ?? []), term]);
  const lists = [...groups].map(([group, members], k) => {
    const sum = terms.reduce((total, term) => total + (term.group === group ? term.product : 0), 0);
    const items = members.map(
      (
        term,
        each,
      ) => html`<li data-term=${keysOf(term)} tabindex=${k || each ? -1 : 0} .style=${tinted(term.product, most, isBackward())}
        @focus=${() => light(keysOf(term).split(" ")[0])}><span>${times(term)}</span><b>${plain(term.product)}</b></li>`,
    );
    return html`<div class="products">${labels.length > 1 ? html`<p>${labels[group]} <b>${plain(sum)}</b></p>` : nothing}
      <ul>${items}</ul></div>`;
  });
  return html`<details id="products" @keydown=${walk}><summary>${say("products", { count: terms.length })}</summary>${lists}
    ${more(terms.length - MOST_PRODUCTS)}</details>`;
}

/** @param {KeyboardEvent} event */
function walk(event) {
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const list = /** @type {HTMLElement} */ (event.currentTarget);
  const items = /** @type {HTMLElement[]} */ ([...list.querySelectorAll("li")]);
  const at = items.indexOf(/** @type {HTMLElement} */ (event.target));
  if (!by || at < 0) return;
  event.preventDefault();
  event.stopPropagation();
  const to = items[Math.min(Math.max(0, at + by), items.length - 1)];
  for (const each of items) each.tabIndex = each === to ? 0 : -1;
  to.focus();
}
