/**
 * A tensor as a picture: a square for each element, as dark as its number is large; blue above 0, brown below; of a
 * gradient orange and purple, as in the story.
 */

import { ref } from "lit-html/directives/ref.js";
import { computed, model, size } from "./network.js";
import { INFINITE } from "./words.js";

const MARKS = ["chosen", "read", "reader", "pinned"];
/** Pixels of a square from which on the lines between squares are drawn. */
const WITH_LINES = 13;

/** @typedef {[number, number, number]} Colour */

/** The colours of the theme. */
export let palette = {
  paper: /** @type {Colour} */ ([255, 255, 255]),
  /** Below 0 and above, of numbers and of gradients. */
  numbers: /** @type {Colour[]} */ ([]),
  gradients: /** @type {Colour[]} */ ([]),
  plain: "",
  /** The grey of ink that lies over other colours. */
  ink: 90,
  marks: /** @type {Record<string, string>} */ ({}),
};

export function readColours() {
  const style = getComputedStyle(document.documentElement);
  const rgb = (/** @type {string} */ name) =>
    /** @type {Colour} */ ([1, 3, 5].map((k) => parseInt(style.getPropertyValue(name).slice(k, k + 2), 16)));
  palette = {
    paper: rgb("--paper"),
    numbers: [rgb("--below"), rgb("--above")],
    gradients: [rgb("--gradient-below"), rgb("--gradient-above")],
    plain: style.getPropertyValue("--paper"),
    ink: rgb("--paper")[0] > 127 ? 90 : 200,
    marks: Object.fromEntries(MARKS.map((name) => [name, style.getPropertyValue(`--mark-${name}`)])),
  };
}

/**
 * The colour of a number among numbers up to a size.
 * @param {number} number @param {number} most @param {boolean} isGradient @returns {Colour}
 */
function colourOf(number, most, isGradient) {
  const share = most > 0 && Number.isFinite(number) ? 0.92 * Math.min(1, Math.abs(number) / most) ** 0.8 : 0;
  const end = (isGradient ? palette.gradients : palette.numbers)[Number(number >= 0)];
  if (share === 0) return palette.paper;
  const mixed = (/** @type {number} */ k) => Math.round(palette.paper[k] + (end[k] - palette.paper[k]) * share);
  return [mixed(0), mixed(1), mixed(2)];
}

/** @param {Colour} colour */
const css = ([r, g, b]) => `rgb(${r},${g},${b})`;

/**
 * A cell's colours as a style: its ink is black or white, whichever can be read; the contrast is 4.5 at least.
 * @param {number} number @param {number} most @param {boolean} isGradient
 */
export function tinted(number, most, isGradient) {
  const colour = colourOf(number, most, isGradient);
  const linear = colour.map((each) =>
    each / 255 <= 0.03928 ? each / 255 / 12.92 : ((each / 255 + 0.055) / 1.055) ** 2.4,
  );
  const isLight = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.179;
  return `background:${css(colour)};color:${isLight ? "#000000" : "#ffffff"}`;
}

/** The same as a colour alone. @param {number} number @param {number} most @param {boolean} isGradient */
export const coloured = (number, most, isGradient) => css(colourOf(number, most, isGradient));

/** @param {string} array */
export function mostOf(array) {
  let most = 0;
  for (const number of ARRAYS[array]) if (Math.abs(number) < INFINITE) most = Math.max(most, Math.abs(number));
  return most;
}

/** @param {string} array */
export const tilesOf = (array) => model.tiles[model.tensors[array].shape.join(",")];

/** @param {Tiles} tiles @param {Room} room */
export const unitOf = (tiles, room) =>
  Math.max(1, Math.min(Math.floor(room.width / tiles.width), Math.floor(room.height / tiles.height), room.most ?? 22));

/** The tiles and the scale of each canvas, to find the element under a pointer. @type {WeakMap<Element, { tiles: Tiles, unit: number }>} */
const drawn = new WeakMap();

/** @param {Element | null} canvas */
export const drawnOn = (canvas) => (canvas ? drawn.get(canvas) : undefined);

/**
 * Gives a canvas its pixels, and its size on the page. To set either anew costs a frame much, even where it is as before.
 * @param {HTMLCanvasElement} canvas @param {number} across @param {number} down @param {number} width @param {number} height
 */
function fit(canvas, across, down, width, height) {
  if (canvas.width !== across) canvas.width = across;
  if (canvas.height !== down) canvas.height = down;
  const [wide, high] = [`${width}px`, `${height}px`];
  if (canvas.style.width !== wide) canvas.style.width = wide;
  if (canvas.style.height !== high) canvas.style.height = high;
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

/** Return the colour of each number of a tensor, or of another array in its place. @param {string} array @param {ArrayLike<number>} numbers */
function coloursOf(array, numbers) {
  const most = mostOf(array);
  const { isGradient } = model.tensors[array];
  return (/** @type {number} */ element) => colourOf(numbers[element], most, isGradient);
}

/** Colours a pixel. @param {ImageData} image @param {number} pixel @param {Colour} colour */
function dot({ data }, pixel, [r, g, b]) {
  data[4 * pixel] = r;
  data[4 * pixel + 1] = g;
  data[4 * pixel + 2] = b;
  data[4 * pixel + 3] = 255;
}

/** Paints a pixel for each unit. @param {CanvasRenderingContext2D} pen @param {Tiles} tiles @param {(element: number) => Colour} colour */
function paintUnits(pen, tiles, colour) {
  const image = pen.createImageData(tiles.width, tiles.height);
  for (let k = 0; k < tiles.elements.length; k++) {
    const own = colour(tiles.elements[k]);
    const first = tiles.rows[k] * tiles.width + tiles.columns[k];
    for (let down = 0; down < tiles.size; down++)
      for (let right = 0; right < tiles.size; right++) dot(image, first + down * tiles.width + right, own);
  }
  pen.putImageData(image, 0, 0);
}

/** The content of each canvas, as a text that changes with it. @type {WeakMap<Element, string>} */
const shown = new WeakMap();

/**
 * Paints the canvas of a template.
 * @param {(canvas: HTMLCanvasElement) => void} by
 * @param {string} what where it is given, a canvas that showed the same at the same numbers and colours stays
 */
export const painted = (by, what = "") =>
  ref((canvas) => {
    const now = what && `${what} ${computed} ${palette.plain}`;
    if (!(canvas instanceof HTMLCanvasElement) || (now && shown.get(canvas) === now)) return;
    by(canvas);
    shown.set(canvas, now);
  });

/** Where a picture is painted small, before it is enlarged. @type {HTMLCanvasElement | undefined} */
let small;

/**
 * Paints a tensor.
 * @param {HTMLCanvasElement} canvas @param {string} array @param {Marks} marks lists of elements by the names of marks
 * @param {Room} room @param {ArrayLike<number>} numbers those of the tensor, or others in their place
 */
export function paint(canvas, array, marks, room, numbers = ARRAYS[array]) {
  paintSquares(canvas, array, marks, room, coloursOf(array, numbers));
}

/**
 * Paints a square for each number of a tensor.
 * @param {HTMLCanvasElement} canvas @param {string} array @param {Marks} marks @param {Room} room
 * @param {(element: number) => Colour} colour
 */
function paintSquares(canvas, array, marks, room, colour) {
  const tiles = tilesOf(array);
  const unit = unitOf(tiles, room);
  const scale = window.devicePixelRatio || 1;
  const [width, height] = [tiles.width * unit + 2, tiles.height * unit + 2];
  const pen = fit(canvas, Math.round(width * scale), Math.round(height * scale), width, height);
  drawn.set(canvas, { tiles, unit });
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  small ??= document.createElement("canvas");
  paintUnits(fit(small, tiles.width, tiles.height, tiles.width, tiles.height), tiles, colour);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, 1, 1, tiles.width * unit, tiles.height * unit);
  const side = tiles.size * unit;
  if (side >= WITH_LINES && tiles.elements.length > 1) {
    pen.strokeStyle = "rgba(128,128,128,.25)";
    pen.lineWidth = 1;
    for (let k = 0; k < tiles.elements.length; k++)
      pen.strokeRect(1.5 + tiles.columns[k] * unit, 1.5 + tiles.rows[k] * unit, side - 1, side - 1);
  }
  for (const [name, elements] of Object.entries(marks)) frame(pen, tiles, unit, new Set(elements), name);
}

/**
 * Paints a tensor that nobody points at, a pixel for each unit, which the browser enlarges: in a tenth of the time.
 * @param {HTMLCanvasElement} canvas @param {string} array @param {Room} room
 * @param {ArrayLike<number>} numbers those of the tensor, or others in their place
 */
export function paintSmall(canvas, array, room, numbers = ARRAYS[array]) {
  const tiles = tilesOf(array);
  const unit = unitOf(tiles, room);
  const side = unit * Math.min(1, room.width / (tiles.width * unit), room.height / (tiles.height * unit));
  const pen = fit(canvas, tiles.width, tiles.height, tiles.width * side, tiles.height * side);
  paintUnits(pen, tiles, coloursOf(array, numbers));
}

/** An image of each size, to be filled anew. @type {Map<string, ImageData>} */
const images = new Map();

/**
 * Paints one map of a tensor: its last two dimensions, a pixel for each number, which the browser enlarges.
 * @param {HTMLCanvasElement} canvas @param {string} array @param {number} channel @param {number} side in pixels
 * @param {ArrayLike<number>} numbers those of the tensor, or others in their place
 */
export function paintMap(canvas, array, channel, side, numbers) {
  const { shape } = model.tensors[array];
  // Numbers in a row are laid into a square.
  const square = Math.ceil(Math.sqrt(size(array)));
  const [height, width] = shape.length > 2 ? shape.slice(-2) : [Math.ceil(size(array) / square), square];
  const unit = side / Math.max(height, width);
  const pen = fit(canvas, width, height, unit * width, unit * height);
  const image = images.get(`${width} ${height}`) ?? pen.createImageData(width, height);
  images.set(`${width} ${height}`, image);
  const colour = coloursOf(array, numbers);
  for (let k = 0; k < height * width; k++) dot(image, k, colour(channel * height * width + k));
  pen.putImageData(image, 0, 0);
}

/** The share of ink over the gradient's colours, at most. */
const INK = 0.65;

/**
 * Paints what is wanted of each number of a picture in a gradient's colours, and over it the picture as grey ink.
 * @param {HTMLCanvasElement} canvas @param {string} array @param {ArrayLike<number>} wanted @param {Room} room
 */
export function paintWanted(canvas, array, wanted, room) {
  const [most, darkest] = [Math.max(...Array.from(wanted, Math.abs)), mostOf(array)];
  paintSquares(canvas, array, {}, room, (element) => {
    const ink = darkest > 0 ? (INK * Math.max(0, ARRAYS[array][element])) / darkest : 0;
    // Where there is no ink, there cannot be less.
    const isPossible = wanted[element] > 0 || ARRAYS[array][element] > 0;
    const below = colourOf(isPossible ? wanted[element] : 0, most, true);
    return /** @type {Colour} */ (below.map((each) => Math.round(each * (1 - ink) + palette.ink * ink)));
  });
}

/**
 * Frames elements: a line where one that is marked meets one that is not.
 * @param {CanvasRenderingContext2D} pen @param {Tiles} tiles @param {number} unit @param {Set<number>} marked
 * @param {string} name
 */
function frame(pen, tiles, unit, marked, name) {
  if (!marked.size) return;
  const side = tiles.size * unit;
  const squares = new Map();
  tiles.elements.forEach((element, k) => {
    if (marked.has(element)) squares.set(`${tiles.rows[k]},${tiles.columns[k]}`, k);
  });
  for (const [colour, wide] of /** @type {[string, number][]} */ ([
    [palette.plain, 5],
    [palette.marks[name], 2.4],
  ])) {
    pen.strokeStyle = colour;
    pen.lineWidth = wide;
    pen.beginPath();
    for (const k of squares.values()) {
      const [x, y] = [1 + tiles.columns[k] * unit, 1 + tiles.rows[k] * unit];
      const meets = (/** @type {number} */ down, /** @type {number} */ right) =>
        squares.has(`${tiles.rows[k] + down * tiles.size},${tiles.columns[k] + right * tiles.size}`);
      if (!meets(-1, 0)) pen.rect(x, y, side, 0);
      if (!meets(1, 0)) pen.rect(x, y + side, side, 0);
      if (!meets(0, -1)) pen.rect(x, y, 0, side);
      if (!meets(0, 1)) pen.rect(x + side, y, 0, side);
    }
    pen.stroke();
  }
}

/**
 * The element under a pointer, and where in its square that is, as shares; null where there is none.
 * @param {HTMLCanvasElement} canvas @param {{ clientX: number, clientY: number }} event
 */
export function under(canvas, event) {
  const { tiles, unit } = /** @type {{ tiles: Tiles, unit: number }} */ (drawn.get(canvas));
  const box = canvas.getBoundingClientRect();
  // On a very wide screen all is drawn larger.
  const scale = box.width / canvas.offsetWidth || 1;
  const side = unit * tiles.size;
  const [row, column] = [event.clientY - box.top, event.clientX - box.left].map((from) => (from / scale - 1) / side);
  for (let k = 0; k < tiles.elements.length; k++) {
    const down = row - tiles.rows[k] / tiles.size;
    const right = column - tiles.columns[k] / tiles.size;
    if (down >= 0 && down < 1 && right >= 0 && right < 1) return { element: tiles.elements[k], down, right };
  }
  return null;
}
