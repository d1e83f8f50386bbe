// The tensors of a step side by side, as an equation is read: what is read = what comes out; on the way back, the
// gradient that is made = what it is made of.

/** How many rows and columns around a number are shown, and the room of a picture; less where all needs two rows. */
const ROOMY = { rows: 2, columns: 2, width: 196, height: 132 };
const DENSE = { rows: 2, columns: 1, width: 150, height: 120 };
const MANY = 5;
let room = ROOMY;
/** Pixels of an element at most. */
const SQUARE = 44;

/** What a tensor is to the element that is shown. */
function roleOf(array, view, account) {
  if (array === view.made) return "made";
  if (array === view.companion) return "companion";
  if (!account) return "read";
  if (account.alone?.array === array) return "alone";
  if (account.terms.some((term) => term.cell.array === array))
    return model.tensors[array].isGradient ? "arriving" : "read";
  if (account.terms.some((term) => term.factor?.array === array)) return "factor";
  return model.tensors[array].isGradient ? "arriving" : "seen";
}

/** The group of which the numbers are shown: the one that was chosen, or the one that adds most; null for all. */
function openGroup(account) {
  if (!account || account.labels.length < 2) return null;
  if (state.group !== null && state.group < account.labels.length) return state.group;
  const sums = sumsOf(account).map(Math.abs);
  return sums.indexOf(Math.max(...sums));
}

const sumsOf = ({ terms, labels }) =>
  labels.map((_, group) => terms.reduce((sum, term) => sum + (term.group === group ? term.product : 0), 0));

function renderStage(view, element, account) {
  const isBackward = ["backward", "loss"].includes(model.steps[state.step - 1].direction);
  const slots = view.isGiven ? [view.made] : view.slots.filter(Boolean);
  if (view.isGiven) slots.push(...model.inputs.map((input) => input.array).filter((array) => array !== view.made));
  const roles = new Map(
    [...new Set(slots)]
      .filter((array) => model.tensors[array])
      .map((array) => [array, roleOf(array, view, account)]),
  );
  const stage = document.getElementById("stage");
  const draw = (with_) => {
    room = with_;
    stage.classList.toggle("dense", room === DENSE);
    const cards = [...roles].map(([array, role]) => ({ role, node: card(array, role, view, element, account) }));
    const multiplied = productsCard(account);
    if (multiplied) cards.push({ role: "products", node: multiplied });
    const ordered = cards.sort((one, other) => rankOf(one.role, isBackward) - rankOf(other.role, isBackward));
    stage.replaceChildren(
      ...ordered.flatMap(({ role, node }, k) => {
        const sign = k && !view.isGiven ? signBefore(role, ordered[k - 1].role, isBackward) : "";
        return sign ? [make("div", { class: "sign", "aria-hidden": "true" }, sign), node] : [node];
      }),
    );
  };
  draw(roles.size + (productsCard(account) ? 1 : 0) >= MANY ? DENSE : ROOMY);
  if (room === ROOMY && isBroken(stage)) draw(DENSE);
}

/** Whether what comes out stands in another row than what goes in, though there is room for several side by side. */
function isBroken(stage) {
  const tops = [...stage.querySelectorAll(".card")].map((each) => each.offsetTop);
  return innerWidth > 760 && new Set(tops).size > 1;
}

/** As an equation is read: what goes in = the result; on the way back, the result = what it is made of. */
function rankOf(role, isBackward) {
  const order = isBackward
    ? ["companion", "made", "products", "read", "seen", "alone", "factor", "arriving"]
    : ["products", "made"];
  return order.indexOf(role);
}

/** The sign between two cards. */
function signBefore(role, before, isBackward) {
  if (!isBackward) {
    if (role === "products") return "=";
    if (role === "made") return before === "products" ? "=" : "→";
    return { factor: "×", alone: "+" }[role] ?? "";
  }
  if (before === "made" || before === "products") return role === "products" || role === "factor" ? "=" : "←";
  return role === "arriving" && before === "factor" ? "×" : "";
}

function card(array, role, view, element, account) {
  const tensor = model.tensors[array];
  const read = readBy(account)
    .filter((number) => number.array === array)
    .map((number) => number.place);
  const marks = {};
  if (role === "made") {
    if (state.pinned) marks.reader = readersOf(view, state.pinned.array, state.pinned.place);
    marks.chosen = [element];
  } else if (role === "companion") marks.chosen = [element];
  if (role !== "made" && read.length) marks.read = read;
  if (state.pinned?.array === array) marks.pinned = [state.pinned.place];
  const canvas = make("canvas", { tabindex: 0, role: "img", "data-array": array });
  paint(canvas, array, marks, {
    width: room.width,
    height: room.height,
    most: Math.floor(SQUARE / tilesOf(array).size),
  });
  canvas.setAttribute(
    "aria-label",
    `${tensor.name}, ${sizeOf(tensor.shape)}. ${say(role === "made" ? "choose-made" : "choose-read")}`,
  );
  canvas.addEventListener("click", (event) => {
    const found = elementUnder(canvas, event);
    if (found !== null) choose(array, found, role);
  });
  canvas.addEventListener("mousemove", (event) => hoverNumber(array, elementUnder(canvas, event)));
  canvas.addEventListener("mouseleave", () => hoverNumber(null, null));
  canvas.addEventListener("keydown", (event) => walk(event, array, role, element, read));
  const centre = role === "made" || role === "companion" ? element : read.length === 1 ? read[0] : null;
  const group = openGroup(account);
  const inGroup =
    group === null
      ? read
      : account.terms
          .filter((term) => term.group === group)
          .flatMap((term) => [term.cell, term.factor])
          .filter((number) => number?.array === array)
          .map((number) => number.place);
  const listed = inGroup.length ? inGroup : read;
  const table =
    centre !== null || !read.length
      ? windowTable(array, centre ?? 0)
      : readTable(array, listed, inGroup.length && group !== null ? account.labels[group] : "");
  return make(
    "figure",
    { class: `card ${role}${tensor.isGradient ? " gradient" : ""}` },
    make(
      "figcaption",
      {},
      make("span", { class: "role" }, say(view.isGiven ? "role-given" : `role-${role}`)),
      make("b", {}, tensor.name),
      make("span", { class: "shape" }, sizeOf(tensor.shape)),
    ),
    make(
      "div",
      { class: "inside" },
      make("div", { class: "picture" }, canvas, make("i", { class: "spot", "data-spot": array })),
      table,
    ),
    tilesOf(array).whole ? null : make("p", { class: "note" }, say("sampled")),
  );
}

function choose(array, place, role) {
  if (role === "made") {
    state.element = place;
    render();
  } else pin(array, place);
}

function pin(array, place) {
  state.pinned = { array, place };
  state.way &&= new Map();
  render();
}

/** Arrow keys lead from element to element: of what is made the next one is shown, of others pinned. */
function walk(event, array, role, element, read) {
  const { shape } = model.tensors[array];
  const steps = { ArrowLeft: [-1, 1], ArrowRight: [1, 1], ArrowUp: [-1, 2], ArrowDown: [1, 2] }[event.key];
  const from = role === "made" ? element : state.pinned?.array === array ? state.pinned.place : (read[0] ?? 0);
  if (event.key === "Enter" && role !== "made") pin(array, from);
  if (!steps || !shape.length) return;
  event.preventDefault();
  event.stopPropagation();
  const [by, axis] = steps;
  const jump =
    axis > shape.length ? 1 : shape.slice(shape.length - axis + 1).reduce((product, each) => product * each, 1);
  const to = from + by * jump;
  if (to < 0 || to >= ARRAYS[array].length) return;
  choose(array, to, role);
  document.querySelector(`#stage canvas[data-array="${array}"]`)?.focus();
}

/** Shows which numbers belong together while a pointer is over one of them. */
function hoverNumber(array, place) {
  document.querySelectorAll(".lit").forEach((each) => each.classList.remove("lit"));
  document.querySelectorAll(".spot").forEach((each) => (each.style.display = "none"));
  if (array === null || place === null) return;
  spot(array, place);
  const key = `${array}.${place}`;
  for (const each of document.querySelectorAll("[data-number], [data-term]")) {
    if (each.dataset.number === key || each.dataset.term?.split(" ").includes(key)) {
      each.classList.add("lit");
      if (each.dataset.term) {
        for (const other of each.dataset.term.split(" ")) {
          document.querySelectorAll(`[data-number="${other}"]`).forEach((one) => one.classList.add("lit"));
          const [with_, at] = other.split(".");
          spot(with_, Number(at));
        }
      }
    }
  }
  document.getElementById("hovered").textContent = `${named(array, place)} = ${plain(ARRAYS[array][place])}`;
}

/** Marks an element in the picture of its tensor, where that is on the stage. */
function spot(array, place) {
  const mark = document.querySelector(`[data-spot="${array}"]`);
  if (!mark) return;
  const { tiles, unit } = mark.previousSibling.tiles;
  const k = tiles.elements.indexOf(place);
  if (k < 0) return;
  Object.assign(mark.style, {
    display: "block",
    left: `${1 + tiles.columns[k] * unit}px`,
    top: `${1 + tiles.rows[k] * unit}px`,
    width: `${tiles.size * unit}px`,
    height: `${tiles.size * unit}px`,
  });
}
