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

test("a picture is packed as bytes only where each number is a whole share of 255, and comes back in any case", async () => {
  const trail = (...numbers) => [{ edits: new Map([[0, new Map(numbers.map((number, k) => [k, number]))]]) }];
  const bytes = (...numbers) => bytesOfTrail(trail(...numbers), most).length;
  assert.equal(bytes(0, 255), bytes(1, 254));
  assert.equal(bytes(0, 256) - bytes(0, 255), 6);
  assert.equal(bytes(-1, 255) - bytes(0, 255), 6);
  assert.equal(bytes(0.5, 255) - bytes(0, 255), 6);
  assert.equal(bytes(0.1, 255) - bytes(0, 255), 14);
  for (const numbers of [[0.5, 3], [256], [-1, 0], [300, 0.1]])
    assert.deepEqual(await there(trail(...numbers)), trail(...numbers));
});

test("large numbers, places and counts come back", async () => {
  const trail = [
    { steps: 127, rule: 128, batch: 16384 },
    {
      edits: new Map([
        [
          129,
          new Map([
            [70000, 1],
            [70001, 2],
            [2 ** 31, 3],
          ]),
        ],
      ]),
    },
    { steps: 2 ** 40, rule: 0, batch: 0 },
  ];
  assert.deepEqual(await there(trail), trail);
});

test("of several new beginnings in a row the last counts", () => {
  const trail = [{ keep: true }, { forget: 1 }, { forget: 2 }, { steps: 1, rule: 0, batch: 0 }, { forget: 3 }];
  assert.deepEqual(trailOfBytes(bytesOfTrail(trail, most), most), [trail[0], ...trail.slice(2)]);
});

test("another version is not read, nor what a deed lacks", () => {
  const bytes = bytesOfTrail([{ keep: true }, { steps: 1, rule: 0, batch: 0 }], most);
  assert.deepEqual(trailOfBytes(Uint8Array.from([2, ...bytes.slice(1)]), most), []);
  assert.deepEqual(trailOfBytes(bytes.slice(0, -1), most), [{ keep: true }]);
  assert.deepEqual(trailOfBytes(Uint8Array.from([...bytes, 9, 4]), most).length, 2);
  const edits = bytesOfTrail([{ edits: new Map([[0, new Map([[0, 255]])]]) }], most);
  assert.equal(trailOfBytes(edits, most).length, 1);
  assert.equal(trailOfBytes(edits.slice(0, -1), most).length, 0);
});
