// Learning: one step, thirty, or on and on, by any rule; and the loss as a curve.

let playing = null;

/** Takes steps, and keeps the loss of each. */
function train(steps) {
  for (let k = 0; k < steps; k++) {
    state.losses.push(ARRAYS[model.loss][0]);
    learn();
    noteSteps(1);
    if (!Number.isFinite(ARRAYS[model.loss][0])) break;
  }
}

function buildTraining() {
  const { rule } = model;
  const choices = rule.names.map((name, k) => make("option", { value: k, title: inLanguage(rule.words[k]) }, name));
  document.getElementById("training").replaceChildren(
    make(
      "fieldset",
      {},
      make("legend", {}, say("learning")),
      make(
        "div",
        { class: "pair" },
        make(
          "label",
          {},
          say("rule"),
          make(
            "select",
            {
              id: "rule",
              onchange: (event) => {
                state.rule = Number(event.target.value);
                compute();
                render();
              },
            },
            ...choices,
          ),
        ),
        make(
          "label",
          {},
          say("rate"),
          make("input", {
            id: "rate",
            type: "number",
            step: "any",
            onchange: (event) => {
              if (Number.isFinite(event.target.valueAsNumber)) edit(model.rate, 0, event.target.valueAsNumber);
              compute();
              render();
            },
          }),
        ),
      ),
      make(
        "div",
        { class: "row" },
        make(
          "button",
          {
            type: "button",
            id: "one",
            onclick: () => {
              train(1);
              render();
            },
          },
          say("one-step"),
        ),
        make(
          "button",
          {
            type: "button",
            id: "thirty",
            onclick: () => {
              train(30);
              render();
            },
          },
          say("thirty-steps"),
        ),
        make("button", { type: "button", id: "play", onclick: togglePlaying }, say("play")),
        make(
          "button",
          {
            type: "button",
            id: "reset",
            onclick: () => {
              keepRun();
              restore();
              compute();
              render();
            },
          },
          say("reset"),
        ),
      ),
      make("div", { id: "curve" }),
      make("div", { id: "hyper" }),
    ),
  );
}

function togglePlaying() {
  if (playing) {
    clearInterval(playing);
    playing = null;
  } else {
    playing = setInterval(() => {
      train(1);
      render();
    }, 120);
  }
  render();
}

function renderTraining() {
  const { rule } = model;
  document.getElementById("rule").value = state.rule;
  const rate = document.getElementById("rate");
  if (document.activeElement !== rate) rate.value = ARRAYS[model.rate][0];
  const name = rule.names[state.rule];
  document.getElementById("hyper").replaceChildren(
    ...rule.numbers
      .filter((each) => each.rules.includes(name) && name !== "SGD")
      .map((each) =>
        make(
          "label",
          { title: inLanguage(each.words) },
          inLanguage(each.name),
          make("input", {
            type: "number",
            step: "any",
            value: ARRAYS[each.array][0],
            onchange: (event) => {
              if (Number.isFinite(event.target.valueAsNumber)) edit(each.array, 0, event.target.valueAsNumber);
              compute();
              render();
            },
          }),
        ),
      ),
  );
  document.getElementById("play").textContent = playing ? say("pause") : say("play");
  document.getElementById("curve").replaceChildren(curve());
}

const MOST_RUNS = 4;
/** Earlier trainings, each with its rule, its rate and its losses, so that they can be compared. */
const runs = [];

function keepRun() {
  if (!state.losses.length) return;
  runs.push({ rule: model.rule.names[state.rule], rate: ARRAYS[model.rate][0], losses: lossesSoFar() });
  runs.splice(0, runs.length - MOST_RUNS);
}

const lossesSoFar = () => [...state.losses, ARRAYS[model.loss][0]];

/** The losses so far, and where it stands now; those of earlier trainings behind them. */
function curve() {
  const losses = lossesSoFar();
  const [width, height] = [228, 46];
  const all = [...runs.map((run) => run.losses), losses];
  // An earlier one that exploded is cut off: else nothing of this one could be seen.
  const most = Math.max(...[...losses, ...runs.map((run) => run.losses[0])].filter(Number.isFinite), 1e-12);
  const longest = Math.max(...all.map((each) => each.length));
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", say("curve", { steps: state.trained, loss: plain(losses.at(-1)) }));
  const pointsOf = (each) =>
    each.map((loss, k) => [
      4 + (longest > 1 ? (k / (longest - 1)) * (width - 8) : 0),
      height - 4 - (Math.min(loss, most) / most) * (height - 10),
    ]);
  for (const each of all) {
    const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
    const written = (at) => (Number.isFinite(at) ? at.toFixed(1) : 4);
    line.setAttribute("points", pointsOf(each).map((point) => point.map(written).join(",")).join(" "));
    line.classList.toggle("earlier", each !== losses);
    svg.append(line);
  }
  const [x, y] = pointsOf(losses).at(-1);
  const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  dot.setAttribute("cx", x);
  dot.setAttribute("cy", Number.isFinite(y) ? y : 4);
  dot.setAttribute("r", 3.5);
  svg.append(dot);
  return make(
    "figure",
    {},
    svg,
    make("figcaption", {}, say("trained", { steps: state.trained, most: plain(most), loss: plain(losses.at(-1)) })),
    ...runs.map(({ rule, rate, losses: before }) =>
      make(
        "p",
        { class: "note run" },
        say("run", { rule, rate: exact(rate), steps: before.length - 1, loss: plain(before.at(-1)) }),
      ),
    ),
  );
}
