import assert from "node:assert/strict";
import test from "node:test";

import {
  boundsOf,
  copyMap,
  countClasses,
  createMap,
  equalMaps,
  idAt,
  mapFromIds,
  maskOf,
} from "../../src/editgan/studio/web/labels/labelmap.js";
import { outlineOf } from "../../src/editgan/studio/web/labels/outline.js";
import { forSeeds, randomMap } from "./random.js";

test("a copy shares nothing with its original", () => {
  const labels = createMap(4, 2);
  const copy = copyMap(labels);
  copy.ids[0] = 7;
  assert.equal(labels.ids[0], 2);
  assert.ok(!equalMaps(labels, copy));
  assert.ok(equalMaps(labels, createMap(4, 2)));
});

test("bytes that are not a square are refused", () => {
  assert.equal(mapFromIds(new Uint8Array(25)).side, 5);
  assert.throws(() => mapFromIds(new Uint8Array(24)), /not a square/);
});

test("a place just inside an edge is a pixel, one outside is none", () => {
  const labels = { side: 2, ids: Uint8Array.of(1, 2, 3, 4) };
  assert.deepEqual([[0, 0], [1.99, 0], [0, 1], [1.99, 1.99]].map(([x, y]) => idAt(labels, { x, y })), [1, 2, 3, 4]);
  for (const [x, y] of [[-0.01, 0], [2, 0], [0, -0.01], [0, 2]]) assert.equal(idAt(labels, { x, y }), null);
});

test("class counts add up to all pixels, and agree with masks", () => {
  forSeeds(20, (random) => {
    const labels = randomMap(random, random.whole(1, 20));
    const counts = countClasses(labels);
    assert.equal(counts.reduce((sum, count) => sum + count), labels.side ** 2);
    for (let id = 0; id < 4; id += 1) assert.equal(maskOf(labels, [id]).reduce((sum, on) => sum + on, 0), counts[id]);
  });
});

test("the bounds of some classes hold all their pixels and touch one at each side", () => {
  forSeeds(30, (random) => {
    const labels = randomMap(random, 13);
    const mask = maskOf(labels, [1, 3]);
    const bounds = boundsOf(labels, [1, 3]);
    const inside = [...mask.keys()].filter((index) => mask[index]);
    if (!inside.length) return assert.equal(bounds, null);
    const columns = inside.map((index) => index % 13);
    const rows = inside.map((index) => Math.floor(index / 13));
    assert.deepEqual([bounds.left, bounds.left + bounds.width - 1], [Math.min(...columns), Math.max(...columns)]);
    assert.deepEqual([bounds.top, bounds.top + bounds.height - 1], [Math.min(...rows), Math.max(...rows)]);
  });
});

test("an outline has as much length as there are borders between in and out", () => {
  forSeeds(30, (random) => {
    const side = random.whole(1, 12);
    const mask = Uint8Array.from({ length: side * side }, () => random.whole(0, 1));
    const at = (x, y) => (x >= 0 && y >= 0 && x < side && y < side ? mask[y * side + x] : 0);
    let borders = 0;
    for (let y = 0; y <= side; y += 1) {
      for (let x = 0; x <= side; x += 1) {
        borders += (at(x - 1, y) !== at(x, y)) + (at(x, y - 1) !== at(x, y));
      }
    }
    const lines = outlineOf(mask, side);
    let length = 0;
    for (let index = 0; index < lines.length; index += 4) {
      const [x0, y0, x1, y1] = lines.slice(index, index + 4);
      assert.ok(x0 === x1 || y0 === y1);
      length += Math.abs(x1 - x0) + Math.abs(y1 - y0);
    }
    assert.equal(length, borders);
  });
});

test("the outline of a square is four lines", () => {
  assert.equal(outlineOf(new Uint8Array(9).fill(1), 3).length, 4 * 4);
});
