/** The line that a pen draws on a picture: of soft edges where the picture is large, as in MNIST. */

/** Columns of a picture from which on a line is soft, and two and a half pixels wide. */
export const SOFT_FROM = 16;
const FULL = 0.6;
const NONE = 1.5;

/** A place on a picture, in rows and columns. @typedef {{ row: number, column: number }} Spot */

/**
 * The pixels that a line touches, each with how dark it becomes, from 0 to 1.
 * @param {number} height @param {number} width @param {Spot} from @param {Spot} to
 * @returns {[number, number][]} the number of a pixel in reading order, and its share
 */
export function lineOf(height, width, from, to) {
  const far = width >= SOFT_FROM ? NONE : Math.SQRT1_2;
  /** @type {[number, number][]} */
  const found = [];
  const [top, bottom] = [from.row, to.row].sort((one, other) => one - other);
  const [left, right] = [from.column, to.column].sort((one, other) => one - other);
  for (let row = Math.max(0, Math.floor(top - far)); row <= Math.min(height - 1, Math.ceil(bottom + far)); row++) {
    for (
      let column = Math.max(0, Math.floor(left - far));
      column <= Math.min(width - 1, Math.ceil(right + far));
      column++
    ) {
      const share = shareOf({ row: row + 0.5, column: column + 0.5 }, from, to, width);
      if (share > 0) found.push([row * width + column, share]);
    }
  }
  return found;
}

/** @param {Spot} at @param {Spot} from @param {Spot} to @param {number} width */
function shareOf(at, from, to, width) {
  const near = nearest(at, from, to);
  const [down, right] = [at.row - near.row, at.column - near.column];
  if (width < SOFT_FROM) return down > -0.5 && down <= 0.5 && right > -0.5 && right <= 0.5 ? 1 : 0;
  return Math.min(1, Math.max(0, (NONE - Math.hypot(down, right)) / (NONE - FULL)));
}

/** The place on a line that is nearest to another. @param {Spot} at @param {Spot} from @param {Spot} to */
function nearest(at, from, to) {
  const [down, right] = [to.row - from.row, to.column - from.column];
  const length = down * down + right * right;
  const along = length ? ((at.row - from.row) * down + (at.column - from.column) * right) / length : 0;
  const share = Math.min(1, Math.max(0, along));
  return { row: from.row + share * down, column: from.column + share * right };
}
