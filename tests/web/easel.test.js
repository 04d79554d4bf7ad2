import assert from "node:assert/strict";
import test from "node:test";

import { createHistory } from "../../src/editgan/studio/web/labels/history.js";
import { copyMap, createMap, equalMaps, idAt } from "../../src/editgan/studio/web/labels/labelmap.js";
import { growPart } from "../../src/editgan/studio/web/labels/parts.js";
import { createStore } from "../../src/editgan/studio/web/state.js";
import { createEasel } from "../../src/editgan/studio/web/view/easel.js";
import { forSeeds, randomMap } from "./random.js";

function set(labels = createMap(16), state = {}) {
  const start = { labels, base: copyMap(labels), part: 1, brushPx: 3, canUndo: false, canRedo: false, ...state };
  const store = createStore(start, (run) => run());
  return { store, easel: createEasel(store, createHistory(), () => {}), start: copyMap(labels) };
}

const at = (x, y) => ({ x, y });

test("a stroke, however long, is one undo", () => {
  forSeeds(10, (random) => {
    const { store, easel, start } = set(randomMap(random, 16), { part: 7 });
    easel.press("brush", at(8, 8));
    for (let moves = 0; moves < 100; moves += 1) easel.drag([random.place(16), random.place(16)]);
    easel.release();
    const painted = store.get().labels;
    assert.ok(painted.ids.includes(7) && store.get().canUndo);
    easel.undo();
    assert.deepEqual(store.get().labels, start);
    assert.deepEqual([store.get().canUndo, store.get().canRedo], [false, true]);
    easel.redo();
    assert.deepEqual(store.get().labels, painted);
  });
});

test("others see a stroke while it is drawn, each time as a map that stays as it is", () => {
  const { store, easel, start } = set();
  const seen = [];
  store.subscribe(({ labels }) => seen.push({ labels, copy: copyMap(labels) }), "labels");
  easel.press("brush", at(3, 3));
  easel.drag([at(8, 3)]);
  easel.drag([at(12, 9)]);
  easel.release();
  assert.equal(seen.length, 3);
  for (const { labels, copy } of seen) assert.ok(equalMaps(labels, copy));
  assert.ok(equalMaps(start, createMap(16)));
});

test("an abandoned gesture leaves no trace, with any tool", () => {
  for (const tool of ["brush", "eraser", "fill", "lasso", "rectangle", "move"]) {
    forSeeds(5, (random) => {
      const { store, easel, start } = set(randomMap(random, 16), { base: createMap(16, 3) });
      easel.press(tool, at(4, 4));
      easel.drag([random.place(16), random.place(16)]);
      easel.abandon();
      easel.drag([at(1, 1)]);
      easel.release();
      assert.deepEqual(store.get().labels, start);
      assert.deepEqual([store.get().canUndo, easel.preview, easel.isPainting], [false, null, false]);
    });
  }
});

test("undo during a gesture takes that gesture back and nothing else", () => {
  const { store, easel } = set();
  easel.change((labels) => labels.ids.fill(2));
  easel.press("brush", at(3, 3));
  easel.drag([at(9, 9)]);
  easel.undo();
  assert.ok(equalMaps(store.get().labels, createMap(16, 2)));
  assert.equal(store.get().canUndo, true);
});

test("a gesture that changes nothing is no undo", () => {
  const { store, easel, start } = set();
  for (const tool of ["lasso", "eraser", "move", "fill"]) {
    store.update({ part: 0 });
    easel.press(tool, at(5, 5));
    easel.release();
  }
  easel.change((labels) => growPart(labels, [9], 3));
  assert.deepEqual(store.get().labels, start);
  assert.equal(store.get().canUndo, false);
});

test("a lasso and a rectangle paint when they end, and show before that what they will paint", () => {
  for (const tool of ["lasso", "rectangle"]) {
    const { store, easel, start } = set();
    easel.press(tool, at(2, 2));
    easel.drag([at(9, 2), at(9, 9)]);
    assert.equal(easel.preview.kind, tool);
    assert.deepEqual(store.get().labels, start);
    easel.release();
    assert.equal(idAt(store.get().labels, at(7, 4)), 1);
    assert.equal(easel.preview, null);
  }
});

test("moving drags the part under the pointer, wherever the drag went in between", () => {
  const labels = createMap(16);
  labels.ids[5 * 16 + 5] = 4;
  const { store, easel } = set(labels);
  easel.press("move", at(5.5, 5.5));
  easel.drag([at(14, 2), at(1, 15), at(8.4, 6.6)]);
  easel.release();
  assert.deepEqual([...store.get().labels.ids.keys()].filter((index) => store.get().labels.ids[index]), [6 * 16 + 8]);
});

test("the eyedropper takes the class under it and paints nothing", () => {
  const { store, easel, start } = set(createMap(16, 6));
  easel.press("eyedropper", at(5, 5));
  easel.release();
  assert.equal(store.get().part, 6);
  assert.deepEqual(store.get().labels, start);
  easel.press("eyedropper", at(-5, 5));
  easel.release();
  assert.equal(store.get().part, 6);
});

test("a gesture over labels that were replaced meanwhile leaves the new ones alone", () => {
  const { store, easel } = set();
  const other = createMap(8, 5);
  easel.press("brush", at(5, 5));
  store.update({ labels: other });
  easel.drag([at(6, 6)]);
  easel.release();
  assert.equal(store.get().labels, other);
  assert.equal(store.get().canUndo, false);
});

test("an eraser without a base, or with one of another size, changes nothing", () => {
  for (const base of [null, createMap(8, 3)]) {
    const { store, easel, start } = set(createMap(16, 1), { base });
    easel.press("eraser", at(5, 5));
    easel.drag([at(9, 9)]);
    easel.release();
    assert.deepEqual(store.get().labels, start);
  }
});
