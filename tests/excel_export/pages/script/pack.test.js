import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOfLetters, bytesOfTrail, lettersOf, trailOfBytes } from "../../../../excel_export/pages/script/pack.js";

/** A picture of shares of 255 in slot 0; other numbers elsewhere. @param {number} slot */
const most = (slot) => (slot === 0 ? 255 : 0);

/** @param {Deed[]} trail */
async function there(trail) {
  return trailOfBytes(await bytesOfLetters(await lettersOf(bytesOfTrail(trail, most))), most);
}

test("what is done comes back as it was, to the last bit", async () => {
  const trail = [
    {
      edits: new Map([
        [
          0,
          new Map([
            [0, 0],
            [5, 128],
            [783, 255],
          ]),
        ],
        [
          3,
          new Map([
            [7, 0.1],
            [2, -1e-300],
          ]),
        ],
        [4, new Map([[0, 0.5]])],
      ]),
    },
    { steps: 300, rule: 4, batch: 10 },
    { forget: 77 },
    { keep: true },
    { edits: new Map([[1, new Map([[0, Math.PI]])]]) },
  ];
  const sorted = structuredClone(trail);
  sorted[0].edits.set(
    3,
    new Map([
      [2, -1e-300],
      [7, 0.1],
    ]),
  );
  assert.deepEqual(await there(trail), sorted);
});

test("a painted digit and ten weights are a short link", async () => {
  const picture = new Map(Array.from({ length: 784 }, (_, k) => [k, k % 28 > 8 && k % 28 < 12 ? (k * 37) % 256 : 0]));
  const weights = new Map(Array.from({ length: 10 }, (_, k) => [k * 9, Math.sin(k + 1)]));
  const letters = await lettersOf(
    bytesOfTrail(
      [
        {
          edits: new Map([
            [0, picture],
            [9, weights],
          ]),
        },
      ],
      most,
    ),
  );
  assert.ok(letters.length < 1000, String(letters.length));
});

test("whatever stands in a link, it is read as far as it means something", async () => {
  const bytes = bytesOfTrail(
    [
      { steps: 5, rule: 1, batch: 0 },
      {
        edits: new Map([
          [
            3,
            new Map([
              [1, 0.1],
              [2, 0.2],
            ]),
          ],
        ]),
      },
    ],
    most,
  );
  for (let cut = 0; cut < bytes.length; cut++) assert.ok(trailOfBytes(bytes.slice(0, cut), most).length <= 1);
  for (const wrong of ["", "!", "AAAA", "é"]) assert.equal((await bytesOfLetters(wrong)).length, 0);
  let seed = 1;
  for (let k = 0; k < 2000; k++) {
    const noise = Uint8Array.from({ length: 40 }, () => {
      seed = (seed * 48271) % 2147483647;
      return seed & 255;
    });
    noise[0] = 1;
    trailOfBytes(noise, most);
  }
});

test("a number that is none is left out", () => {
  const bytes = bytesOfTrail(
    [
      {
        edits: new Map([
          [
            3,
            new Map([
              [1, Number.NaN],
              [2, 0.25],
            ]),
          ],
        ]),
      },
    ],
    most,
  );
  assert.deepEqual(trailOfBytes(bytes, most), [{ edits: new Map([[3, new Map([[2, 0.25]])]]) }]);
});
