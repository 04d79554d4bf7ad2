import assert from "node:assert/strict";
import test from "node:test";

import { floodFill } from "../../src/editgan/studio/web/labels/fill.js";
import { copyMap, createMap, equalMaps } from "../../src/editgan/studio/web/labels/labelmap.js";
import { fillPolygon, fillRectangle, rectangleBox } from "../../src/editgan/studio/web/labels/lasso.js";
import { forSeeds, randomMap } from "./random.js";

/** Spreads one step at a time over the whole map until nothing changes. */
function slowFill({ side, ids }, column, row, id) {
  const old = ids[row * side + column];
  const reached = new Set([row * side + column]);
  for (let size = 0; size !== reached.size; ) {
    size = reached.size;
    ids.forEach((here, index) => {
      const beside = [index - side, index + side];
      if (index % side > 0) beside.push(index - 1);
      if (index % side < side - 1) beside.push(index + 1);
      if (here === old && beside.some((other) => reached.has(other))) reached.add(index);
    });
  }
  for (const index of reached) ids[index] = id;
}

test("a fill equals a slow reference", () => {
  forSeeds(60, (random) => {
    const side = random.whole(1, 14);
    const noise = Uint8Array.from({ length: side * side }, () => random.whole(0, 2));
    const labels = random.whole(0, 1) ? randomMap(random, side) : { side, ids: noise };
    const slow = copyMap(labels);
    const [column, row] = [random.whole(0, side - 1), random.whole(0, side - 1)];
    floodFill(labels, { x: column + random.next(), y: row + random.next() }, 7);
    slowFill(slow, column, row, 7);
    assert.ok(equalMaps(labels, slow));
  });
});

test("paint does not leak through a diagonal line", () => {
  const labels = createMap(8);
  for (let step = 0; step < 8; step += 1) labels.ids[step * 8 + step] = 1;
  assert.equal(floodFill(labels, { x: 7, y: 0 }, 2), 28);
  assert.equal(labels.ids[7 * 8], 0);
});

test("a fill outside the map, or with what is there already, changes nothing", () => {
  const labels = createMap(5, 3);
  assert.equal(floodFill(labels, { x: -1, y: 2 }, 1), 0);
  assert.equal(floodFill(labels, { x: 2, y: 2 }, 3), 0);
  assert.ok(equalMaps(labels, createMap(5, 3)));
});

test("a lasso around nothing changes nothing", () => {
  const labels = createMap(8);
  const line = [1, 6, 3].map((x) => ({ x, y: x / 2 }));
  for (const points of [[], line.slice(0, 1), line.slice(0, 2), line]) assert.equal(fillPolygon(labels, points, 1), 0);
  const betweenCentres = [[2.6, 2.6], [3.4, 2.6], [3.4, 3.4], [2.6, 3.4]].map(([x, y]) => ({ x, y }));
  assert.equal(fillPolygon(labels, betweenCentres, 1), 0);
  assert.ok(equalMaps(labels, createMap(8)));
});

test("a lasso paints the pixels whose centre a ray says is inside", () => {
  forSeeds(60, (random) => {
    const points = Array.from({ length: random.whole(3, 9) }, () => random.place(12));
    const labels = createMap(12);
    fillPolygon(labels, points, 1);
    labels.ids.forEach((id, index) => {
      const [x, y] = [(index % 12) + 0.5, Math.floor(index / 12) + 0.5];
      let isInside = false;
      points.forEach((one, corner) => {
        const other = points[(corner + 1) % points.length];
        const crosses = one.y > y !== other.y > y;
        if (crosses && x < one.x + ((y - one.y) * (other.x - one.x)) / (other.y - one.y)) isInside = !isInside;
      });
      assert.equal(id, isInside ? 1 : 0);
    });
  });
});

test("a lasso from pixel centre to pixel centre, as the keyboard draws it, leaves no streaks", () => {
  const labels = createMap(9);
  fillPolygon(labels, [[4.5, 1.5], [7.5, 4.5], [4.5, 7.5], [1.5, 4.5]].map(([x, y]) => ({ x, y })), 1);
  labels.ids.forEach((id, index) => {
    const away = Math.abs((index % 9) - 4) + Math.abs(Math.floor(index / 9) - 4);
    if (away !== 3) assert.equal(id, away < 3 ? 1 : 0); // those on the line itself may be either
  });
});

test("two lassos that share an edge neither overlap nor leave a gap", () => {
  const labels = createMap(8);
  const [a, b, c, d] = [[0, 0], [8, 0], [8, 8], [0, 8]].map(([x, y]) => ({ x, y }));
  const upper = fillPolygon(labels, [a, b, c], 1);
  const lower = fillPolygon(labels, [a, c, d], 2);
  assert.equal(upper + lower, 64);
  assert.ok(labels.ids.every((id) => id > 0));
});

test("what a lasso winds around twice is outside", () => {
  const labels = createMap(9);
  const twice = [[1, 1], [8, 1], [8, 8], [1, 8]];
  fillPolygon(labels, [...twice, ...twice].map(([x, y]) => ({ x, y })), 1);
  assert.ok(equalMaps(labels, createMap(9)));
});

test("a rectangle paints every pixel it touches, from whichever corner it is drawn", () => {
  const corners = [{ x: 2.7, y: 5.1 }, { x: 4.2, y: 1.9 }];
  assert.deepEqual(rectangleBox(...corners), { left: 2, top: 1, width: 3, height: 5 });
  const [one, other] = [createMap(8), createMap(8)];
  assert.equal(fillRectangle(one, corners[0], corners[1], 1), 15);
  fillRectangle(other, corners[1], corners[0], 1);
  assert.ok(equalMaps(one, other));
});

test("a rectangle beyond the map paints only the map", () => {
  const labels = createMap(4);
  assert.equal(fillRectangle(labels, { x: -9, y: 2 }, { x: 20, y: 90 }, 1), 8);
});
