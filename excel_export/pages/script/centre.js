/** Pictures as MNIST's were made: the strokes scaled to 20 of 28 pixels, their centre of mass in the middle. */

/** The side of such a picture, and that of the box into which its strokes fit. */
export const SIDE = 28;
const BOX = 20;
/** Share of the darkest pixel below which a pixel is no stroke, but a stroke's soft edge. */
const EDGE = 0.1;
/** Largest distance of a picture's centre from the middle, in pixels: MNIST moved by whole pixels. */
const OFF = 1;

/** The longer side of the box around a picture's strokes, and their centre of mass. @param {ArrayLike<number>} pixels */
function extent(pixels) {
  const most = Math.max(...Array.from(pixels));
  if (!(most > 0)) return null;
  let [top, bottom, left, right] = [SIDE, -1, SIDE, -1];
  let [mass, down, across] = [0, 0, 0];
  for (let k = 0; k < SIDE * SIDE; k++) {
    const [row, column] = [Math.floor(k / SIDE), k % SIDE];
    mass += pixels[k];
    down += pixels[k] * (row + 0.5);
    across += pixels[k] * (column + 0.5);
    if (pixels[k] <= EDGE * most) continue;
    [top, bottom, left, right] = [
      Math.min(top, row),
      Math.max(bottom, row),
      Math.min(left, column),
      Math.max(right, column),
    ];
  }
  return { longest: Math.max(bottom - top, right - left) + 1, row: down / mass, column: across / mass };
}

/** Whether a picture looks as if it had been scaled and centred so. @param {ArrayLike<number>} pixels */
export function isCentred(pixels) {
  const found = extent(pixels);
  if (!found) return false;
  const isInside = Math.max(Math.abs(found.row - SIDE / 2), Math.abs(found.column - SIDE / 2)) <= OFF;
  return isInside && Math.abs(found.longest - BOX) <= 2;
}

/**
 * Scales the strokes of a picture of 28 by 28 pixels, and moves them to the middle. An empty picture stays empty.
 * @param {ArrayLike<number>} pixels row by row @returns {Float64Array}
 */
export function centred(pixels) {
  const out = new Float64Array(SIDE * SIDE);
  const found = extent(pixels);
  if (!found) return out;
  const scale = BOX / found.longest;
  // A picture that shrinks must keep its thin strokes: each pixel reads several places.
  const samples = scale < 1 ? 2 : 1;
  for (let k = 0; k < out.length; k++) {
    for (let sample = 0; sample < samples * samples; sample++) {
      const down = Math.floor(k / SIDE) + (Math.floor(sample / samples) + 0.5) / samples - SIDE / 2;
      const across = (k % SIDE) + ((sample % samples) + 0.5) / samples - SIDE / 2;
      out[k] += at(pixels, found.row + down / scale, found.column + across / scale) / (samples * samples);
    }
  }
  return out;
}

/** The number between the middles of four pixels. @param {ArrayLike<number>} pixels @param {number} row @param {number} column */
function at(pixels, row, column) {
  const [top, left] = [Math.floor(row - 0.5), Math.floor(column - 0.5)];
  const [down, right] = [row - 0.5 - top, column - 0.5 - left];
  const pixel = (/** @type {number} */ y, /** @type {number} */ x) =>
    y >= 0 && y < SIDE && x >= 0 && x < SIDE ? pixels[y * SIDE + x] : 0;
  return (
    (1 - down) * ((1 - right) * pixel(top, left) + right * pixel(top, left + 1)) +
    down * ((1 - right) * pixel(top + 1, left) + right * pixel(top + 1, left + 1))
  );
}
