/** The page: drawn anew from the state after every change. */

import { html, nothing, render as put } from "lit-html";
import { guard } from "lit-html/directives/guard.js";
import { live } from "lit-html/directives/live.js";
import { arithmetic } from "./arithmetic.js";
import { article } from "./article.js";
import { behindBar } from "./busy.js";
import { accountOf, shareOf, viewsOf } from "./elements.js";
import { guide } from "./guide.js";
import { inputs } from "./inputs.js";
import { recall, remember } from "./keep.js";
import { batchOf, learnFrom, measured, seenOnes, unseenOnes } from "./learning.js";
import { adopt, hashOf, isOwn, keepAddress, openHash, openPlace } from "./link.js";
import { move, rememberPlaces } from "./motion.js";
import { compute, computed, load, lossAfter, lossNow, model, nudged, restored } from "./network.js";
import { outcomes } from "./outcome.js";
import { overview } from "./overview.js";
import { readColours } from "./pictures.js";
import { pinned, unpin } from "./pinned.js";
import { goTo, pin, shownElement, shownView } from "./place.js";
import { planePicture, tryPlane } from "./plane.js";
import { clicked, entered, pointed } from "./pointer.js";
import { products } from "./products.js";
import { endLesson, keptBack, maps } from "./scene.js";
import { shareButton, sharing } from "./share.js";
import { countWays, edgesOf, gradientOf, productOf } from "./slopes.js";
import { stage } from "./stage.js";
import { drawBy, render, state } from "./state.js";
import { chosenIn, steps, words } from "./steps.js";
import { change, edit, editable } from "./trail.js";
import { stopPlaying, train, training } from "./training.js";
import { openWay, pinnedWay, wayToLoss } from "./way.js";
import { beside, isAlone, sent, tour, welcome } from "./welcome.js";
import { inLanguage, plain, say } from "./words.js";

const root = /** @type {HTMLElement} */ (document.getElementById("app"));

function top() {
  const speak = (/** @type {Event} */ event) => {
    state.language = chosenIn(event);
    render();
  };
  return html`<a class="skip" href="#${onwards()}" @click=${skip}>${say("skip")}</a>
    <header id="top"><h1>${inLanguage(model.title)}</h1>${isAlone() ? nothing : losses()}<span class="tools"><select id="language" aria-label=${say("language")} @change=${speak}>${Object.entries(
      model.words,
    ).map(
      ([key, { name }]) => html`<option value=${key} .selected=${live(key === state.language)}>${name ?? key}</option>`,
    )}</select><button type="button" id="theme" aria-label=${say("theme")} @click=${toggleTheme}>◐</button>${shareButton()}</span></header>${sharing(open)}`;
}

/** The loss, and the loss after a step. */
const losses = () =>
  html`<p id="loss"><span>${say("loss")} <b>${plain(lossNow())}</b></span>${
    model.changing ? nothing : html`<span class="after">${say("after")} <b id="after">${after()}</b></span>`
  }</p>`;

/** A link by which the keyboard skips the head of the page. */
const onwards = () => (isAlone() ? "rail" : "network");

/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById(onwards())?.focus();
}

function toggleTheme() {
  const { dataset } = document.documentElement;
  const isDark = dataset.theme ? dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  dataset.theme = isDark ? "light" : "dark";
  remember();
  colour();
}

/** Draws the page in the colours of the theme. */
function colour() {
  readColours();
  render();
}

const AT_ONCE = 100000;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;
/** The loss after a step, and the state for which it was computed. */
let next = { of: -1, loss: 0 };

/** The loss after a step: in a large network once nothing has changed for a while. */
function after() {
  const measure = () => {
    next = { of: computed, loss: lossAfter() };
  };
  clearTimeout(waiting);
  if (next.of === computed) return plain(next.loss);
  if (Object.values(ARRAYS).reduce((count, array) => count + array.length, 0) < AT_ONCE) {
    measure();
    return plain(next.loss);
  }
  waiting = setTimeout(() => {
    measure();
    render();
  }, 700);
  return "…";
}

/** The page's description, and links to its workbook and its source. */
function about() {
  const { source, workbook, licence } = model.about;
  const link = (/** @type {string} */ address, /** @type {string} */ key) =>
    address ? html` · <a href=${address}>${say(key)}</a>` : nothing;
  return html`<footer id="about"><details><summary>${say("about")}</summary><p>${say("about-numbers")}</p><p>${say("about-ties")}</p></details>
    <p>${say("licence", { licence })}${link(workbook, "workbook")}${link(source, "source")}</p></footer>`;
}

/** The result of a step, and its arithmetic. @param {View} view */
function shown(view) {
  const element = shownElement(view);
  const account = accountOf(view, element);
  return html`<div id="words">${words()}</div>
    <div id="arithmetic">${arithmetic(view, element, account)}</div><div id="stage">${stage(view, element, account, room())}</div>
    <div id="listed">${products(account)}</div>`;
}

/** The network, and the step or the way that is shown. @param {OnWay[]} way @param {boolean} isOnWay */
function network(way, isOnWay) {
  const view = shownView();
  return html`<section id="network" tabindex="-1" aria-label=${say("place-overview")} @mouseover=${pointed} @click=${clicked} @keydown=${entered}>
      ${sent()}${tour()}${guide()}
      <nav id="overview" aria-label=${say("place-overview")}>${overview(way, room())}</nav>
      <nav id="steps" aria-label=${say("place-steps")}>${steps()}</nav>
      ${isOnWay ? nothing : shown(view)}
      <div id="pinned">${pinned(view, way)}</div>
      <div id="way">${wayToLoss(way)}</div></section>
    <section id="training" aria-label=${say("learning")}>${training()}</section>`;
}

/** Says in the head and on the body what is shown. To say it anew, even unchanged, costs a frame much. @param {boolean} isOnWay */
function label(isOnWay) {
  const { direction } = model.steps[state.step - 1];
  const title = inLanguage(model.title);
  if (document.documentElement.lang !== state.language) document.documentElement.lang = state.language;
  if (document.title !== title) document.title = title;
  for (const [key, text] of Object.entries({ direction, minute: state.minute }))
    if (document.body.dataset[key] !== text) document.body.dataset[key] = text;
  document.body.classList.toggle("on-a-way", isOnWay);
  document.body.classList.toggle("alone", isAlone());
}

/** The width for the network, in pixels. On very wide screens all is drawn larger. */
function room() {
  const wide = document.documentElement.clientWidth;
  const zoom = wide >= 3200 ? 2.1 : wide >= 2400 ? 1.5 : 1;
  return wide > 760 ? Math.min(2200, wide / zoom) - 256 - 34 : wide - 22;
}

function draw() {
  const way = isAlone() ? [] : pinnedWay();
  const isOnWay = state.way !== null && way.length > 0;
  label(isOnWay);
  rememberPlaces();
  put(
    html`${top()}<main id="main">
      <section id="rail" tabindex="-1" aria-label=${say("place-rail")}>${beside()}${inputs()}${outcomes()}${isAlone() ? html`${keptBack()}${maps()}` : planePicture()}</section>
      ${isAlone() ? guard([state.language], article) : network(way, isOnWay)}</main>${about()}`,
    root,
  );
  move(`${state.step} ${state.view} ${shownElement(shownView())}`);
  const spoken = document.getElementById("spoken");
  const text = spokenNow();
  if (spoken && spoken.textContent !== text) spoken.textContent = text;
  keepAddress();
}

/** What a screen reader hears: what is read while one paints, the words of the tour, else the step and its arithmetic. */
function spokenNow() {
  const text = (/** @type {string} */ selector) => document.querySelector(selector)?.textContent ?? "";
  if (isAlone()) return `${text("#outcome .reads")}. ${text("#welcome .say")}`;
  if (state.minute === "tour") return text("#tour p");
  return `${inLanguage(model.steps[state.step - 1].name)}. ${text("#way .line") || text("#arithmetic .line")}`;
}

/** Goes back to where a reader was; what has been changed stays as it is. @param {PopStateEvent} event */
function goBack({ state: where }) {
  if (!where) return;
  adopt();
  Object.assign(state, where, { way: where.way && new Map(where.way), group: null });
  render();
}

/** @param {KeyboardEvent} event */
function steer(event) {
  const target = /** @type {Element} */ (event.target);
  if (
    target.closest("input, select, textarea, summary") ||
    event.altKey ||
    event.ctrlKey ||
    event.metaKey ||
    state.minute
  )
    return;
  if (event.key === "ArrowRight" || event.key === "PageDown") goTo(state.step + 1);
  else if (event.key === "ArrowLeft" || event.key === "PageUp") goTo(state.step - 1);
  else if (event.key === "Escape" && state.way) openWay(false);
  else if (event.key === "Escape" && state.pinned) unpin();
  else return;
  event.preventDefault();
}

/** True if a reader reloads a page with their own changes. */
let isReloaded =
  /** @type {PerformanceNavigationTiming | undefined} */ (performance.getEntriesByType("navigation")[0])?.type ===
  "reload";

/** Puts the page in a state that a link names; one that names none begins with the first minute. @param {string} hash */
async function open(hash) {
  stopPlaying();
  endLesson();
  const { busy, end } = behindBar("doing-again");
  await openHash(hash, busy);
  end();
  if (isReloaded) state.isSent = false;
  isReloaded = false;
  if (hash.length < 2 && !model.guide.length) welcome();
  render();
}

async function start() {
  await load(document.getElementById("data")?.textContent ?? "");
  const own = navigator.language?.split("-")[0];
  if (Object.hasOwn(model.words, own)) state.language = own;
  recall(model.guide.length);
  readColours();
  drawBy(draw);
  root.replaceChildren();
  await open(location.hash);
  addEventListener("popstate", goBack);
  addEventListener("hashchange", () => isOwn() || open(location.hash));
  addEventListener("resize", render);
  document.addEventListener("keydown", steer);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", colour);
  document.body.dataset.ready = "true";
}

start();

const arrays = ARRAYS;

// What a teacher's console and the tests call, as explorer.goTo(3).
// biome-ignore format: a list
export {
  accountOf, arrays as ARRAYS, batchOf, change, compute, computed, countWays, edgesOf, edit, editable, goTo, gradientOf, hashOf,
  learnFrom, measured, model, nudged, open, openPlace, openWay, pin, pinnedWay, plain, productOf, render, restored, seenOnes,
  shareOf, shownView, state, train, tryPlane, unseenOnes, viewsOf,
};
