// What must not change: painted like a part, on a layer of its own.
import assert from "node:assert/strict";
import test from "node:test";

Object.assign(globalThis, { window: globalThis, innerWidth: 1400 });
globalThis.navigator ??= { language: "en" }; // of Node 20

const { createHistory } = await import("../../src/editgan/studio/web/labels/history.js");
const { KEEP, createKeep, isMarked, layerOf, markArea } = await import(
  "../../src/editgan/studio/web/labels/keep.js"
);
const { copyMap, createMap, idAt } = await import("../../src/editgan/studio/web/labels/labelmap.js");
const { createStore } = await import("../../src/editgan/studio/web/state.js");
const { createEasel } = await import("../../src/editgan/studio/web/view/easel.js");
const { createKeeping } = await import("../../src/editgan/studio/web/actions/keep.js");
const { forSeeds, randomMap } = await import("./random.js");

const at = (x, y) => ({ x, y });

function set(state = {}) {
  const labels = createMap(16);
  const keep = createMap(32);
  const start = { labels, base: copyMap(labels), keep, part: KEEP, brushPx: 2, canUndo: false, canRedo: false };
  const store = createStore({ ...start, ...state }, (run) => run());
  const history = createHistory();
  return { store, history, easel: createEasel(store, history, () => {}) };
}

test("the layer is finer than the parts, or as fine", () => {
  assert.deepEqual([16, 64, 100, 128, 512].map((side) => createKeep(side).side), [128, 128, 200, 128, 512]);
  assert.deepEqual([null, createKeep(64), createMap(4, 1)].map(isMarked), [false, false, true]);
});

test("tools that mark work on it while it is chosen; picking and moving are about parts", () => {
  const tools = ["brush", "eraser", "fill", "lasso", "rectangle", "eyedropper", "move", "pan"];
  const layers = ["keep", "keep", "keep", "keep", "keep", "labels", "labels", "labels"];
  assert.deepEqual(tools.map((tool) => layerOf(KEEP, tool)), layers);
  for (const tool of tools) assert.equal(layerOf(3, tool), "labels");
});

test("every tool marks where it is on the parts, leaves them alone, and is one undo", () => {
  for (const tool of ["brush", "lasso", "rectangle", "fill"]) {
    const { store, easel } = set();
    const { labels, keep } = store.get();
    easel.press(tool, at(4, 4));
    easel.drag([at(10, 4), at(10, 10)]);
    easel.release();
    assert.equal(store.get().labels, labels);
    assert.equal(idAt(store.get().keep, at(19, 9)), 1, tool); // the same place, at twice the side
    assert.equal(store.get().canUndo, true);
    easel.undo();
    assert.deepEqual(store.get().keep, keep);
    easel.redo();
    assert.ok(isMarked(store.get().keep));
  }
});

test("a brush is as wide as over the parts, and the eraser takes away what it passes", () => {
  const { store, easel } = set();
  easel.press("brush", at(8, 8));
  easel.release();
  assert.equal(store.get().keep.ids.reduce((sum, id) => sum + id, 0), 12); // a disc of 4 px
  easel.press("eraser", at(8, 8));
  easel.release();
  assert.ok(!isMarked(store.get().keep));
});

test("the bucket marks the area under it, and nothing beyond", () => {
  forSeeds(10, (random) => {
    const labels = randomMap(random, 8);
    const keep = createMap(16);
    const place = at(random.whole(0, 15) + 0.5, random.whole(0, 15) + 0.5);
    const before = copyMap(labels);
    assert.ok(markArea(keep, labels, place) >= 4);
    assert.deepEqual(labels, before);
    const id = idAt(labels, at(place.x / 2, place.y / 2));
    keep.ids.forEach((is, index) => {
      const there = at(((index % 16) + 0.5) / 2, (Math.floor(index / 16) + 0.5) / 2);
      if (is) assert.equal(idAt(labels, there), id);
    });
    assert.equal(markArea(keep, labels, place), 0);
  });
});

test("parts and marks are undone in the order in which they were painted", () => {
  const { store, easel } = set();
  easel.press("brush", at(4, 4));
  easel.release();
  store.update({ part: 3 });
  easel.press("brush", at(4, 4));
  easel.release();
  easel.undo();
  assert.ok(!store.get().labels.ids.includes(3) && isMarked(store.get().keep));
  easel.undo();
  assert.ok(!isMarked(store.get().keep) && !store.get().canUndo);
});

test("forgetting one layer's gestures keeps the other's, and a gesture in flight on that", () => {
  const { store, history, easel } = set();
  easel.change((map) => map.ids.fill(1), "labels");
  easel.change((map) => map.ids.fill(1), "keep");
  easel.press("eraser", at(4, 4));
  history.clear("labels");
  easel.abandon("labels");
  assert.ok(easel.isPainting);
  easel.release();
  easel.undo();
  easel.undo();
  assert.deepEqual([isMarked(store.get().keep), store.get().canUndo], [false, false]);
  assert.ok(store.get().labels.ids.includes(1));
});

test("where nothing can be marked, nothing is", () => {
  const { store, easel } = set({ keep: null });
  easel.press("brush", at(4, 4));
  easel.release();
  assert.deepEqual([store.get().keep, store.get().canUndo, easel.isPainting], [null, false, false]);
});

test("marks are sent once, before what waits for them, and once more if that failed", async () => {
  const sent = [];
  let isDown = true;
  globalThis.fetch = async (path, { body }) => {
    sent.push([path, body.length]);
    return isDown ? Response.json({ error: "no", code: "limit" }, { status: 409 }) : Response.json({ keep: "abc" });
  };
  const store = createStore({ document: { id: "d", keep: null }, keep: null }, (run) => run());
  const keeping = createKeeping(store);
  store.update({ keep: await keeping.load(store.get().document, 64) });
  await keeping.flush();
  assert.deepEqual(sent, []);
  store.update({ keep: createMap(128, 1) });
  await assert.rejects(keeping.flush());
  isDown = false;
  await keeping.flush();
  await keeping.flush();
  assert.deepEqual(sent, Array(2).fill(["/api/documents/d/keep", 128 * 128]));
  assert.equal(store.get().document.keep, "abc");
});
