/**
 * The tensors of a step side by side, as an equation is read: what is read = what comes out; on the way back, the
 * gradient that is made = what it is made of.
 */

import { html, nothing } from "lit-html";
import { repeat } from "lit-html/directives/repeat.js";
import { readBy, readersOf } from "./elements.js";
import { model, size } from "./network.js";
import { arrowsOf, operands } from "./operands.js";
import { paint, painted, tilesOf, under } from "./pictures.js";
import { isBackward, pin } from "./place.js";
import { dim, light } from "./pointer.js";
import { render, state } from "./state.js";
import { hasProducts, openGroup, productsCard, readTable, windowTable } from "./tables.js";
import { nameOf, say, sizeOf } from "./words.js";

/**
 * How wide a card is, and in it: how many rows and columns around a number are shown, the room of a picture, and how many
 * numbers are read in a row. The first is taken for which there is room.
 */
const ROOMS = [
  { kind: "", wide: 236, rows: 2, columns: 2, width: 196, height: 132, read: 5 },
  { kind: "dense", wide: 176, rows: 2, columns: 1, width: 150, height: 120, read: 4 },
  { kind: "dense tight", wide: 0, rows: 1, columns: 1, width: 104, height: 100, read: 3 },
];
/** Pixels of an element's square at most. */
const SQUARE = 44;

/**
 * The role of a tensor for the element that is shown.
 * @param {string} array @param {View} view @param {Account | null} account
 */
function roleOf(array, view, account) {
  if (array === view.made) return "made";
  if (array === view.companion) return "companion";
  const { isGradient } = model.tensors[array];
  if (!account) return "read";
  if (account.alone?.array === array) return "alone";
  if (account.terms.some((term) => term.cell.array === array)) return isGradient ? "arriving" : "read";
  if (account.terms.some((term) => term.factor?.array === array)) return "factor";
  return isGradient ? "arriving" : "seen";
}

/** As an equation is read: what goes in = the result; on the way back, the result = what it is made of. @param {string} role */
function rankOf(role) {
  const order = isBackward()
    ? ["companion", "made", "products", "read", "seen", "alone", "factor", "arriving"]
    : ["products", "made"];
  return order.indexOf(role);
}

/** The sign between two cards. @param {string} role @param {string} before */
function signBefore(role, before) {
  if (!isBackward()) {
    if (role === "products") return "=";
    if (role === "made") return before === "products" ? "=" : "→";
    return { factor: "×", alone: "+" }[role] ?? "";
  }
  if (before === "made" || before === "products") return role === "products" || role === "factor" ? "=" : "←";
  return role === "arriving" && before === "factor" ? "×" : "";
}

/**
 * @param {View} view @param {number} element @param {Account | null} account
 * @param {number} wide how many pixels there are
 */
export function stage(view, element, account, wide) {
  const arrows = arrowsOf(view, element, account);
  if (arrows) return operands(arrows);
  const slots = view.isGiven ? [view.made, ...model.inputs.map(({ array }) => array)] : view.slots;
  const arrays = new Set(slots.filter((array) => model.tensors[array]));
  const cards = [...arrays].map((array) => ({ key: array, role: roleOf(array, view, account) }));
  if (hasProducts(account)) cards.push({ key: "products", role: "products" });
  // Of the inputs, the one that the text is about comes first.
  if (!view.isGiven) cards.sort((one, other) => rankOf(one.role) - rankOf(other.role));
  const fit = ROOMS.find((each) => each.wide * cards.length <= wide) ?? ROOMS[0];
  return html`<div class="cards ${fit.kind}">${repeat(
    cards,
    ({ key, role }) => `${key} ${role}`,
    ({ key, role }, k) => {
      const sign = k && !view.isGiven ? signBefore(role, cards[k - 1].role) : "";
      const drawn =
        role === "products" && account ? productsCard(account) : card(key, role, view, element, account, fit);
      return html`${sign ? html`<div class="sign" aria-hidden="true">${sign}</div>` : nothing}${drawn}`;
    },
  )}</div>`;
}

/**
 * @param {string} array @param {string} role @param {View} view @param {number} element
 * @param {Account | null} account @param {typeof ROOMS[0]} room
 */
function card(array, role, view, element, account, room) {
  const tensor = model.tensors[array];
  const read = readBy(account)
    .filter((number) => number.array === array)
    .map((number) => number.place);
  /** @type {Marks} */
  const marks = {};
  if (role === "made" && state.pinned) marks.reader = readersOf(view, state.pinned.array, state.pinned.place);
  if (role === "made" || role === "companion") marks.chosen = [element];
  if (role !== "made" && read.length) marks.read = read;
  if (state.pinned?.array === array) marks.pinned = [state.pinned.place];
  const most = Math.floor(SQUARE / tilesOf(array).size);
  const drawn = painted((canvas) => paint(canvas, array, marks, { width: room.width, height: room.height, most }));
  const found = (/** @type {MouseEvent} */ event) =>
    under(/** @type {HTMLCanvasElement} */ (event.currentTarget), event)?.element;
  const click = (/** @type {MouseEvent} */ event) => {
    const place = found(event);
    if (place !== undefined) choose(array, place, role);
  };
  const move = (/** @type {MouseEvent} */ event) => {
    const place = found(event);
    if (place === undefined) dim();
    else light(`${array}.${place}`);
  };
  const label = `${nameOf(array)}, ${sizeOf(tensor.shape)}. ${say(role === "made" ? "choose-made" : "choose-read")}`;
  return html`<figure class="card ${role} ${tensor.isGradient ? "gradient" : ""}" data-slides=${array}>
    <figcaption><span class="role">${say(view.isGiven ? "role-given" : `role-${role}`)}</span><b>${nameOf(array)}</b>
      <span class="shape">${sizeOf(tensor.shape)}</span></figcaption>
    <div class="inside"><div class="picture"><canvas tabindex="0" role="img" data-array=${array} aria-label=${label}
      @click=${click} @mousemove=${move} @mouseleave=${dim}
      @keydown=${(/** @type {KeyboardEvent} */ event) => walk(event, array, role, element, read)}
      ${drawn}></canvas><i class="spot" data-spot=${array}></i></div>${numbers(array, role, element, account, read, room)}</div>
    ${tilesOf(array).whole ? nothing : html`<p class="note">${say("sampled")}</p>`}</figure>`;
}

/**
 * The numbers under a picture: those that are read, or those around one.
 * @param {string} array @param {string} role @param {number} element @param {Account | null} account
 * @param {number[]} read @param {typeof ROOMS[0]} room
 */
function numbers(array, role, element, account, read, room) {
  const isCentred = role === "made" || role === "companion" || read.length === 1;
  if (isCentred || !read.length) {
    const centre = role === "made" || role === "companion" ? element : (read[0] ?? 0);
    return windowTable(array, centre < size(array) ? centre : 0, room);
  }
  const group = openGroup(account);
  if (!account || group === null) return readTable(array, read, "", room.read);
  const inGroup = account.terms
    .filter((term) => term.group === group)
    .flatMap((term) => [term.cell, term.factor])
    .flatMap((number) => (number?.array === array ? [Number(number.place)] : []));
  return readTable(array, inGroup.length ? inGroup : read, inGroup.length ? account.labels[group] : "", room.read);
}

/** @param {string} array @param {number} place @param {string} role */
function choose(array, place, role) {
  if (role !== "made") return pin(array, place);
  state.element = place;
  return render();
}

/**
 * Arrow keys lead from element to element: of what is made the next one is shown, of others pinned.
 * @param {KeyboardEvent} event @param {string} array @param {string} role @param {number} element
 * @param {number[]} read
 */
function walk(event, array, role, element, read) {
  const { shape } = model.tensors[array];
  /** @type {Record<string, [number, number]>} */
  const ways = { ArrowLeft: [-1, 1], ArrowRight: [1, 1], ArrowUp: [-1, 2], ArrowDown: [1, 2] };
  const from = role === "made" ? element : state.pinned?.array === array ? state.pinned.place : (read[0] ?? 0);
  if (event.key === "Enter" && role !== "made") pin(array, from);
  const way = ways[event.key];
  if (!way || !shape.length) return;
  event.preventDefault();
  event.stopPropagation();
  const [by, axis] = way;
  const jump =
    axis > shape.length ? 1 : shape.slice(shape.length - axis + 1).reduce((product, each) => product * each, 1);
  const to = from + by * jump;
  if (to >= 0 && to < size(array)) choose(array, to, role);
}
