import assert from "node:assert/strict";
import test from "node:test";

import { createStore } from "../../src/editgan/studio/web/state.js";

/** A store whose frames come when the test says so. */
function paced(initial) {
  const frames = [];
  const store = createStore(initial, (run) => frames.push(run));
  return { store, frames, frame: () => frames.splice(0).forEach((run) => run()) };
}

test("an update is there at once, and heard once a frame", () => {
  const { store, frame } = paced({ a: 0 });
  const heard = [];
  store.subscribe((state, before) => heard.push([before.a, state.a]));
  for (const a of [1, 2, 3]) store.update({ a });
  assert.equal(store.get().a, 3);
  assert.deepEqual(heard, []);
  frame();
  assert.deepEqual(heard, [[0, 3]]);
});

test("whoever named keys hears of those only", () => {
  const { store, frame } = paced({ a: 0, b: 0 });
  let heard = 0;
  store.subscribe(() => (heard += 1), "b");
  store.update({ a: 1 });
  frame();
  assert.equal(heard, 0);
  store.update({ b: 1 });
  frame();
  assert.equal(heard, 1);
});

test("a state is never changed in place", () => {
  const { store } = paced({ a: 0, b: 0 });
  const before = store.get();
  store.update({ a: 1 });
  assert.deepEqual([before, store.get()], [{ a: 0, b: 0 }, { a: 1, b: 0 }]);
});

test("an update by a listener is heard in the next frame", () => {
  const { store, frames, frame } = paced({ a: 0 });
  const heard = [];
  store.subscribe(({ a }) => {
    heard.push(a);
    if (a < 2) store.update({ a: a + 1 });
  });
  store.update({ a: 1 });
  frame();
  assert.deepEqual([heard, frames.length], [[1], 1]);
  frame();
  assert.deepEqual(heard, [1, 2]);
});

test("after its end a subscription hears nothing", () => {
  const { store, frame } = paced({ a: 0 });
  let heard = 0;
  const end = store.subscribe(() => (heard += 1));
  end();
  store.update({ a: 1 });
  frame();
  assert.equal(heard, 0);
});
