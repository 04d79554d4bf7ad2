import assert from "node:assert/strict";
import test from "node:test";

import { dab, dabMask, stroke } from "../../src/editgan/studio/web/labels/brush.js";
import { copyMap, createMap, equalMaps } from "../../src/editgan/studio/web/labels/labelmap.js";
import { forSeeds, randomMap } from "./random.js";

const painted = (labels, id) => [...labels.ids.keys()].filter((index) => labels.ids[index] === id);

test("a 1 px brush paints exactly the pixel it is in, wherever in it", () => {
  forSeeds(50, (random) => {
    const labels = createMap(9);
    const at = { x: random.next() * 9, y: random.next() * 9 };
    assert.equal(dab(labels, at, 1, 5), 1);
    assert.deepEqual(painted(labels, 5), [Math.floor(at.y) * 9 + Math.floor(at.x)]);
  });
});

test("a brush finer than a pixel still paints one", () => {
  const labels = createMap(4);
  dab(labels, { x: 2, y: 2 }, 0.1, 1);
  assert.deepEqual(painted(labels, 1), [2 * 4 + 2]);
});

test("a dab is round: centres within half its diameter", () => {
  const labels = createMap(21);
  dab(labels, { x: 10.5, y: 10.5 }, 9, 1);
  for (let index = 0; index < 21 * 21; index += 1) {
    const isNear = Math.hypot((index % 21) - 10, Math.floor(index / 21) - 10) <= 4.5;
    assert.equal(labels.ids[index], isNear ? 1 : 0);
  }
});

test("a stroke paints what a great many dabs between its ends paint", () => {
  forSeeds(40, (random) => {
    const [from, to, px] = [random.place(16), random.place(16), 2 + random.next() * 5];
    const [once, often, wider] = [createMap(16), createMap(16), createMap(16)];
    stroke(once, from, to, px, 1);
    for (let step = 0; step <= 2000; step += 1) {
      const share = step / 2000;
      const at = { x: from.x + share * (to.x - from.x), y: from.y + share * (to.y - from.y) };
      dab(often, at, px, 1);
      dab(wider, at, px + 0.01, 1); // even so many dabs are not quite a line
    }
    assert.ok(once.ids.every((id, index) => often.ids[index] <= id && id <= wider.ids[index]));
  });
});

test("even a 1 px stroke has no gaps and goes from end to end", () => {
  forSeeds(200, (random) => {
    const [from, to] = [0, 1].map(() => ({ x: random.next() * 24, y: random.next() * 24 }));
    const labels = createMap(24);
    stroke(labels, from, to, 1, 1);
    const left = new Set(painted(labels, 1));
    const waiting = [Math.floor(from.y) * 24 + Math.floor(from.x)];
    assert.ok(left.has(Math.floor(to.y) * 24 + Math.floor(to.x)));
    for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
      if (!left.delete(index)) continue;
      for (const row of [-24, 0, 24]) waiting.push(index + row - 1, index + row, index + row + 1);
    }
    assert.equal(left.size, 0);
  });
});

test("a stroke off the map changes nothing, and does not come in at the other side", () => {
  const labels = createMap(8);
  assert.equal(stroke(labels, { x: -3, y: 4 }, { x: -3, y: 40 }, 4, 1), 0);
  assert.equal(stroke(labels, { x: 8.5, y: 2 }, { x: 8.5, y: 6 }, 1, 1), 0);
  assert.ok(equalMaps(labels, createMap(8)));
});

test("the eraser brings back what was there, and only under it", () => {
  forSeeds(20, (random) => {
    const base = randomMap(random, 16);
    const labels = createMap(16, 9);
    const [from, to] = [random.place(16), random.place(16)];
    const trace = createMap(16);
    stroke(trace, from, to, 4, 1);
    stroke(labels, from, to, 4, base);
    labels.ids.forEach((id, index) => assert.equal(id, trace.ids[index] ? base.ids[index] : 9));
  });
});

test("a stroke counts the pixels that it changed", () => {
  forSeeds(20, (random) => {
    const labels = randomMap(random, 16);
    const before = copyMap(labels);
    const changed = stroke(labels, random.place(16), random.place(16), 5, 2);
    assert.equal(changed, before.ids.filter((id, index) => id !== labels.ids[index]).length);
  });
});

test("the cursor shows exactly what a dab paints", () => {
  forSeeds(20, (random) => {
    const [at, px] = [random.place(16), 1 + random.next() * 8];
    const labels = createMap(16);
    dab(labels, at, px, 1);
    assert.deepEqual(dabMask(16, at, px), labels.ids);
  });
});
