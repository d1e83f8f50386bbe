// What a reader looks at and has changed. It travels in the link.

const state = {
  language: "en",
  step: 1,
  view: 0,
  element: null,
  group: null,
  /** The number that is chosen, and of its way to the loss, where that is shown, the branches that are taken. */
  pinned: null,
  way: null,
  rule: 0,
  trained: 0,
  losses: [],
  /** Whether the browser's way back leads to where it was before. */
  hasJumped: false,
  /** What a reader has done, in order: numbers changed, and steps of learning. */
  trail: [],
};
const MOST_IN_LINK = 6000;
const MOST_STEPS = 2000;

const shownView = () => viewsOf(state.step)[state.view]?.view ?? viewsOf(state.step)[0]?.view;
const shownElement = (view) => (state.element !== null && state.element < size(view.made) ? state.element : view.first);
const size = (array) => ARRAYS[array].length;

/** The number of the view with which a step begins. */
function mainView(number) {
  const views = viewsOf(number);
  const main = views.findIndex(({ isMain, view }) => isMain && model.tensors[view.made].shape.length > 1);
  return main >= 0
    ? main
    : Math.max(
        0,
        views.findIndex(({ isMain }) => isMain),
      );
}

function goTo(step, view = null, element = null, pinned = null) {
  state.step = Math.min(Math.max(1, step), model.steps.length);
  state.view = view ?? mainView(state.step);
  state.element = element;
  Object.assign(state, { group: null, pinned, way: null, hasJumped: true });
  render();
}

/** The arrays that a reader may change, by the names in links. */
const editable = () =>
  new Map([
    ["learning_rate", model.rate],
    ...model.rule.numbers.map((each) => [each.name, each.array]),
    ...model.inputs.map((input) => [input.key, input.array]),
    ...Object.entries(model.keys).filter(([, array]) => model.tensors[array]?.isParameter),
    ...Object.entries(model.tensors)
      .filter(([, each]) => each.isParameter)
      .map(([array, each]) => [each.name, array]),
  ]);

function hashOf() {
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
  if (state.language !== "en") parts.push(`lang=${state.language}`);
  if (state.rule !== model.rule.chosen) parts.push(`rule=${encodeURIComponent(model.rule.names[state.rule])}`);
  const done = state.trail
    .map(({ steps, rule, name, place, value }) =>
      steps ? `!${steps}:${encodeURIComponent(rule)}` : `${encodeURIComponent(name)}:${place}:${value}`,
    )
    .join(";");
  if (done && done.length <= MOST_IN_LINK) parts.push(`set=${done}`);
  state.isWhole = done.length <= MOST_IN_LINK;
  return `#${parts.join("&")}`;
}

/** What stands in a part of a link; nothing where that is no such text. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** The array and the element that a text names: grad.conv.weight[0,1]; null where it names none of the network. */
function placeOf(text) {
  const [, name, index = ""] = /^([^[]*)(?:\[(.*)\])?$/.exec(text) ?? [];
  const array = model.keys[name];
  if (!array) return null;
  const { shape } = model.tensors[array] ?? { shape: [] };
  const at = index
    .split(",")
    .filter((each) => each.trim())
    .map(Number);
  const fits = at.length === shape.length && at.every((each, axis) => each >= 0 && each < shape[axis]);
  return { array, place: fits ? numberOf(shape, at) : null };
}

/** Such a text for an element. */
function placed(array, place) {
  const name = Object.keys(model.keys).find((key) => model.keys[key] === array) ?? "";
  const index = indexOf(model.tensors[array].shape, place);
  return encodeURIComponent(name) + (index.length ? `[${index.join(",")}]` : "");
}

/** Opens the state of a link. Training is done again, with what the link says. */
function openHash(hash) {
  const given = new Map(
    hash
      .replace(/^#/, "")
      .split("&")
      .filter(Boolean)
      .map((part) => {
        const [key, value = ""] = part.split("=");
        return [key, value];
      }),
  );
  const text = (key) => decoded(given.get(key) ?? "");
  if (model.words[given.get("lang")]) state.language = given.get("lang");
  restore();
  const rule = model.rule.names.indexOf(text("rule"));
  for (const part of (given.get("set") ?? "").split(";").filter(Boolean)) redo(part.split(":").map(decoded));
  state.rule = rule >= 0 ? rule : model.rule.chosen;
  compute();
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
  const at = (given.get("at") ?? "").split(",").filter(Boolean).map(Number);
  const fits = at.length === shape.length && at.every((place, axis) => place >= 0 && place < shape[axis]);
  state.element = fits && shape.length ? numberOf(shape, at) : null;
  const pinned = placeOf(text("pin"));
  if (!pinned || pinned.place === null || !model.tensors[pinned.array]) return;
  state.pinned = pinned;
  if (!given.has("way")) return;
  const branches = text("way").split(",").map((each) => each.split(".").map(Number));
  state.way = new Map(branches.filter((each) => each.length === 2));
}

/** Opens where a tensor is made, at an element. */
function openPlace(text) {
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

/** Does again what a link says was done: a change, or steps of learning by a rule. */
function redo([what, first_, value]) {
  const array = editable().get(what);
  if (what.startsWith("!")) {
    state.rule = Math.max(0, model.rule.names.indexOf(first_));
    compute();
    train(Math.min(MOST_STEPS, parseInt(what.slice(1), 10) || 0));
  } else if (array && ARRAYS[array][first_] !== undefined && Number.isFinite(parseFloat(value))) {
    edit(array, Number(first_), parseFloat(value));
  }
}

/** Changes a number, for now and for the link. */
function edit(array, place, value) {
  ARRAYS[array][place] = value;
  const name = [...editable()].find(([, each]) => each === array)?.[0];
  const since = state.trail.findLastIndex(({ steps }) => steps) + 1;
  state.trail = state.trail.filter((each, k) => k < since || each.name !== name || each.place !== place);
  state.trail.push({ name, place, value });
}

/** Notes that steps were taken. */
function noteSteps(steps) {
  const rule = model.rule.names[state.rule];
  const last = state.trail.at(-1);
  if (last?.steps && last.rule === rule) last.steps += steps;
  else state.trail.push({ steps, rule });
  state.trained += steps;
}

/** Everything as it was at first. */
function restore() {
  for (const [name, array] of first) ARRAYS[name].set(array);
  Object.assign(state, { trail: [], trained: 0, losses: [], rule: model.rule.chosen });
}
