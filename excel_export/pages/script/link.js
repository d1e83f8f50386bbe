/** The state as a link: the place that is shown is readable there, the reader's changes are packed. */

import { makerOf, viewsOf } from "./elements.js";
import { BATCHES, forget, keepExample, learn, learnFrom, readExamples } from "./learning.js";
import { arrayOf, compute, lossNow, model } from "./network.js";
import { read } from "./outcome.js";
import { bytesOfLetters, bytesOfTrail, lettersOf, trailOfBytes } from "./pack.js";
import { mainView, shownElement, shownView } from "./place.js";
import { state } from "./state.js";
import { editAgain, editable, restore, trailText } from "./trail.js";
import { indexOf, numberOf } from "./words.js";

/** Characters of a link that every messenger and mail program lets through. */
export const LONGEST = 2000;
/** Letters of packed changes at most: as many as a browser shows of a link; a file may have more. */
const MOST_LETTERS = 1 << 20;
const SLICE = 40;

/** The largest number of an array, where that is a picture of shares. @param {number} slot */
const mostOf = (slot) =>
  model.inputs.find(({ array, kind }) => array === editable()[slot] && kind === "picture")?.most ?? 0;

/** The reader's changes as letters; they are packed anew after a change. */
let packed = { of: "[]", letters: "" };

/** The letters of the reader's changes. */
export async function deeds() {
  const of = trailText();
  if (of !== packed.of)
    packed = { of, letters: state.trail.length ? await lettersOf(bytesOfTrail(state.trail, mostOf)) : "" };
  return packed.letters;
}

/** The readable part of a link: the place that is shown. */
function where() {
  const view = shownView();
  const parts = [`step=${state.step}`];
  const tensor = model.tensors[view.made];
  const at = indexOf(tensor.shape, shownElement(view));
  if (at.length) parts.push(`at=${at.join(",")}`);
  if (state.view !== mainView(state.step)) parts.push(`view=${encodeURIComponent(tensor.name)}`);
  if (state.pinned) {
    parts.push(`pin=${placed(state.pinned.array, state.pinned.place)}`);
    if (state.way) parts.push(`way=${[...state.way].map((each) => each.join(".")).join(",")}`);
  }
  // The tour begins anew where it is opened.
  if (state.minute) parts.push(`minute=${state.minute === "tour" ? "answer" : state.minute}`);
  if (state.isAsked) parts.push("asked=1");
  if (state.language !== "en") parts.push(`lang=${state.language}`);
  if (!state.isCentring) parts.push("as-painted=1");
  if (state.batch) parts.push(`from=${state.batch}`);
  if (state.rule !== model.rule.chosen) parts.push(`rule=${encodeURIComponent(model.rule.names[state.rule])}`);
  return parts;
}

/** The part of a link behind the address, with the reader's changes if they fit. @param {number} longest */
export async function hashOf(longest = LONGEST) {
  const [parts, done] = [where(), await deeds()];
  const whole = `#${[...parts, ...(done ? [`do=${done}`] : [])].join("&")}`;
  return whole.length <= longest ? whole : `#${parts.join("&")}`;
}

/** True if a link has room for all changes. */
export const isWhole = async () => !(await deeds()) || (await hashOf()).includes("&do=");

/** Milliseconds within which several jumps, as by a key that is held down, count as one. */
const ONE_JUMP = 600;
const QUIET = 250;
let jumped = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;
let own = "";

/** True if this page has written the address. */
export const isOwn = () => location.hash === own;
/** Takes the address, to which a reader has gone back, for one of this page's. */
export function adopt() {
  own = location.hash;
}

/**
 * Puts the state into the address, but for the first minute before anything is painted; where a reader has gone
 * somewhere, the way back leads to where that was.
 */
export function keepAddress() {
  if (state.minute === "paint" && !state.isAsked) return;
  const isNew = state.hasJumped && !state.minute && performance.now() - jumped > ONE_JUMP;
  if (state.hasJumped) jumped = performance.now();
  state.hasJumped = false;
  if (isNew) write("pushState", `#${where().join("&")}`);
  clearTimeout(waiting);
  waiting = setTimeout(async () => write("replaceState", await hashOf()), QUIET);
}

/** @param {"pushState" | "replaceState"} how @param {string} hash */
function write(how, hash) {
  const { step, view, element, pinned, way } = state;
  try {
    history[how]({ step, view, element, pinned: pinned && { ...pinned }, way: way && [...way] }, "", hash);
    own = hash;
  } catch {
    // Inside a notebook's frame there is no address.
  }
}

/** What stands in a part of a link; nothing where that is no such text. @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/**
 * The array and the element that a text names: grad.conv.weight[0,1]; null where it names none of the network.
 * @param {string} text
 */
export function placeOf(text) {
  const [, name, index = ""] = /^([^[]*)(?:\[(.*)\])?$/.exec(text) ?? [];
  const array = arrayOf(name ?? "");
  if (!array) return null;
  const at = index.split(",").filter((each) => each.trim());
  return { array, place: placeIn(model.tensors[array]?.shape ?? [], at) };
}

/** @param {number[]} shape @param {string[]} index */
function placeIn(shape, index) {
  const at = index.map(Number);
  const fits =
    at.length === shape.length && at.every((each, axis) => Number.isInteger(each) && each >= 0 && each < shape[axis]);
  return fits ? numberOf(shape, at) : null;
}

/** Such a text for an element. @param {string} array @param {number} place */
function placed(array, place) {
  const name = Object.keys(model.keys).find((key) => model.keys[key] === array) ?? "";
  const index = indexOf(model.tensors[array].shape, place);
  return encodeURIComponent(name) + (index.length ? `[${index.join(",")}]` : "");
}

/**
 * Opens the state of a link. All changes are made again, training included.
 * @param {string} hash @param {Busy} busy
 */
export async function openHash(hash, busy) {
  /** @type {Map<string, string>} */
  const given = new Map();
  for (const part of hash.replace(/^#/, "").slice(0, MOST_LETTERS).split("&")) {
    const [key, value = ""] = part.split("=");
    given.set(key, value);
  }
  const text = (/** @type {string} */ key) => decoded(given.get(key) ?? "");
  if (Object.hasOwn(model.words, text("lang"))) state.language = text("lang");
  restore();
  readExamples();
  state.minute = "";
  if (given.has("do")) await redo(await bytesOfLetters(text("do")), busy);
  const rule = model.rule.names.indexOf(text("rule"));
  state.rule = rule >= 0 ? rule : model.rule.chosen;
  state.isCentring = !given.has("as-painted");
  const batch = Number(text("from"));
  state.batch = model.examples && BATCHES.includes(batch) ? batch : 0;
  compute();
  look(given, text);
  if (!read() || !state.trail.length) return;
  const minute = text("minute");
  Object.assign(state, { isAsked: given.has("asked"), isSent: isPainted() });
  if (minute === "paint" || minute === "answer") state.minute = minute;
}

/** True if somebody has painted on the picture that is read. */
function isPainted() {
  const array = read()?.array ?? "";
  const slot = editable().indexOf(array);
  return ARRAYS[array].some(Boolean) && state.trail.some((deed) => "edits" in deed && deed.edits.has(slot));
}

/** @param {Map<string, string>} given @param {(key: string) => string} text */
function look(given, text) {
  const step = parseInt(given.get("step") ?? "0", 10) || opening();
  state.step = Math.min(Math.max(1, step), model.steps.length);
  Object.assign(state, { element: null, pinned: null, way: null });
  if (given.has("show") && openPlace(text("show"))) return;
  const wanted = text("view");
  const view = viewsOf(state.step).findIndex(
    ({ view: each }) => wanted && model.tensors[each.made].name.endsWith(wanted),
  );
  state.view = view >= 0 ? view : mainView(state.step);
  const { shape } = model.tensors[shownView().made];
  state.element = shape.length ? placeIn(shape, text("at").split(",").filter(Boolean)) : null;
  const pinned = placeOf(text("pin"));
  if (!pinned || pinned.place === null || !model.tensors[pinned.array]) return;
  state.pinned = { array: pinned.array, place: pinned.place };
  if (!given.has("way")) return;
  const branches = text("way")
    .split(",")
    .map((each) => each.split(".").map(Number));
  state.way = new Map(branches.flatMap(([depth, branch]) => (branch >= 0 ? [[depth, branch]] : [])));
}

/** Opens where a tensor is made, at an element. @param {string} text */
export function openPlace(text) {
  const found = placeOf(text);
  const maker = found && makerOf(found.array);
  if (!maker) return false;
  Object.assign(state, { step: maker.step, view: maker.view, element: found.place });
  return true;
}

/** The step with which a page opens: the first that multiplies, else the first that computes. */
function opening() {
  const number = model.steps.findIndex(
    (step, k) =>
      step.direction === "forward" &&
      viewsOf(k + 1).some(({ view }) =>
        view.groups.some((group) => group.terms.some(([count, , factor]) => count > 1 && factor)),
      ),
  );
  return Math.max(number + 1, 2);
}

/**
 * Reports the share of a task that is done to the progress bar, lets the browser draw, and returns true to stop.
 * @typedef {(share: number) => Promise<boolean>} Busy
 */

/**
 * Makes packed changes again. The browser draws in between, and a reader can stop it.
 * @param {Uint8Array} bytes @param {Busy} busy
 */
export async function redo(bytes, busy) {
  const trail = trailOfBytes(bytes, mostOf);
  const all = trail.reduce((count, deed) => count + ("steps" in deed ? deed.steps : 1), 0);
  let drawn = performance.now();
  let done = 0;
  const isStopped = async () => {
    done++;
    if (performance.now() - drawn < SLICE) return false;
    const stopped = await busy(done / all);
    drawn = performance.now();
    return stopped;
  };
  compute();
  for (const deed of trail) {
    if ("steps" in deed) {
      state.rule = Math.min(deed.rule, model.rule.names.length - 1);
      compute();
      for (let k = 0; k < deed.steps && Number.isFinite(lossNow()); k++) {
        if (deed.batch) learnFrom(deed.batch);
        else learn();
        if (await isStopped()) return;
      }
      continue;
    }
    if ("edits" in deed) editAgain(deed.edits);
    else if ("forget" in deed) forget(deed.forget);
    else keepExample();
    if (await isStopped()) return;
  }
}
