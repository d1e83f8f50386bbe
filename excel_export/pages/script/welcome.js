/** The first minute: paint a digit, say whether it was read rightly, follow one of its pixels to the loss and back. */

import { html, nothing } from "lit-html";
import { accountOf, makerOf } from "./elements.js";
import { held } from "./hold.js";
import { clear } from "./inputs.js";
import { hardestFirst, readAtFirst } from "./learning.js";
import { compute, model, size } from "./network.js";
import { best, classes, heard, isReadRightly, label, read } from "./outcome.js";
import { turnTo } from "./place.js";
import { blame, endLesson, sure, teachButton, unlearnButton } from "./scene.js";
import { gradientOf, wayFrom } from "./slopes.js";
import { render, renderAt, state } from "./state.js";
import { edit, editable, put } from "./trail.js";
import { named, plain, say } from "./words.js";

/** A screen of the tour: what is shown, and what is said of it. @typedef {{ key: string, show: () => void, values: () => Record<string, string | number> }} Screen */

/** @type {Screen[]} */
let screens = [];

/** Begins with the page's own picture, on a page that reads pictures. */
export function welcome() {
  if (!read()) return;
  state.minute = "paint";
}

/** To the whole page. */
export function leave() {
  Object.assign(state, { minute: "", isSent: false });
  endLesson();
  renderAt("network");
}

/** A gradient below this size changes no digit of the loss that is shown. */
const FLAT = 0.0005;

let shown = 0;

/** Shows one of the page's own pictures instead, the hardest first. */
function takeOne() {
  const all = hardestFirst();
  const [picture, truth] = [read(), label()];
  if (!all.length || !picture || !truth) return leave();
  const example = all[shown++ % all.length];
  endLesson();
  put(picture.array, example.get(picture.array) ?? []);
  edit(truth.array, 0, /** @type {ArrayLike<number>} */ (example.get(truth.array))[0]);
  heard();
  compute();
  return renderAt("follow");
}

/** Whether the field is alone on the page. */
export const isAlone = () => state.minute === "paint" || state.minute === "answer";

/** The sentences above and beside the field, and the buttons. */
export function beside() {
  if (!isAlone()) return nothing;
  const isKnown = state.minute === "answer";
  const outcome = classes();
  const found = outcome ? best(outcome) : 0;
  const share = outcome ? sure(outcome, found) : "";
  const truth = outcome ? ARRAYS[outcome.target][0] : "";
  const was = state.trained && isKnown ? readAtFirst() : found;
  const key = was !== found ? "now-taught" : isKnown ? "now-reads" : state.isAsked ? "reads-so" : "lead";
  const lead = state.isSent ? whatWasSent() : say(key, { best: found, share, truth, was });
  return html`<div id="welcome" .style=${held(isKnown)}><p class="lead">${lead}</p>${
    isKnown
      ? blame()
      : html`<p class="say">${say(state.isAsked ? "say-whether" : "paint-a-digit", { best: found })}</p>`
  }<div class="row do">${
    isKnown
      ? html`${teachButton()}${unlearnButton()}<button type="button" id="follow" @click=${begin}>${say("follow")}</button>
          <button type="button" id="again" @click=${again}>${say("again")}</button>`
      : nothing
  }<button type="button" id="take" @click=${takeOne}>${say(isKnown ? "harder" : "take-one")}</button>
    <button type="button" id="leave" @click=${leave}>${say("whole-page")}</button></div></div>`;
}

function again() {
  const picture = read();
  state.minute = "paint";
  if (picture) clear(picture);
}

/** What somebody sends who passes on a painting: what was painted and taught, and what the network makes of it. */
function whatWasSent() {
  const outcome = classes();
  if (!outcome) return "";
  const found = best(outcome);
  const values = {
    best: found,
    share: sure(outcome, found),
    truth: ARRAYS[outcome.target][0],
    was: readAtFirst(),
    count: state.trained,
  };
  const isTyped = state.trail.some(
    (deed) => "forget" in deed || ("edits" in deed && [...deed.edits.keys()].some(isParameter)),
  );
  const changed = isTyped ? ["sent-changed"] : state.trained ? ["sent-taught"] : [];
  const reading = changed[0] === "sent-taught" ? "sent-reading-now" : "sent-reading";
  const keys = [state.isAsked ? "sent-painted" : "sent-digit", ...changed, reading];
  return keys.map((key) => say(key, values)).join(" ");
}

/** @param {number} slot one of what may be changed */
const isParameter = (slot) => model.tensors[editable()[slot]]?.isParameter ?? false;

/** On the whole page, what was sent, with the ways on from there. */
export function sent() {
  if (!state.isSent || state.minute || !read()) return nothing;
  const close = () => {
    state.isSent = false;
    render();
  };
  return html`<aside id="sent" aria-label=${say("sent")}><p>${whatWasSent()}</p><div class="row">
    <button type="button" id="follow" class="strong" @click=${begin}>${say("follow")}</button>
    <button type="button" id="again" @click=${again}>${say("again")}</button>
    <button type="button" aria-label=${say("close")} @click=${close}>✕</button></div></aside>`;
}

function begin() {
  const picture = read();
  if (!picture) return leave();
  screens = tourOf(picture.array);
  if (!screens.length) return leave();
  Object.assign(state, { minute: "tour", screen: 0 });
  screens[0].show();
  return renderAt("tour");
}

/** @param {number} by */
function turn(by) {
  state.screen += by;
  if (state.screen >= screens.length) return leave();
  screens[state.screen].show();
  return render();
}

/**
 * Some stops of the way from the pixel that tells most: where numbers are first added up, between, at the end, at the
 * loss; and back.
 * @param {string} array @returns {Screen[]}
 */
function tourOf(array) {
  const gradient = gradientOf(array);
  if (!gradient) return [];
  const telling = ARRAYS[array].map((value, place) => Math.abs(value * ARRAYS[gradient][place]));
  const place = telling.indexOf(Math.max(...telling));
  const way = wayFrom(array, place);
  const outcome = classes();
  const madeOf = (/** @type {OnWay} */ { array: made, place: element }) => {
    const maker = makerOf(made);
    return maker && accountOf(maker.shown, element);
  };
  const isSum = (/** @type {OnWay} */ number) => (madeOf(number)?.terms ?? []).slice(1).some(({ factor }) => factor);
  // A later tensor of so many numbers may only be another shape of the first.
  const last = way.findIndex((number) => size(number.array) === outcome?.count);
  const first = way.findIndex((number, k) => k > 0 && isSum(number));
  const middle = way.findIndex((number, k) => k > (first + last) / 2 && k < last && isSum(number));
  /** @param {string} key @param {OnWay | undefined} number @param {OnWay | undefined} before @returns {Screen[]} */
  const stop = (key, number, before) => {
    const maker = number && makerOf(number.array);
    if (!number || !maker) return [];
    const pinned = before ? { array: before.array, place: before.place } : null;
    return [
      {
        key,
        show: () => turnTo(maker.step, maker.view, number.place, pinned),
        values: () => ({
          name: named(number.array, number.place),
          value: plain(ARRAYS[number.array][number.place]),
          gradient: plain(ARRAYS[number.gradient][number.place]),
          count: madeOf(number)?.terms.length ?? 0,
          pixels: size(array),
          classes: outcome?.count ?? 0,
          best: outcome ? best(outcome) : "",
          truth: outcome ? ARRAYS[outcome.target][0] : "",
        }),
      },
    ];
  };
  const back = makerOf(gradient);
  const isRight = outcome && isReadRightly(outcome);
  const isFlat = Math.abs(ARRAYS[gradient][place]) < FLAT;
  const found = [
    ...stop("tour-pixel", way[0], way[0]),
    ...stop("tour-first", way[first], way[first - 1]),
    ...stop("tour-deep", way[middle], way[middle - 1]),
    ...stop("tour-read", way[last], way[last - 1]),
    ...stop(isRight ? "tour-loss-right" : "tour-loss-wrong", way[way.length - 1], way[way.length - 2]),
  ];
  if (!back || !found.length) return found;
  const show = () => {
    turnTo(back.step, back.view, place, { array, place });
    state.way = new Map();
  };
  return [...found, { key: isFlat ? "tour-back-flat" : "tour-back", show, values: found[0].values }];
}

/** The sentence of a screen, with next and back. */
export function tour() {
  if (state.minute !== "tour") return nothing;
  const { key, values } = screens[state.screen];
  const isLast = state.screen === screens.length - 1;
  return html`<aside id="tour" tabindex="-1" aria-label=${say("tour")}><p>${say(key, values())}</p><div class="row">
    <button type="button" id="tour-back" ?disabled=${state.screen === 0} @click=${() => turn(-1)}>‹ ${say("back")}</button>
    <button type="button" id="tour-next" class="strong" @click=${() => turn(1)}>${say(isLast ? "whole-page" : "on")} ›</button>
    <span class="note">${say("screen", { number: state.screen + 1, count: screens.length })}</span>
    ${isLast ? nothing : html`<button type="button" id="leave" @click=${leave}>${say("whole-page")}</button>`}</div></aside>`;
}
