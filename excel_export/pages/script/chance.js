/** Random numbers and orders, always the same for a seed: so a link leads to the state that its sender saw. */

/** @type {{ key: string, order: number[] }} */
let last = { key: "", order: [] };

/** The whole numbers from 0 to count − 1 in a random order, always the same for a seed. @param {number} count @param {number} seed */
export function shuffled(count, seed) {
  const key = `${count} ${seed}`;
  if (last.key === key) return last.order;
  const random = chance(seed + 1);
  const order = Array.from({ length: count }, (_, k) => k);
  for (let k = count - 1; k > 0; k--) {
    const other = Math.floor(random() * (k + 1));
    [order[k], order[other]] = [order[other], order[k]];
  }
  last = { key, order };
  return order;
}

/** Random numbers between 0 and 1, always the same for a seed (mulberry32). @param {number} seed */
export function chance(seed) {
  let at = seed >>> 0;
  return () => {
    at = (at + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(at ^ (at >>> 15), at | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
