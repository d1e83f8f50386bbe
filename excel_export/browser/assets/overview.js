// The whole network as one drawing: every tensor a small picture, its branches above one another.

const COLUMN = 74;
const LANE = { tall: 72, low: 36 };
const MIDDLE = { tall: 20, low: 16 };
/** So many letters of a name fit into two lines of a low box. */
const TWO_LINES = 18;
const THIRD_LINE = 8;
const THUMB = { tall: { width: 54, height: 30, most: 6 }, low: { width: 14, height: 14, most: 14 } };
const FEW = 12;
let boxes = [];
let lanes = [];
let centred = null;

/** Where each lane begins, and how high it is: low where all that stands there are a few numbers. */
function measureLanes() {
  lanes = [];
  const count = 1 + Math.max(...model.overview.map((box) => box.lane));
  let top = 0;
  for (let lane = 0; lane < count; lane++) {
    const here = model.overview.filter((box) => box.lane === lane);
    const kind = count > 1 && here.every((box) => ARRAYS[box.array].length <= FEW) ? "low" : "tall";
    const isLong = kind === "low" && here.some((box) => box.name.length > TWO_LINES);
    const height = LANE[kind] + (isLong ? THIRD_LINE : 0);
    lanes.push({ kind: isLong ? "low long" : kind, thumb: THUMB[kind], top, height, middle: top + MIDDLE[kind] });
    top += height;
  }
  return top;
}

const boxesOf = (array) => model.overview.filter((box) => box.array === array || box.gradient === array);

/** What has happened to a box at a step: nothing, made, its gradient known, or shown now. */
function stageOf(box) {
  const { made, companion, slots } = shownView();
  // A parameter has no box of its own: it stands with what is made with it.
  const parameter = model.tensors[companion ?? slots.find((array) => model.tensors[array]?.isParameter)];
  const ofParameter = parameter?.isParameter && !boxesOf(made).length && box.weights.includes(parameter.name);
  const isShown = boxesOf(made).includes(box) || ofParameter;
  if (isShown || (state.step === box.made && !viewsOf(state.step).some(({ view }) => view.isGiven))) return "now";
  if (box.known && box.known <= state.step) return "known";
  return box.made <= state.step ? "made" : "waiting";
}

function buildOverview() {
  const nav = document.getElementById("overview");
  const columns = 1 + Math.max(...model.overview.map((box) => box.column));
  const height = measureLanes();
  centred = null;
  const drawing = make("div", { class: "drawing" });
  drawing.style.width = `${columns * COLUMN}px`;
  drawing.style.height = `${height + 2}px`;
  drawing.append(lines(columns, height));
  boxes = model.overview.map((box) => {
    const canvas = make("canvas", { "aria-hidden": "true" });
    const button = make(
      "button",
      { class: `box ${lanes[box.lane].kind}`, type: "button", title: box.name, onclick: () => openBox(box) },
      canvas,
      make("span", {}, box.name),
    );
    button.style.left = `${box.column * COLUMN}px`;
    button.style.top = `${lanes[box.lane].top}px`;
    drawing.append(button);
    return { box, canvas, button };
  });
  nav.replaceChildren(make("div", { class: "scroller" }, drawing));
}

function lines(columns, height) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("width", columns * COLUMN);
  svg.setAttribute("height", height);
  svg.setAttribute("aria-hidden", "true");
  for (const box of model.overview) {
    for (const number of box.reads) {
      const from = model.overview[number];
      const [x1, y1] = [from.column * COLUMN + 62, lanes[from.lane].middle];
      const [x2, y2] = [box.column * COLUMN + 4, lanes[box.lane].middle];
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      // A long way goes between the lanes.
      const under = lanes[Math.max(from.lane, box.lane)];
      const between = under.top + under.height - 4;
      const isLong = box.column - from.column > 1;
      path.dataset.way = `${number}-${model.overview.indexOf(box)}`;
      path.setAttribute(
        "d",
        isLong
          ? `M${x1} ${y1} C${x1 + 16} ${y1} ${x1} ${between} ${x1 + 26} ${between} L${x2 - 22} ${between} C${x2} ${between} ${x2 - 16} ${y2} ${x2} ${y2}`
          : `M${x1} ${y1} C${x1 + 8} ${y1} ${x2 - 8} ${y2} ${x2} ${y2}`,
      );
      svg.append(path);
    }
  }
  return svg;
}

function openBox(box) {
  const isBackward = ["backward", "loss"].includes(model.steps[state.step - 1].direction);
  const number = isBackward && box.known ? box.known : box.made;
  const array = isBackward && box.known ? box.gradient : box.array;
  const view = viewsOf(number).findIndex(({ view: each }) => each.made === array);
  goTo(number, view >= 0 ? view : null);
}

function renderOverview(way) {
  const isBackward = ["backward", "loss"].includes(model.steps[state.step - 1].direction);
  for (const { box, canvas, button } of boxes) {
    const stage = stageOf(box);
    button.dataset.stage = stage;
    const shows = stage === "known" || (stage === "now" && isBackward && box.gradient) ? box.gradient : box.array;
    // A picture that shows the same as before stays.
    const now = `${shows} ${computed} ${palette.plain}`;
    if (canvas.dataset.shows !== now) paintSmall(canvas, shows, lanes[box.lane].thumb);
    canvas.dataset.shows = now;
    button.setAttribute("aria-label", `${box.name}: ${say(`stage-${stage}`)}`);
    button.setAttribute("aria-current", stage === "now" ? "step" : "false");
  }
  const lit = way.map(({ array }) => model.overview.findIndex((box) => box.array === array)).filter((box) => box >= 0);
  for (const path of document.querySelectorAll("#overview path")) {
    const [from, to] = path.dataset.way.split("-").map(Number);
    path.classList.toggle("lit-way", lit.includes(from) && lit[lit.indexOf(from) + 1] === to);
  }
  boxes.forEach(({ button }, k) => button.classList.toggle("on-way", lit.includes(k)));
  const now = boxes.find(({ button }) => button.dataset.stage === "now");
  const scroller = document.querySelector("#overview .scroller");
  const seen = state.way && lit.length ? boxes[lit[0]] : now;
  // To ask how wide it is takes the browser a layout: only where another box is to be seen.
  if (seen && seen !== centred)
    scroller.scrollTo({ left: seen.box.column * COLUMN - scroller.clientWidth / 2 + COLUMN / 2, behavior: "auto" });
  centred = seen;
}

function renderSteps() {
  const step = model.steps[state.step - 1];
  const options = model.steps.map((each, k) =>
    make("option", { value: k + 1, selected: k + 1 === state.step }, `${k + 1} · ${inLanguage(each.name)}`),
  );
  const views = viewsOf(state.step);
  const shown = shownView();
  document.getElementById("steps").replaceChildren(
    make(
      "button",
      {
        type: "button",
        id: "back",
        onclick: () => goTo(state.step - 1),
        disabled: state.step === 1,
        "aria-label": say("previous"),
      },
      "‹",
    ),
    make(
      "select",
      { id: "step", "aria-label": say("step"), onchange: (event) => goTo(Number(event.target.value)) },
      ...options,
    ),
    make(
      "button",
      {
        type: "button",
        id: "next",
        onclick: () => goTo(state.step + 1),
        disabled: state.step === model.steps.length,
        "aria-label": say("next"),
      },
      "›",
    ),
    make("input", {
      type: "range",
      id: "slide-steps",
      min: 1,
      max: model.steps.length,
      value: state.step,
      "aria-label": say("step"),
      oninput: (event) => goTo(Number(event.target.value)),
    }),
    make("span", { class: `direction ${step.direction}` }, say(`direction-${step.direction}`)),
    views.length > 1
      ? make(
          "label",
          { class: "views" },
          `${say("view")} `,
          make(
            "select",
            { id: "view", onchange: (event) => goTo(state.step, Number(event.target.value)) },
            ...views.map(({ view, part }, k) =>
              make(
                "option",
                { value: k, selected: view === shown },
                views.some((other) => other.part !== part)
                  ? `${model.tensors[view.made].name}`
                  : model.tensors[view.made].name,
              ),
            ),
          ),
        )
      : "",
  );
  const { part } = views.find(({ view }) => view === shown);
  document
    .getElementById("words")
    .replaceChildren(
      told({}, part.words),
      part.math ? told({ class: "math" }, part.math) : "",
      shown.paths ? make("p", { class: "paths" }, say("paths", { paths: shown.paths })) : "",
    );
}
