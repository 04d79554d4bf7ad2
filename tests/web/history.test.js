import assert from "node:assert/strict";
import test from "node:test";

import { stroke } from "../../src/editgan/studio/web/labels/brush.js";
import { floodFill } from "../../src/editgan/studio/web/labels/fill.js";
import { createHistory } from "../../src/editgan/studio/web/labels/history.js";
import { copyMap, createMap, equalMaps } from "../../src/editgan/studio/web/labels/labelmap.js";
import { growPart } from "../../src/editgan/studio/web/labels/parts.js";
import { forSeeds, randomMap } from "./random.js";

const undo = (history, labels) => history.undo({ labels, keep: null }).labels;
const redo = (history, labels) => history.redo({ labels, keep: null }).labels;

/** One gesture: paints on a copy and gives it. */
function gesture(history, labels, paint) {
  const after = copyMap(labels);
  history.begin(labels);
  paint(after);
  history.end(after);
  return after;
}

function paintAnything(random) {
  const [id, side] = [random.whole(0, 5), 20];
  return [
    (labels) => floodFill(labels, random.place(side), id),
    (labels) => growPart(labels, [id], random.whole(1, 3)),
    (labels) => {
      for (let moves = 0; moves < 5; moves += 1) stroke(labels, random.place(side), random.place(side), 3, id);
    },
  ][random.whole(0, 2)];
}

test("growing then undoing gives the same bytes", () => {
  const history = createHistory();
  forSeeds(10, (random) => {
    const labels = randomMap(random, 20);
    const grown = gesture(history, labels, (map) => growPart(map, [1], 2));
    if (!equalMaps(grown, labels)) assert.deepEqual(undo(history, grown), labels);
  });
});

test("random gestures undone one by one, and redone, give every map in between again", () => {
  forSeeds(30, (random) => {
    const history = createHistory();
    let labels = randomMap(random, 20);
    const maps = [labels];
    for (let count = 0; count < 12; count += 1) {
      labels = gesture(history, labels, paintAnything(random));
      if (!equalMaps(labels, maps.at(-1))) maps.push(labels);
    }
    for (const map of maps.toReversed().slice(1)) assert.deepEqual((labels = undo(history, labels)), map);
    assert.equal(history.canUndo, false);
    for (const map of maps.slice(1)) assert.deepEqual((labels = redo(history, labels)), map);
    assert.equal(history.canRedo, false);
  });
});

test("a gesture that changes nothing is no undo, and keeps what can be redone", () => {
  const history = createHistory();
  const labels = gesture(history, createMap(6), (map) => map.ids.fill(1));
  const undone = undo(history, labels);
  gesture(history, undone, () => {});
  assert.deepEqual([history.canUndo, history.canRedo], [false, true]);
});

test("painting after an undo forgets what was undone", () => {
  const history = createHistory();
  const labels = undo(history, gesture(history, createMap(6), (map) => map.ids.fill(1)));
  gesture(history, labels, (map) => map.ids.fill(2));
  assert.equal(history.canRedo, false);
});

test("undo with nothing to undo gives the same map, and an undo never writes into the one it is given", () => {
  const history = createHistory();
  const labels = createMap(6);
  assert.equal(undo(history, labels), labels);
  assert.equal(redo(history, labels), labels);
  const painted = gesture(history, labels, (map) => map.ids.fill(1));
  assert.notEqual(undo(history, painted), painted);
  assert.ok(equalMaps(painted, createMap(6, 1)));
});

test("only so many gestures are remembered, and the oldest go first", () => {
  const history = createHistory(3);
  let labels = createMap(4);
  for (let id = 1; id <= 5; id += 1) labels = gesture(history, labels, (map) => map.ids.fill(id));
  for (let undos = 0; undos < 10; undos += 1) labels = undo(history, labels);
  assert.ok(equalMaps(labels, createMap(4, 2)));
});

test("painting into the very map that a gesture began with is seen too", () => {
  const history = createHistory();
  const labels = createMap(4);
  history.begin(labels);
  labels.ids[5] = 1;
  history.end(labels);
  assert.ok(equalMaps(undo(history, labels), createMap(4)));
});

test("clearing forgets everything, a gesture in flight too", () => {
  const history = createHistory();
  const labels = gesture(history, createMap(4), (map) => map.ids.fill(1));
  history.begin(labels);
  history.clear();
  history.end(createMap(4));
  assert.deepEqual([history.canUndo, history.canRedo], [false, false]);
});
