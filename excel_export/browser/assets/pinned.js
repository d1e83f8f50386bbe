// One number that a reader has chosen: where it comes from, where it goes, and what it does to the loss.

const MOST_GOALS = 12;

function renderPinned(view, way) {
  const place = document.getElementById("pinned");
  if (!state.pinned) {
    const isBackward = ["loss", "backward"].includes(model.steps[state.step - 1].direction);
    place.replaceChildren(make("p", { class: "hint" }, isBackward ? `${say("gradient-is")} ` : "", say("hint")));
    return;
  }
  const { array, place: at } = state.pinned;
  const name = [...editable()].find(([, each]) => each === array)?.[0];
  const maker = makerOf(array);
  const gradient = gradientOf(array);
  const parts = [make("b", {}, named(array, at)), " = "];
  if (name) {
    const field = make("input", {
      type: "number",
      step: "any",
      value: Number(ARRAYS[array][at].toPrecision(7)),
      "aria-label": named(array, at),
      onchange: (event) => {
        if (Number.isFinite(event.target.valueAsNumber)) change(array, at, event.target.valueAsNumber);
      },
    });
    parts.push(field);
  } else parts.push(make("b", {}, plain(ARRAYS[array][at])));
  if (gradient) parts.push(make("span", { class: "slope" }, `∂L/∂: ${plain(ARRAYS[gradient][at])}`));
  if (name && gradient)
    parts.push(make("button", { type: "button", id: "nudge", onclick: () => nudgePinned(gradient) }, say("nudge")));
  if (way.length)
    parts.push(
      make(
        "button",
        {
          type: "button",
          id: "open-way",
          "aria-pressed": String(state.way !== null),
          onclick: () => openWay(state.way === null),
        },
        say("way"),
      ),
    );
  const readers = readersOf(view, array, at);
  if (readers.length)
    parts.push(make("span", {}, say("read-here", { count: readers.length, name: model.tensors[view.made].name })));
  const goals = [
    ...(maker && maker.step !== state.step ? [{ ...maker, made: null }] : []),
    ...usesOf(array).filter(({ made }) => made !== view.made),
  ].slice(0, MOST_GOALS);
  if (goals.length)
    parts.push(
      make(
        "select",
        { id: "goals", "aria-label": say("go"), onchange: (event) => goalOpened(goals[event.target.value], array, at) },
        make("option", { disabled: true, selected: true }, say("go")),
        ...goals.map(({ step, made }, k) =>
          make(
            "option",
            { value: k },
            made ? say("goes-to", { step, name: model.tensors[made].name }) : say("made-in", { step }),
          ),
        ),
      ),
    );
  if (state.pinned.nudge) {
    const { by, slope } = state.pinned.nudge;
    parts.push(
      make(
        "span",
        { class: "nudged" },
        say("nudged", {
          by: by.toLocaleString(state.language, { maximumSignificantDigits: 1 }),
          slope: exact(slope),
          gradient: exact(ARRAYS[gradient][at]),
        }),
      ),
    );
  }
  parts.push(make("button", { type: "button", "data-close": "", "aria-label": say("close"), onclick: unpin }, "✕"));
  place.replaceChildren(make("div", { class: "bar" }, ...parts));
}

function unpin() {
  Object.assign(state, { pinned: null, way: null });
  render();
}

/** Goes where the number is made, or to what reads it there. */
function goalOpened({ step, view, made }, array, at) {
  goTo(step, view, made ? (readersOf(viewsOf(step)[view].view, array, at)[0] ?? null) : at, state.pinned);
}

function nudgePinned() {
  state.pinned.nudge = nudged(state.pinned.array, state.pinned.place);
  render();
}
