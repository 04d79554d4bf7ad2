import assert from "node:assert/strict";
import test from "node:test";

import { copyMap, createMap, equalMaps, maskOf } from "../../src/editgan/studio/web/labels/labelmap.js";
import { growPart, movePart, shrinkPart } from "../../src/editgan/studio/web/labels/parts.js";
import { forSeeds, randomMap } from "./random.js";

const SIDE = 11;
const row = (index) => Math.floor(index / SIDE);
const steps = (one, other) => Math.abs((one % SIDE) - (other % SIDE)) + Math.abs(row(one) - row(other));
const squared = (one, other) => ((one % SIDE) - (other % SIDE)) ** 2 + (row(one) - row(other)) ** 2;
const where = (mask) => [...mask.keys()].filter((index) => mask[index]);

/** Class 2, a disc, in the middle of class 1. */
function disc() {
  const labels = createMap(21, 1);
  labels.ids.forEach((_, index) => {
    if (((index % 21) - 10) ** 2 + (Math.floor(index / 21) - 10) ** 2 <= 16) labels.ids[index] = 2;
  });
  return labels;
}

/** What the nearest sources would give: the leftmost, then the upper of equally near ones, as SciPy does. */
function nearestId(before, sources, index) {
  const order = sources.toSorted(
    (one, other) => squared(one, index) - squared(other, index) || (one % SIDE) - (other % SIDE) || one - other,
  );
  return order.length ? before.ids[order[0]] : before.ids[index];
}

test("growing takes exactly what is within px steps, in the nearest part pixel's class", () => {
  forSeeds(40, (random) => {
    const labels = randomMap(random, SIDE);
    const [before, part, px] = [copyMap(labels), [1, 3], random.whole(0, 4)];
    const was = where(maskOf(before, part));
    growPart(labels, part, px);
    labels.ids.forEach((id, index) => {
      const isNear = was.some((other) => steps(index, other) <= px);
      assert.equal(id, isNear ? nearestId(before, was, index) : before.ids[index]);
    });
  });
});

test("shrinking gives away exactly what is within px steps of another class, to the nearest", () => {
  forSeeds(40, (random) => {
    const labels = randomMap(random, SIDE);
    const [before, part, px] = [copyMap(labels), [2], random.whole(0, 4)];
    const others = where(maskOf(before, part).map((isIn) => 1 - isIn));
    shrinkPart(labels, part, px);
    labels.ids.forEach((id, index) => {
      const isNear = before.ids[index] === 2 && others.some((other) => steps(index, other) <= px);
      assert.equal(id, isNear ? nearestId(before, others, index) : before.ids[index]);
    });
  });
});

test("moving shifts the part exactly and fills what it leaves with the nearest other class", () => {
  forSeeds(40, (random) => {
    const labels = randomMap(random, SIDE);
    const [before, dx, dy] = [copyMap(labels), random.whole(-12, 12), random.whole(-12, 12)];
    const mask = maskOf(before, [1]);
    const others = where(mask.map((isIn) => 1 - isIn));
    movePart(labels, [1], dx, dy);
    labels.ids.forEach((id, index) => {
      const [x, y] = [(index % SIDE) - dx, row(index) - dy];
      const hasLanded = x >= 0 && y >= 0 && x < SIDE && y < SIDE && mask[y * SIDE + x];
      assert.equal(id, hasLanded ? 1 : mask[index] ? nearestId(before, others, index) : before.ids[index]);
    });
  });
});

test("a disc grows and shrinks by its pixels, as on the command line", () => {
  const middle = (labels) => labels.ids.slice(10 * 21, 11 * 21).filter((id) => id === 2).length;
  const [grown, shrunk, gone] = [disc(), disc(), disc()];
  growPart(grown, [2], 2);
  shrinkPart(shrunk, [2], 2);
  shrinkPart(gone, [2], 9);
  assert.deepEqual([middle(grown), middle(shrunk)], [13, 5]);
  assert.ok(equalMaps(gone, createMap(21, 1)));
});

test("a part does not shrink from the picture's edge", () => {
  const labels = createMap(6, 1);
  for (let index = 0; index < 36; index += 1) if (index % 6 > 3) labels.ids[index] = 2;
  assert.equal(shrinkPart(labels, [2], 1), 6);
  assert.ok([0, 1, 2, 3, 4, 5].every((line) => labels.ids[line * 6 + 5] === 2 && labels.ids[line * 6 + 4] === 1));
});

test("zero pixels change nothing, nor does a part that is not there or is everything", () => {
  for (const [labels, part, px] of [[disc(), 2, 0], [disc(), 5, 3], [createMap(21, 2), 2, 3]]) {
    const before = copyMap(labels);
    assert.equal(growPart(labels, [part], px) + shrinkPart(labels, [part], px) + movePart(labels, [part], px, px), 0);
    assert.ok(equalMaps(labels, before));
  }
});

test("each counts the pixels that it changed", () => {
  forSeeds(20, (random) => {
    for (const change of [growPart, shrinkPart, (map, part, px) => movePart(map, part, px, -1)]) {
      const labels = randomMap(random, SIDE);
      const before = copyMap(labels);
      const changed = change(labels, [1], 2);
      assert.equal(changed, before.ids.filter((id, index) => id !== labels.ids[index]).length);
    }
  });
});
