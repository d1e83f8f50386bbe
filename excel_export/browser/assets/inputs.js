// What goes in, and what comes out: pictures are painted, labels chosen, numbers typed.

let erasing = false;

function buildRail() {
  document
    .getElementById("rail")
    .replaceChildren(
      make("div", { id: "inputs" }, ...model.inputs.map(inputOf), ...fewWeights().map(inputOf)),
      make("div", { id: "outcome" }),
      make("div", { id: "training" }),
    );
}

const FEW_WEIGHTS = 12;

/** The parameters of a small network, which can be typed beside its inputs. */
function fewWeights() {
  const found = Object.entries(model.tensors).filter(([, tensor]) => tensor.isParameter);
  if (found.reduce((count, [array]) => count + ARRAYS[array].length, 0) > FEW_WEIGHTS) return [];
  return found.map(([array, { name, shape }]) => ({ array, name, shape, kind: "numbers", whole: false }));
}

function inputOf(input) {
  if (input.kind === "picture") return pictureInput(input);
  const count = ARRAYS[input.array].length;
  const fields = Array.from({ length: Math.min(count, 24) }, (_, place) =>
    input.kind === "choice"
      ? make(
          "select",
          {
            "data-input": input.array,
            "aria-label": `${input.name} ${place}`,
            onchange: (event) => change(input.array, place, Number(event.target.value)),
          },
          ...Array.from({ length: Math.min(200, input.limits[1] - input.limits[0] + 1) }, (_, k) =>
            make("option", { value: input.limits[0] + k }, String(input.limits[0] + k)),
          ),
        )
      : make("input", {
          type: "number",
          step: input.whole ? 1 : "any",
          "data-input": input.array,
          "aria-label": `${input.name} ${place}`,
          onchange: (event) => {
            const number = event.target.valueAsNumber;
            if (Number.isFinite(number)) change(input.array, place, input.whole ? Math.round(number) : number);
          },
        }),
  );
  // A column of numbers stands in a row, too, which takes less room.
  const columns = [1, ...input.shape].findLast((size) => size > 1) ?? 1;
  const grid = make("div", { class: "fields" }, ...fields);
  grid.style.gridTemplateColumns = `repeat(${Math.min(4, columns)}, minmax(0, 1fr))`;
  return make(
    "fieldset",
    {},
    make("legend", {}, input.name),
    grid,
    count > 24 ? make("p", { class: "note" }, say("more", { count: count - 24 })) : "",
  );
}

function pictureInput(input) {
  const canvas = make("canvas", {
    class: "painted",
    "data-picture": input.array,
    tabindex: 0,
    role: "img",
    "aria-label": `${input.name}. ${say("paint")}`,
  });
  const area = input.shape.slice(-2);
  let last = null;
  const brush = (event) => {
    if (!last) return;
    const found = elementUnder(canvas, event);
    if (found !== null) dab(input, area, found);
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = true;
    brush(event);
  });
  canvas.addEventListener("pointermove", brush);
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => (last = null));
  let cursor = 0;
  canvas.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -area[1], ArrowDown: area[1] }[event.key];
    if (by) {
      event.preventDefault();
      event.stopPropagation();
      cursor = Math.max(0, Math.min(ARRAYS[input.array].length - 1, cursor + by));
      canvas.cursor = cursor;
      renderInputs();
    }
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      event.stopPropagation();
      dab(input, area, cursor);
    }
  });
  return make(
    "fieldset",
    {},
    make("legend", {}, `${input.name} · ${say("paint-here")}`),
    canvas,
    make(
      "div",
      { class: "row" },
      make(
        "button",
        {
          type: "button",
          "aria-pressed": "false",
          class: "erase",
          onclick: (event) => {
            erasing = !erasing;
            event.currentTarget.setAttribute("aria-pressed", String(erasing));
          },
        },
        say("erase"),
      ),
      make(
        "button",
        {
          type: "button",
          class: "clear",
          onclick: () => {
            ARRAYS[input.array].forEach((_, place) => edit(input.array, place, 0));
            follow();
          },
        },
        say("clear"),
      ),
    ),
  );
}

/** Paints a pixel, and its neighbours half as much where the picture is large. */
function dab(input, [height, width], place) {
  const array = ARRAYS[input.array];
  const most = erasing ? 0 : Math.max(input.most, 1e-9);
  const [row, column] = [Math.floor(place / width) % height, place % width];
  const soft = width >= 16 ? 1 : 0;
  for (let down = -soft; down <= soft; down++) {
    for (let right = -soft; right <= soft; right++) {
      const [y, x] = [row + down, column + right];
      if (y < 0 || y >= height || x < 0 || x >= width) continue;
      const at = place + down * width + right;
      const share = down || right ? (down && right ? 0.25 : 0.55) : 1;
      edit(input.array, at, erasing ? 0 : Math.max(array[at], Math.round(most * share * 1000) / 1000));
    }
  }
  follow();
}

let following = false;

/** Computes and draws anew, once for all that has changed until then. */
function follow() {
  if (following) return;
  following = true;
  requestAnimationFrame(() => {
    following = false;
    compute();
    render();
  });
}

function change(array, place, value) {
  edit(array, place, value);
  compute();
  render();
}

function renderInputs() {
  for (const input of [...model.inputs, ...fewWeights()]) {
    if (input.kind === "picture") {
      const canvas = document.querySelector(`[data-picture="${input.array}"]`);
      paint(
        canvas,
        input.array,
        canvas.cursor !== undefined && document.activeElement === canvas ? { chosen: [canvas.cursor] } : {},
        { width: 228, height: 140, most: 24 },
      );
    } else {
      document.querySelectorAll(`[data-input="${input.array}"]`).forEach((field, place) => {
        if (document.activeElement !== field) field.value = Number(ARRAYS[input.array][place].toPrecision(7));
      });
    }
  }
}

function renderOutcome() {
  document
    .getElementById("outcome")
    .replaceChildren(...model.outcomes.map((each) => (each.shares ? sharesTable(each) : comparedTable(each))));
}

const MOST_ROWS = 12;

function sharesTable({ shares: array, target, count }) {
  const right = ARRAYS[target][0];
  const shares = [...ARRAYS[array]].slice(0, Math.min(MOST_ROWS, count));
  const best = shares.indexOf(Math.max(...shares));
  const rows = shares.map((share, k) => {
    const bar = make("i", { class: "bar" });
    bar.style.width = `${(share * 100).toFixed(2)}%`;
    return make(
      "tr",
      { class: k === right ? "right" : "" },
      make("th", { scope: "row" }, `${k}${k === right ? " ✓" : ""}`),
      make("td", { class: "track" }, bar),
      make("td", {}, share.toLocaleString(state.language, { minimumFractionDigits: 3, maximumFractionDigits: 3 })),
    );
  });
  return make("table", {}, make("caption", {}, say("reads", { best })), make("tbody", {}, ...rows));
}

/** What a loss compares: what comes out, and what is wanted. */
function comparedTable({ compared: [comes, wanted], count }) {
  const rows = Array.from({ length: Math.min(MOST_ROWS, count) }, (_, k) =>
    make("tr", {}, make("td", {}, plain(ARRAYS[comes.array][k])), make("td", {}, plain(ARRAYS[wanted.array][k]))),
  );
  const heads = [comes, wanted].map(({ name }) => make("th", { scope: "col" }, name));
  return make("table", { class: "compared" }, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows));
}
