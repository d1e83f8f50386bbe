// The way from a chosen number to the loss: its numbers in a row, each with the slope that leads to it.

const MOST_CHOICES = 30;

/** The way of the chosen number; none where nothing is chosen, or no gradient reaches it. */
function pinnedWay() {
  if (!state.pinned) return [];
  const { array, place } = state.pinned;
  return wayFrom(valueOf(array) ?? array, place, state.way ?? undefined);
}

function openWay(isOpen) {
  state.way = isOpen ? new Map() : null;
  render();
}

function renderWay(way) {
  const place = document.getElementById("way");
  const isOpen = state.way !== null && way.length > 0;
  document.body.classList.toggle("on-a-way", isOpen);
  if (!isOpen) {
    place.replaceChildren();
    return;
  }
  const steps = way.flatMap((number, k) => [
    k ? make("li", { class: "by" }, "× ", make("b", {}, plain(way[k - 1].taken.slope)), " →") : "",
    make("li", {}, onWay(number, way[k - 1], k)),
  ]);
  place.replaceChildren(
    make("p", {}, say("way-words")),
    make("ol", {}, ...steps),
    make("p", { class: "line" }, ...productLine(way)),
    make("p", { class: "sum" }, sumLine(way[0])),
  );
}

/** One number on the way, which leads to where its gradient is made; where it is one of several, the others, too. */
function onWay(number, before, k) {
  const { array, gradient, place } = number;
  const maker = makerOf(gradient);
  const button = make(
    "button",
    { type: "button", id: `on-way-${k}`, onclick: () => maker && goTo(maker.step, maker.view, place, state.pinned) },
    make("b", {}, named(array, place)),
    make("span", {}, plain(ARRAYS[array][place])),
  );
  if (!before || before.edges.length < 2) return button;
  return make("div", {}, button, fork(before, number, k - 1));
}

/** The ways on from a number, those with the largest sums first. */
function fork({ array, place, edges, taken }, number, depth) {
  const ways = edges
    .map((edge, k) => ({ edge, k }))
    .sort((one, other) => Math.abs(other.edge.product) - Math.abs(one.edge.product));
  const shown = ways.slice(0, MOST_CHOICES);
  if (!shown.some(({ edge }) => edge === taken)) shown.push(ways.find(({ edge }) => edge === taken));
  const choice = make(
    "select",
    {
      id: `fork-${depth}`,
      "aria-label": say("way-fork", { count: edges.length, name: named(array, place) }),
      onchange: (event) => {
        for (const each of [...state.way.keys()]) if (each > depth) state.way.delete(each);
        state.way.set(depth, Number(event.target.value));
        render();
      },
    },
    ...shown.map(({ edge, k }) => make("option", { value: k, selected: edge === taken }, wayOn(edge))),
    ways.length > shown.length
      ? make("option", { disabled: true }, say("more", { count: ways.length - shown.length }))
      : "",
  );
  return make(
    "div",
    { class: "fork" },
    make("span", { class: "note" }, say("one-of", { count: edges.length })),
    choice,
  );
}

function wayOn({ gradient, place, product }) {
  const name = valueOf(gradient) ? named(valueOf(gradient), place) : say("several");
  return say("way-on", { name, sum: plain(product) });
}

/** The product of the slopes; of a number that is not taken apart, its gradient is the last factor. */
function productLine(way) {
  const { slopes, product } = productOf(way);
  const words = say(way.at(-1).isEnd ? "way-product" : "way-begins");
  return [`${words}: ${slopes.map(bracketed).join(" · ")} = `, make("b", { class: "result" }, plain(product))];
}

/** What all ways together come to. */
function sumLine({ array, gradient, place }) {
  const count = countWays(gradient, place);
  return say(["way-none", "way-only"][count] ?? (count ? "way-count" : "way-sum"), {
    count: count < 1e6 ? plain(count) : powerOfTen(count),
    name: `∂L/∂ ${named(array, place)}`,
    value: plain(ARRAYS[gradient][place]),
  });
}
