// A lesson's questions, one at a time: think, write, then look at the number that answers.

let stop = 0;
const answers = new Map();
let seen = new Set();
/** What the last answer has changed, and the question whose answer took back what the reader had changed. */
let changedByAnswer = "[]";
let tookBack = null;

function buildGuide() {
  const place = document.getElementById("guide");
  if (!model.guide.length) {
    place.replaceChildren();
    return;
  }
  const { kind, ask, answer, show, change: changes, changing, note } = model.guide[stop];
  const turn = (by) => {
    stop = Math.min(Math.max(0, stop + by), model.guide.length - 1);
    buildGuide();
  };
  const isChange = Object.keys(changes).length > 0;
  const look = () => {
    seen.add(stop);
    const isOwn = JSON.stringify(state.trail) !== changedByAnswer;
    tookBack = isOwn && state.trail.length && (show || isChange) ? stop : null;
    if (show || isChange || !isOwn) openStop(show, changes);
    buildGuide();
    document.getElementById("look")?.focus();
  };
  place.setAttribute("aria-label", say("guide"));
  place.replaceChildren(
    make(
      "div",
      { class: "row" },
      make(
        "button",
        { type: "button", "aria-label": say("previous"), disabled: stop === 0, onclick: () => turn(-1) },
        "‹",
      ),
      make("b", {}, `${say("question", { number: stop + 1, count: model.guide.length })} · ${say(`kind-${kind}`)}`),
      make(
        "button",
        {
          type: "button",
          id: "turn",
          "aria-label": say("next"),
          disabled: stop === model.guide.length - 1,
          onclick: () => turn(1),
        },
        "›",
      ),
      make("input", {
        type: "text",
        id: "answer",
        placeholder: say("your-answer"),
        "aria-label": say("your-answer"),
        value: answers.get(stop) ?? "",
        oninput: (event) => answers.set(stop, event.target.value),
        onkeydown: (event) => event.key === "Enter" && look(),
      }),
      make("button", { type: "button", id: "look", class: "strong", onclick: look }, say(isChange ? "try" : "look")),
    ),
    told({}, changing, ask),
    note ? told({ class: "note" }, note) : "",
    seen.has(stop) ? told({ class: "answer" }, answer) : "",
    tookBack === stop ? make("p", { class: "note" }, say("begun-again")) : "",
  );
}

/** Opens the state that answers a question, with what is changed for it. */
function openStop(show, changes) {
  const set = Object.entries(changes).map(([place, value]) => {
    return `${encodeURIComponent(place.split("[")[0])}:${placeOf(place).place}:${value}`;
  });
  const parts = [`lang=${state.language}`];
  if (set.length) parts.push(`set=${set.join(";")}`);
  if (show && model.keys[show.split("[")[0]]) parts.push(`show=${encodeURIComponent(show)}`);
  else
    parts.push(
      hashOf()
        .slice(1)
        .split("&")
        .filter((part) => /^(step|at|view)=/.test(part))
        .join("&"),
    );
  openHash(`#${parts.join("&")}`);
  changedByAnswer = JSON.stringify(state.trail);
  state.hasJumped = true;
  render();
}
