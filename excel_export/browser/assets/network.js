// The network: what is shown of it, its numbers, and how they are computed anew.

let model;
const first = new Map();
let computed = 0;

/** Numbers from the steps between them. */
function running(steps) {
  let last = 0;
  return steps.map((step) => (last += step));
}

function bytesOf(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let k = 0; k < letters.length; k++) bytes[k] = letters.charCodeAt(k);
  return bytes;
}

async function load() {
  const packed = new Blob([bytesOf(document.getElementById("data").textContent)]).stream();
  model = await new Response(packed.pipeThrough(new DecompressionStream("deflate"))).json();
  for (const [name, numbers] of Object.entries(model.numbers)) ARRAYS[name].set(unpacked(numbers));
  for (const [name, array] of Object.entries(ARRAYS)) first.set(name, Float64Array.from(array));
  for (const tiles of Object.values(model.tiles)) {
    for (const key of ["rows", "columns", "elements"]) tiles[key] = running(tiles[key]);
  }
  for (const view of model.views) unfold(view);
}

function unpacked([kind, text]) {
  if (typeof kind === "number" || kind === undefined) return arguments[0];
  const bytes = bytesOf(text).buffer;
  return kind === "f4" ? new Float32Array(bytes) : new Float64Array(bytes);
}

/** Gives each element of a view its group, and its place among the elements of that. */
function unfold(view) {
  view.group = running(view.group);
  const counts = view.groups.map(() => 0);
  view.row = view.group.map((number) => (number < 0 ? 0 : counts[number]++));
  for (const group of view.groups) {
    group.first = running(group.first);
    group.moves = group.moves.map(running);
    group.of = running(group.of);
  }
}

/** Computes everything: forward, backward, and what a step would make of it. */
function compute() {
  run();
  RULES[state.rule]();
  computed++;
}

/** Takes one step of learning. */
function learn() {
  for (const [now, then] of model.kept) ARRAYS[now].set(ARRAYS[then]);
  ARRAYS[model.step][0]++;
  compute();
}

/** The loss, were the step taken. */
function lossAfter() {
  const kept = new Map(Object.entries(ARRAYS).map(([name, array]) => [name, Float64Array.from(array)]));
  for (const [now, then] of model.kept) ARRAYS[now].set(ARRAYS[then]);
  run();
  const loss = ARRAYS[model.loss][0];
  for (const [name, array] of kept) ARRAYS[name].set(array);
  return loss;
}

/** The slope of the loss by one number: what a tiny change of it does. */
function nudged(array, place) {
  const before = ARRAYS[array][place];
  const by = 1e-5 * Math.max(1, Math.abs(before));
  const losses = [by, -by].map((change) => {
    ARRAYS[array][place] = before + change;
    run();
    return ARRAYS[model.loss][0];
  });
  ARRAYS[array][place] = before;
  compute();
  return { by, plus: losses[0], minus: losses[1], slope: (losses[0] - losses[1]) / (2 * by) };
}
