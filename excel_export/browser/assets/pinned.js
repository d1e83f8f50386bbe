// One number that a reader has chosen: where it comes from, where it goes, and what it does to the loss.

function renderPinned(view, way) {
  const place = document.getElementById("pinned");
  if (!state.pinned) {
    place.replaceChildren();
    return;
  }
  const { array, place: at } = state.pinned;
  const tensor = model.tensors[array];
  const name = [...editable()].find(([, each]) => each === array)?.[0];
  const maker = makerOf(array);
  const gradient = gradientOf(array);
  const uses = usesOf(array)
    .filter(({ made }) => made !== view.made)
    .slice(0, 6);
  const parts = [make("b", {}, named(array, at)), " = "];
  if (name) {
    const field = make("input", {
      type: "number",
      step: "any",
      value: ARRAYS[array][at],
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
  if (state.pinned.nudge) {
    const { by, slope } = state.pinned.nudge;
    parts.push(
      make(
        "span",
        { class: "nudged" },
        say("nudged", {
          by: by.toExponential(0),
          slope: slope.toPrecision(6),
          gradient: ARRAYS[gradient][at].toPrecision(6),
        }),
      ),
    );
  }
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
  if (maker && maker.step !== state.step)
    parts.push(
      make(
        "button",
        { type: "button", id: "origin", onclick: () => goTo(maker.step, maker.view, at) },
        say("made-in", { step: maker.step }),
      ),
    );
  for (const use of uses) {
    parts.push(
      make(
        "button",
        { type: "button", class: "use", onclick: () => goUse(use, array, at) },
        say("goes-to", { step: use.step, name: model.tensors[use.made].name }),
      ),
    );
  }
  parts.push(
    make(
      "button",
      {
        type: "button",
        "aria-label": say("close"),
        onclick: unpin,
      },
      "✕",
    ),
  );
  place.replaceChildren(make("div", { class: "bar" }, ...parts));
}

function unpin() {
  Object.assign(state, { pinned: null, way: null });
  render();
}

function goUse(use, array, at) {
  goPinned(use.step, use.view, readersOf(viewsOf(use.step)[use.view].view, array, at)[0] ?? null);
}

function nudgePinned() {
  state.pinned.nudge = nudged(state.pinned.array, state.pinned.place);
  render();
}
