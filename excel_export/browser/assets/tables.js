// Numbers in rows and columns: those around one, those that are read, and their products.

const MOST_NUMBERS = 49;
/** Of more grids, the first are shown. */
const GRIDS = 2;
const GROUPS = 10;

function cell(array, place, most, kind = "") {
  const colour = colourOf(ARRAYS[array][place], most);
  const is = state.pinned?.array === array && state.pinned.place === place ? " pinned" : "";
  const td = make(
    "td",
    { class: `${kind}${is}`, "data-number": `${array}.${place}`, onclick: () => pin(array, place) },
    plain(ARRAYS[array][place]),
  );
  td.style.background = css(colour);
  td.style.color = inkOn(colour);
  td.addEventListener("mouseenter", () => hoverNumber(array, place));
  td.addEventListener("mouseleave", () => hoverNumber(null, null));
  return td;
}

/** The numbers around one, by rows and columns of the last two dimensions. */
function windowTable(array, centre) {
  const { shape } = model.tensors[array];
  const most = mostOf(array);
  const index = indexOf(shape, centre);
  const [height, width] = [1, 1, ...shape].slice(-2);
  const [row, column] = [0, 0, ...index].slice(-2);
  const span = (at, count, reach) => {
    const from = Math.max(0, Math.min(at - reach, count - 2 * reach - 1));
    return Array.from({ length: Math.min(count, 2 * reach + 1) }, (_, k) => from + k);
  };
  const outer = centre - row * width - column;
  const rows = span(row, height, room.rows).map((down) =>
    make(
      "tr",
      {},
      ...span(column, width, room.columns).map((right) =>
        cell(array, outer + down * width + right, most, down === row && right === column ? "centre" : ""),
      ),
    ),
  );
  return make("table", {}, make("tbody", {}, ...rows));
}

/** The products, lying as the numbers do that they are made of; the sums of their groups where they are many. */
function productsCard(account) {
  if (!account || account.spelled.length || account.terms.filter((term) => term.factor).length < 2) return null;
  const { terms, labels } = account;
  const head = make(
    "figcaption",
    {},
    make("span", { class: "role" }, say("role-products")),
    make("span", { class: "shape" }, say("so-many", { count: terms.length })),
  );
  if (labels.length > 1) {
    const sums = sumsOf(account);
    const most = Math.max(...sums.map(Math.abs));
    const open = openGroup(account);
    const from = Math.max(0, Math.min(open - 4, labels.length - GROUPS));
    const rows = labels.slice(from, from + GROUPS).map((label, k) => {
      const group = from + k;
      const choice = make(
        "button",
        {
          type: "button",
          id: `group-${group}`,
          class: "group",
          "aria-pressed": String(group === open),
          onclick: () => {
            state.group = group;
            render();
          },
        },
        label,
      );
      return make("tr", {}, make("th", { scope: "row" }, choice), coloured(sums[group], most));
    });
    const rest = labels.length - rows.length;
    return make(
      "figure",
      { class: "card products-card" },
      head,
      make("table", {}, make("tbody", {}, ...rows)),
      rest > 0 ? make("p", { class: "note" }, say("more", { count: rest })) : null,
    );
  }
  const most = Math.max(...terms.map((term) => Math.abs(term.product)));
  const tables = [];
  const rows = gridOf(terms.slice(0, MOST_NUMBERS)).map((row) =>
    make("tr", {}, ...row.map((term) => (term ? coloured(term.product, most, keysOf(term)) : make("td", {})))),
  );
  tables.push(make("table", {}, make("tbody", {}, ...rows)));
  return make("figure", { class: "card products-card" }, head, make("div", { class: "grids" }, ...tables));
}

function coloured(number, most, keys = "") {
  const colour = colourOf(number, most);
  const td = make("td", keys ? { "data-term": keys } : {}, plain(number));
  td.style.background = css(colour);
  td.style.color = inkOn(colour);
  if (keys) {
    const [array, place] = keys.split(" ")[0].split(".");
    td.addEventListener("mouseenter", () => hoverNumber(array, Number(place)));
    td.addEventListener("mouseleave", () => hoverNumber(null, null));
  }
  return td;
}

/** Terms in rows and columns: as the last two indices of what they read lie, or of what that meets. */
function gridOf(terms) {
  for (const part of ["cell", "factor"]) {
    if (!terms.every((term) => term[part]?.array)) continue;
    const spots = terms.map((term) =>
      [0, 0, ...indexOf(model.tensors[term[part].array].shape, term[part].place)].slice(-2),
    );
    const rows = [...new Set(spots.map(([row]) => row))].sort((one, other) => one - other);
    const columns = [...new Set(spots.map(([, column]) => column))].sort((one, other) => one - other);
    if (new Set(spots.map(String)).size < terms.length || rows.length > 12 || columns.length > 7) continue;
    return rows.map((row) =>
      columns.map((column) => terms[spots.findIndex((spot) => spot[0] === row && spot[1] === column)]),
    );
  }
  return Array.from({ length: Math.ceil(terms.length / 5) }, (_, k) => terms.slice(5 * k, 5 * k + 5));
}

/** The numbers that are read, in grids as they lie in their tensor. */
function readTable(array, read, label) {
  const { shape } = model.tensors[array];
  const most = mostOf(array);
  const [, width] = [1, 1, ...shape].slice(-2);
  const area = shape.slice(-2).reduce((product, each) => product * each, 1);
  const grids = new Map();
  for (const place of [...new Set(read)].sort((one, other) => one - other)) {
    const outer = Math.floor(place / area);
    if (!grids.has(outer)) grids.set(outer, []);
    grids.get(outer).push(place);
  }
  const tables = [];
  let shown = 0;
  for (const places of grids.values()) {
    if (tables.length === GRIDS || (shown && shown + places.length > MOST_NUMBERS)) break;
    const inside = places.map((place) => place % area);
    const rows = [...new Set(inside.map((place) => Math.floor(place / width)))];
    const columns = [...new Set(inside.map((place) => place % width))].sort((one, other) => one - other);
    const set = new Set(places);
    const outer = places[0] - inside[0];
    const most_columns = columns.slice(0, 5);
    const most_rows = rows.slice(0, 5);
    tables.push(
      make(
        "table",
        {},
        make(
          "tbody",
          {},
          ...most_rows.map((row) =>
            make(
              "tr",
              {},
              ...most_columns.map((column) => {
                const place = outer + row * width + column;
                return set.has(place) ? cell(array, place, most, "read") : make("td", {});
              }),
            ),
          ),
        ),
      ),
    );
    shown += most_columns.length * most_rows.length;
  }
  const rest = new Set(read).size - shown;
  return make(
    "div",
    {},
    label ? make("p", { class: "note" }, label) : null,
    make("div", { class: "grids" }, ...tables),
    rest > 0 ? make("p", { class: "note" }, say("more", { count: rest })) : null,
  );
}
