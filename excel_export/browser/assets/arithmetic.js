// How one number comes about: a line of arithmetic, and each product in it.

const LISTED = 9;
const FEW_TERMS = 4;
/** Of so many, the first are listed: of one or two more, all. */
const listedOf = (count) => (count <= LISTED + 2 ? count : LISTED);
const MOST_PRODUCTS = 72;

function keysOf(term) {
  return [term.cell, term.factor]
    .filter((number) => number?.array)
    .map((number) => `${number.array}.${number.place}`)
    .join(" ");
}

const times = (term) =>
  term.factor ? `${bracketed(term.cell.value)} · ${bracketed(term.factor.value)}` : bracketed(term.cell.value);

function piece(text, term) {
  const span = make("span", { class: "term", "data-term": keysOf(term) }, text);
  const number = term.factor?.array ? term.factor : term.cell;
  if (term.cell.array) {
    span.addEventListener("mouseenter", () => hoverNumber(term.cell.array, term.cell.place));
    span.addEventListener("mouseleave", () => hoverNumber(null, null));
    span.addEventListener("click", () => pin(number.array, number.place));
  }
  return span;
}

/** The right-hand side, as pieces of the page. */
function lineOf(account) {
  const { terms, alone, spelled, bare } = account;
  if (spelled.length) {
    return spelled.flatMap((text, k) =>
      k
        ? [piece(bare[k - 1] ? plain(terms[k - 1].cell.value) : bracketed(terms[k - 1].cell.value), terms[k - 1]), text]
        : [text],
    );
  }
  const rest = alone
    ? [
        make(
          "span",
          { class: "term", "data-term": alone.array ? `${alone.array}.${alone.place}` : "" },
          signed(alone.value),
        ),
      ]
    : [];
  if (account.labels.length > 1) {
    const sums = account.labels.map((label, group) => ({
      label,
      sum: terms.reduce((sum, term) => sum + (term.group === group ? term.product : 0), 0),
    }));
    const count = listedOf(sums.length);
    const listed = sums.slice(0, count);
    const more = sums.slice(count).reduce((sum, each) => sum + each.sum, 0);
    const pieces = listed.map(({ label, sum }, k) =>
      make("span", { class: "group", title: label }, k ? signed(sum) : plain(sum)),
    );
    if (sums.length > count) pieces.push(` + [${say("more", { count: sums.length - count })}: ${plain(more)}]`);
    return [...pieces, ...rest];
  }
  // Of many products, those that are 0 only make the line long; where all are, it says so.
  const telling = terms.filter((term) => term.product !== 0);
  const counting = terms.length <= FEW_TERMS || !telling.length ? terms : telling;
  const count = listedOf(counting.length);
  const listed = counting.slice(0, count);
  const pieces = listed.flatMap((term, k) => [k ? " + " : "", piece(times(term), term)]);
  if (counting.length > count) {
    const more = counting.slice(count).reduce((sum, term) => sum + term.product, 0);
    pieces.push(` + [${say("more", { count: counting.length - count })}: ${plain(more)}]`);
  }
  return [...pieces, ...rest];
}

function renderArithmetic(view, element, account) {
  const place = document.getElementById("arithmetic");
  const value = ARRAYS[view.made][element];
  const left = make("b", {}, named(view.made, element));
  const result = make("b", { class: "result" }, plain(value));
  const hovered = make("output", { id: "hovered" });
  const controls = make(
    "span",
    { class: "slide" },
    make(
      "button",
      {
        type: "button",
        id: "earlier",
        "aria-label": say("element-before"),
        disabled: element === 0,
        onclick: () => slide(-1),
      },
      "◂",
    ),
    make(
      "button",
      { type: "button", id: "slide", "aria-pressed": String(sliding !== null), onclick: toggleSliding },
      sliding ? say("stop-sliding") : say("slide"),
    ),
    make(
      "button",
      {
        type: "button",
        id: "later",
        "aria-label": say("element-after"),
        disabled: element === ARRAYS[view.made].length - 1,
        onclick: () => slide(1),
      },
      "▸",
    ),
  );
  if (!account || (!account.terms.length && !account.alone)) {
    const why = view.isGiven ? say("is-given") : account ? say("nothing-here") : say("not-apart");
    place.replaceChildren(
      make("p", { class: "line" }, left, " = ", result, make("span", { class: "note" }, ` ${why}`)),
      make("div", { class: "under" }, ARRAYS[view.made].length > 1 ? controls : "", hovered),
    );
    return;
  }
  const share = shareOf(view, account);
  // What comes on this way alone, where more arrives on others.
  const isPart = share !== null && Math.abs(share - value) > 1e-12 * Math.max(1, Math.abs(value));
  place.replaceChildren(
    isPart
      ? make(
          "p",
          { class: "line" },
          `${say("on-this-way")}: `,
          ...lineOf(account),
          " = ",
          make("b", {}, plain(share)),
          "; ",
          left,
          ` ${say("in-all")} `,
          result,
        )
      : make("p", { class: "line" }, left, " = ", ...lineOf(account), " = ", result),
    make("div", { class: "under" }, ARRAYS[view.made].length > 1 ? controls : "", hovered),
    products(account) ?? "",
  );
}

/** What an account comes to; null where only its formula is known. On the way back a spelled slope meets what arrives. */
function shareOf(view, account) {
  if (account.spelled.length) return view.companion ? account.terms[0].product : null;
  return account.terms.reduce((sum, term) => sum + term.product, account.alone?.value ?? 0);
}

/** Every product, in the groups that they are added in. */
function products(account) {
  const { terms, labels, spelled } = account;
  if (spelled.length || terms.length < 2) return null;
  const most = Math.max(...terms.map((term) => Math.abs(term.product)));
  const groups = new Map();
  for (const term of terms.slice(0, MOST_PRODUCTS)) {
    if (!groups.has(term.group)) groups.set(term.group, []);
    groups.get(term.group).push(term);
  }
  const lists = [...groups].map(([group, members]) => {
    const sum = terms.reduce((total, term) => total + (term.group === group ? term.product : 0), 0);
    const items = members.map((term) => {
      const colour = colourOf(term.product, most);
      const item = make(
        "li",
        { "data-term": keysOf(term), tabindex: 0 },
        make("span", {}, times(term)),
        make("b", {}, plain(term.product)),
      );
      item.style.background = css(colour);
      item.style.color = inkOn(colour);
      const show = () => term.cell.array && hoverNumber(term.cell.array, term.cell.place);
      item.addEventListener("mouseenter", show);
      item.addEventListener("focus", show);
      item.addEventListener("mouseleave", () => hoverNumber(null, null));
      const goal = term.factor?.array ? term.factor : term.cell;
      const open = () => goal.array && pin(goal.array, goal.place);
      item.addEventListener("click", open);
      item.addEventListener("keydown", (event) => event.key === "Enter" && open());
      return item;
    });
    return make(
      "div",
      { class: "products" },
      labels.length > 1 ? make("p", {}, labels[group], " ", make("b", {}, plain(sum))) : "",
      make("ul", {}, ...items),
    );
  });
  const rest = terms.length - MOST_PRODUCTS;
  const details = make(
    "details",
    { id: "products" },
    make("summary", {}, say("products", { count: terms.length })),
    ...lists,
    rest > 0 ? make("p", { class: "note" }, say("more", { count: rest })) : "",
  );
  details.open = state.productsOpen ?? false;
  details.addEventListener("toggle", () => (state.productsOpen = details.open));
  return details;
}

let sliding = null;

function slide(by) {
  const view = shownView();
  const count = ARRAYS[view.made].length;
  state.element = (shownElement(view) + by + count) % count;
  render();
}

function toggleSliding() {
  if (sliding) {
    clearInterval(sliding);
    sliding = null;
  } else sliding = setInterval(() => slide(1), 450);
  render();
}
