/** A reader's changes as a few letters: bytes, compressed, in the alphabet of links. */

const EDITS = 1;
const STEPS = 2;
const FORGET = 3;
const KEEP = 4;
const VERSION = 1;
/** Kinds of numbers: shares of a picture's largest, of 255; of single precision; of double. */
const BYTE = 0;
const SINGLE = 1;
const DOUBLE = 2;
/** Bytes at most: more than any page has. The rest of a longer link is not read. */
const MOST_BYTES = 1 << 22;

/** @param {Deed[]} trail @param {(slot: number) => number} most the largest number of an array of edits */
export function bytesOfTrail(trail, most) {
  const out = [VERSION];
  const whole = (/** @type {number} */ number) => {
    for (; number > 127; number = Math.floor(number / 128)) out.push((number % 128) + 128);
    out.push(number);
  };
  for (const deed of trail) {
    if ("edits" in deed) {
      for (const [slot, values] of deed.edits) {
        const sorted = [...values].sort(([one], [other]) => one - other);
        const numbers = sorted.map(([, value]) => value);
        const kind = kindOf(numbers, most(slot));
        whole(EDITS);
        whole(slot);
        whole(kind);
        whole(sorted.length);
        let last = -1;
        for (const [place] of sorted) {
          whole(place - last - 1);
          last = place;
        }
        out.push(...asBytes(numbers, kind, most(slot)));
      }
    } else if ("steps" in deed) [STEPS, deed.steps, deed.rule, deed.batch].forEach(whole);
    else if ("forget" in deed) [FORGET, deed.forget].forEach(whole);
    else whole(KEEP);
  }
  return Uint8Array.from(out);
}

/** @param {number} share @param {number} most */
const ofBytes = (share, most) => (share * most) / 255;

/** @param {number[]} numbers @param {number} most */
function kindOf(numbers, most) {
  const isByte = (/** @type {number} */ number) => {
    const share = Math.round((number * 255) / most);
    return share >= 0 && share <= 255 && ofBytes(share, most) === number;
  };
  if (most > 0 && numbers.every(isByte)) return BYTE;
  return numbers.every((number) => Math.fround(number) === number) ? SINGLE : DOUBLE;
}

/** @param {number[]} numbers @param {number} kind @param {number} most */
function asBytes(numbers, kind, most) {
  if (kind === BYTE) return numbers.map((number) => Math.round((number * 255) / most));
  return new Uint8Array((kind === SINGLE ? Float32Array : Float64Array).from(numbers).buffer);
}

/**
 * The changes in some bytes; after a byte that means nothing, the rest is left out.
 * @param {Uint8Array} bytes @param {(slot: number) => number} most @returns {Deed[]}
 */
export function trailOfBytes(bytes, most) {
  /** @type {Deed[]} */
  const trail = [];
  let at = 1;
  const whole = () => {
    let number = 0;
    for (let by = 1; ; by *= 128) {
      if (at >= bytes.length || by > 2 ** 42) throw new RangeError("cut off");
      const byte = bytes[at++];
      number += (byte % 128) * by;
      if (byte < 128) return number;
    }
  };
  try {
    while (bytes[0] === VERSION && at < bytes.length) {
      const what = whole();
      if (what === STEPS) trail.push({ steps: whole(), rule: whole(), batch: whole() });
      else if (what === FORGET) {
        // Only the last of several in a row counts.
        if (trail.length && "forget" in trail[trail.length - 1]) trail.pop();
        trail.push({ forget: whole() });
      } else if (what === KEEP) trail.push({ keep: true });
      else if (what === EDITS) {
        const [slot, kind, count] = [whole(), whole(), whole()];
        const places = [];
        for (let k = 0, last = -1; k < count; k++) {
          last += whole() + 1;
          places.push(last);
        }
        const width = [1, 4, 8][kind];
        if (!width || at + count * width > bytes.length) break;
        const own = bytes.slice(at, at + count * width);
        at += count * width;
        const values = kind === BYTE ? own : new (kind === SINGLE ? Float32Array : Float64Array)(own.buffer);
        const found = places.map(
          (place, k) =>
            /** @type {[number, number]} */ ([place, kind === BYTE ? ofBytes(values[k], most(slot)) : values[k]]),
        );
        const edits = new Map(found.filter(([, value]) => Number.isFinite(value)));
        const before = trail[trail.length - 1];
        if (before && "edits" in before && !before.edits.has(slot)) before.edits.set(slot, edits);
        else trail.push({ edits: new Map([[slot, edits]]) });
      } else break;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return trail;
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
export async function lettersOf(bytes) {
  const packed = await through(bytes, new CompressionStream("deflate-raw"));
  const letters = Array.from(packed, (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The bytes of such letters; none where they are no such letters. @param {string} letters */
export async function bytesOfLetters(letters) {
  try {
    const packed = atob(letters.replaceAll("-", "+").replaceAll("_", "/"));
    return await through(
      Uint8Array.from(packed, (letter) => letter.charCodeAt(0)),
      new DecompressionStream("deflate-raw"),
    );
  } catch {
    return new Uint8Array();
  }
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {CompressionStream | DecompressionStream} stream */
async function through(bytes, stream) {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const chunks = [];
  for (let count = 0; count < MOST_BYTES; ) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    count += value.length;
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
