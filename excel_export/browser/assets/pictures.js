// A tensor as a picture: a square for each element, as dark as its number is large; blue above 0, brown below.

const UNIT = 5;

const MARKS = ["chosen", "read", "reader", "pinned"];

function colours() {
  const style = getComputedStyle(document.documentElement);
  const rgb = (name) => style.getPropertyValue(name).trim().split(" ").map(Number);
  return {
    paper: rgb("--paper-rgb"),
    above: rgb("--above-rgb"),
    below: rgb("--below-rgb"),
    plain: style.getPropertyValue("--paper"),
    marks: Object.fromEntries(MARKS.map((name) => [name, style.getPropertyValue(`--mark-${name}`)])),
  };
}

let palette;

/** The colour of a number among numbers up to a size. */
function colourOf(number, most) {
  const share = most > 0 && Number.isFinite(number) ? Math.min(1, Math.abs(number) / most) : 0;
  const end = number < 0 ? palette.below : palette.above;
  return palette.paper.map((from, k) => Math.round(from + (end[k] - from) * 0.92 * share ** 0.8));
}

const css = ([r, g, b]) => `rgb(${r},${g},${b})`;
/** Black or white, whichever can be read on a colour: the contrast is 4.5 at least. */
function inkOn(rgb) {
  const linear = rgb.map((each) =>
    each / 255 <= 0.03928 ? each / 255 / 12.92 : ((each / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.179 ? "#000000" : "#ffffff";
}

function mostOf(array) {
  let most = 0;
  for (const number of ARRAYS[array]) if (Math.abs(number) < INFINITE) most = Math.max(most, Math.abs(number));
  return most;
}

const tilesOf = (array) => model.tiles[model.tensors[array].shape.join(",")];

/** Paints a tensor. Marks are lists of elements by their names: chosen, read, reader. */
function paint(canvas, array, marks = {}, room = { width: 200, height: 140 }) {
  const tiles = tilesOf(array);
  const unit = Math.max(
    1,
    Math.min(Math.floor(room.width / tiles.width), Math.floor(room.height / tiles.height), room.most ?? 22),
  );
  const scale = window.devicePixelRatio || 1;
  const width = tiles.width * unit + 2;
  const height = tiles.height * unit + 2;
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  canvas.tiles = { tiles, unit };
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  const numbers = ARRAYS[array];
  const most = mostOf(array);
  const side = tiles.size * unit;
  for (let k = 0; k < tiles.elements.length; k++) {
    pen.fillStyle = css(colourOf(numbers[tiles.elements[k]], most));
    pen.fillRect(1 + tiles.columns[k] * unit, 1 + tiles.rows[k] * unit, side, side);
  }
  if (side >= 9 && tiles.elements.length > 1) {
    pen.strokeStyle = "rgba(128,128,128,.25)";
    pen.lineWidth = 1;
    for (let k = 0; k < tiles.elements.length; k++)
      pen.strokeRect(1.5 + tiles.columns[k] * unit, 1.5 + tiles.rows[k] * unit, side - 1, side - 1);
  }
  for (const [name, elements] of Object.entries(marks)) frame(pen, tiles, unit, new Set(elements), name);
}

/** Paints a tensor that nobody points at, a pixel for each unit, which the browser enlarges: in a tenth of the time. */
function paintSmall(canvas, array, room) {
  const tiles = tilesOf(array);
  const unit = Math.max(
    1,
    Math.min(Math.floor(room.width / tiles.width), Math.floor(room.height / tiles.height), room.most),
  );
  Object.assign(canvas, { width: tiles.width, height: tiles.height });
  Object.assign(canvas.style, { width: `${tiles.width * unit}px`, height: `${tiles.height * unit}px` });
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(tiles.width, tiles.height);
  const most = mostOf(array);
  tiles.elements.forEach((element, k) => {
    const colour = [...colourOf(ARRAYS[array][element], most), 255];
    for (let down = 0; down < tiles.size; down++)
      for (let right = 0; right < tiles.size; right++)
        image.data.set(colour, 4 * ((tiles.rows[k] + down) * tiles.width + tiles.columns[k] + right));
  });
  pen.putImageData(image, 0, 0);
}

/** Frames elements: a line where one that is marked meets one that is not. */
function frame(pen, tiles, unit, marked, name) {
  if (!marked.size) return;
  const side = tiles.size * unit;
  const squares = new Map();
  tiles.elements.forEach((element, k) => {
    if (marked.has(element)) squares.set(`${tiles.rows[k]},${tiles.columns[k]}`, k);
  });
  for (const [colour, wide] of [
    [palette.plain, 5],
    [palette.marks[name], 2.4],
  ]) {
    pen.strokeStyle = colour;
    pen.lineWidth = wide;
    pen.beginPath();
    for (const k of squares.values()) {
      const x = 1 + tiles.columns[k] * unit;
      const y = 1 + tiles.rows[k] * unit;
      const meets = (down, right) =>
        squares.has(`${tiles.rows[k] + down * tiles.size},${tiles.columns[k] + right * tiles.size}`);
      if (!meets(-1, 0)) pen.rect(x, y, side, 0);
      if (!meets(1, 0)) pen.rect(x, y + side, side, 0);
      if (!meets(0, -1)) pen.rect(x, y, 0, side);
      if (!meets(0, 1)) pen.rect(x + side, y, 0, side);
    }
    pen.stroke();
  }
}

/** The element under a pointer; null where there is none. */
function elementUnder(canvas, event) {
  const { tiles, unit } = canvas.tiles;
  const box = canvas.getBoundingClientRect();
  // On a very wide screen all is drawn larger.
  const scale = box.width / canvas.offsetWidth || 1;
  const row = ((event.clientY - box.top) / scale - 1) / unit;
  const column = ((event.clientX - box.left) / scale - 1) / unit;
  const k = tiles.elements.findIndex(
    (_, each) =>
      row >= tiles.rows[each] &&
      row < tiles.rows[each] + tiles.size &&
      column >= tiles.columns[each] &&
      column < tiles.columns[each] + tiles.size,
  );
  return k < 0 ? null : tiles.elements[k];
}
