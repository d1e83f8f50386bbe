// The page: drawn anew from the state after every change.

function buildTop() {
  document.documentElement.lang = state.language;
  document.title = inLanguage(model.title);
  for (const place of ["overview", "steps", "rail"])
    document.getElementById(place).setAttribute("aria-label", say(`place-${place}`));
  document.getElementById("top").replaceChildren(
    make("h1", {}, inLanguage(model.title)),
    make("p", { id: "loss" }),
    make(
      "span",
      { class: "tools" },
      make(
        "select",
        {
          id: "language",
          "aria-label": say("language"),
          onchange: (event) => {
            state.language = event.target.value;
            build();
            render();
          },
        },
        ...Object.keys(model.words).map((key) =>
          make("option", { value: key, selected: key === state.language }, model.words[key].name ?? key),
        ),
      ),
      make("button", { type: "button", id: "theme", onclick: toggleTheme, "aria-label": say("theme") }, "◐"),
      make("button", { type: "button", id: "copy", onclick: copyLink }, say("copy")),
    ),
  );
}

function toggleTheme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
  render();
}

async function copyLink() {
  const button = document.getElementById("copy");
  const link = location.href.split("#")[0] + hashOf();
  try {
    await navigator.clipboard.writeText(link);
    button.textContent = say(state.isWhole ? "copied" : "copied-without");
  } catch {
    // Without the right to write there, a reader copies it by hand.
    prompt(say("copy"), link);
  }
  setTimeout(() => (button.textContent = say("copy")), 1500);
}

function build() {
  buildTop();
  buildOverview();
  buildRail();
  buildTraining();
  buildGuide();
}

function render() {
  palette = colours();
  const view = shownView();
  const element = shownElement(view);
  const account = accountOf(view, element);
  const focused = document.activeElement?.id;
  document.body.dataset.direction = model.steps[state.step - 1].direction;
  const way = pinnedWay();
  renderOverview(way);
  renderSteps();
  renderArithmetic(view, element, account);
  renderStage(view, element, account);
  renderPinned(view, way);
  renderWay(way);
  renderInputs();
  renderOutcome();
  renderTraining();
  renderLoss();
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  const line = document.querySelector("#way .line") ?? document.querySelector("#arithmetic .line");
  document.getElementById("spoken").textContent = `${inLanguage(model.steps[state.step - 1].name)}. ${line.textContent}`;
  keepAddress();
}

/** Jumps in so short a time, as of a slider that is dragged, are one. */
const ONE_JUMP = 600;
let jumped = 0;

/** Puts the state into the address; where a reader has gone somewhere, the way back leads to where that was. */
function keepAddress() {
  const { step, view, element, pinned, way } = state;
  const isNew = state.hasJumped && performance.now() - jumped > ONE_JUMP;
  if (state.hasJumped) jumped = performance.now();
  state.hasJumped = false;
  const where = { step, view, element, pinned: pinned && { ...pinned }, way: way && [...way] };
  try {
    history[isNew ? "pushState" : "replaceState"](where, "", hashOf());
  } catch {
    // Inside a notebook's frame there is no address.
  }
}

/** Goes back to where a reader was; what has been changed stays as it is. */
function goBack({ state: where }) {
  if (!where) return;
  Object.assign(state, where, { way: where.way && new Map(where.way), group: null });
  render();
}

const AT_ONCE = 100000;
let waiting;

/** The loss, and what a step would make of it: in a large network once nothing has changed for a while. */
function renderLoss() {
  const after = make("b", {}, "…");
  document
    .getElementById("loss")
    .replaceChildren(
      make("span", {}, `${say("loss")} `, make("b", {}, plain(ARRAYS[model.loss][0]))),
      model.changing ? "" : make("span", { class: "after" }, `${say("after")} `, after),
    );
  if (model.changing) return;
  const show = () => (after.textContent = plain(lossAfter()));
  clearTimeout(waiting);
  if (Object.values(ARRAYS).reduce((count, array) => count + array.length, 0) < AT_ONCE) show();
  else waiting = setTimeout(show, 700);
}

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, textarea") || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "ArrowRight" || event.key === "PageDown") goTo(state.step + 1);
  else if (event.key === "ArrowLeft" || event.key === "PageUp") goTo(state.step - 1);
  else if (event.key === "Escape" && state.way) openWay(false);
  else if (event.key === "Escape" && state.pinned) unpin();
  else return;
  event.preventDefault();
});

/** Puts the page in a state that a link names, such as one of a lesson's questions. */
function open(hash) {
  openHash(hash);
  build();
  render();
}

async function start() {
  await load();
  const own = navigator.language?.split("-")[0];
  if (model.words[own]) state.language = own;
  open(location.hash);
  addEventListener("popstate", goBack);
  addEventListener("hashchange", () => location.hash !== hashOf() && open(location.hash));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", render);
  document.body.dataset.ready = "true";
}

start();
