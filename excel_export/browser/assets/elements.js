// What one element is made of: its terms, each with what it meets, and what is only looked at.

/** How an element of a view comes about; null where that is not taken apart. */
function accountOf(view, element) {
  const group = view.groups[view.group[element]];
  if (!group) return null;
  const row = view.row[element];
  const places = group.first.map((place, k) => place + group.moves[group.which[k]][row]);
  let at = 0;
  const source = (kind) => {
    if (kind === null) return null;
    if (typeof kind === "string") return numberAt(kind, places[at++]);
    const [count, compute] = SOURCES[kind];
    const found = compute(places, at);
    at += count;
    return Array.isArray(found) ? numberAt(...found) : { value: +found };
  };
  const terms = [];
  for (const [count, cell, factor, counts] of group.terms) {
    for (let k = 0; k < count; k++) {
      const term = { cell: source(cell), factor: source(factor), counts: source(counts) };
      term.group = group.of[terms.length] ?? 0;
      term.product = term.cell.value * (term.factor ? term.factor.value : 1);
      if (!term.counts || term.counts.value) terms.push(term);
    }
  }
  const alone = source(group.alone);
  return {
    terms,
    alone,
    asides: group.asides.map(source),
    spelled: group.spelled,
    bare: group.bare,
    labels: group.labels.map((label) => label.split(", ").map(inLanguage).join(", ")),
  };
}

const numberAt = (array, place) => ({ array, place, value: ARRAYS[array][place] });

/** All numbers that an element reads. */
function readBy(account) {
  if (!account) return [];
  return [...account.terms.flatMap((term) => [term.cell, term.factor]), account.alone, ...account.asides].filter(
    (number) => number && number.array,
  );
}

/** The elements of a view that read a number: made once for each view, as indices found by numbers stay in place. */
function readersOf(view, array, place) {
  if (!view.readers) {
    view.readers = new Map();
    view.group.forEach((_, element) => {
      for (const number of readBy(accountOf(view, element))) {
        const key = `${number.array}.${number.place}`;
        if (!view.readers.has(key)) view.readers.set(key, new Set());
        view.readers.get(key).add(element);
      }
    });
  }
  return [...(view.readers.get(`${array}.${place}`) ?? [])];
}

/** The views of a step, and which part of it each belongs to. */
function viewsOf(number) {
  const step = model.steps[number - 1];
  const before = model.steps.slice(0, number - 1).reduce((count, each) => count + each.parts.length, 0);
  const found = [];
  step.parts.forEach((part, k) => {
    for (const view of model.views)
      if (view.part === before + k + 1) found.push({ view, part, isMain: k === step.main });
  });
  return found;
}

/** The step in which a tensor is made, and its view there. */
function makerOf(array) {
  for (let number = 1; number <= model.steps.length; number++) {
    const k = viewsOf(number).findIndex(({ view }) => view.made === array);
    if (k >= 0) return { step: number, view: k };
  }
  return null;
}

/** The steps in which a tensor is read. */
function usesOf(array) {
  const found = [];
  for (let number = 1; number <= model.steps.length; number++) {
    viewsOf(number).forEach(({ view }, k) => {
      if (view.made !== array && view.slots.includes(array) && !view.isGiven)
        found.push({ step: number, view: k, made: view.made });
    });
  }
  return found;
}
