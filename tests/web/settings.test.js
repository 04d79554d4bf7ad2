import assert from "node:assert/strict";
import test from "node:test";

import { scaleBrush } from "../../src/editgan/studio/web/settings.js";
import { createStore } from "../../src/editgan/studio/web/state.js";

test("the brush stays as large in the picture when label maps get finer, and comes back", () => {
  const store = createStore({ labels: null, brushPx: 4, brushSide: 64 }, (run) => run());
  scaleBrush(store);
  store.update({ labels: { side: 128 } });
  assert.deepEqual([store.get().brushPx, store.get().brushSide], [8, 128]);
  store.update({ brushPx: 3 });
  store.update({ labels: { side: 128 } });
  assert.equal(store.get().brushPx, 3);
  store.update({ labels: null });
  store.update({ labels: { side: 32 } });
  assert.equal(store.get().brushPx, 1);
});
