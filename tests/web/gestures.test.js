import assert from "node:assert/strict";
import test from "node:test";

import { listenToPointers } from "../../src/editgan/studio/web/view/gestures.js";
import { listenToKeys } from "../../src/editgan/studio/web/view/keyboard.js";

/** As much of a canvas as gestures need. */
function fakeCanvas() {
  const canvas = new EventTarget();
  const rest = { focus() {}, setPointerCapture() {}, getBoundingClientRect: () => ({ left: 0, top: 0 }) };
  return Object.assign(canvas, rest);
}

function send(canvas, type, fields) {
  const event = Object.assign(new Event(type, { cancelable: true }), fields);
  canvas.dispatchEvent(event);
  return event.defaultPrevented;
}

function hands({ kind = "draw", isSpaceHeld = false } = {}) {
  const canvas = fakeCanvas();
  const done = [];
  const note = (name) => (...values) => void done.push(name, ...values.slice(0, name === "pan" ? 2 : 0));
  const acts = Object.fromEntries(["release", "abandon", "pan", "pinch", "zoom"].map((name) => [name, note(name)]));
  Object.assign(acts, { draw: (points) => done.push("draw", points.length), hover() {} });
  acts.press = (_, { wantsPan }) => (wantsPan ? "pan" : kind);
  const { forget } = listenToPointers(canvas, acts, () => isSpaceHeld, new AbortController().signal);
  const pointer = (type, pointerId, x, y, fields = {}) => {
    const place = { pointerId, clientX: x, clientY: y, button: 0, pointerType: "touch" };
    const event = Object.assign(new Event(type), place, fields);
    Object.defineProperty(event, "timeStamp", { value: fields.at ?? 0 });
    canvas.dispatchEvent(event);
  };
  return { done, pointer, forget };
}

test("one finger draws; a second soon after takes that back and pinches; the last one lifted does not paint", () => {
  const { done, pointer } = hands();
  pointer("pointerdown", 1, 10, 10);
  pointer("pointermove", 1, 12, 10);
  pointer("pointerdown", 2, 90, 90, { at: 100 });
  pointer("pointermove", 2, 95, 95);
  pointer("pointerup", 2, 95, 95);
  pointer("pointermove", 1, 40, 40);
  pointer("pointerup", 1, 40, 40);
  assert.deepEqual(done, ["draw", 1, "abandon", "pinch"]);
});

test("a palm that rests during a long stroke does not end it", () => {
  const { done, pointer } = hands();
  pointer("pointerdown", 1, 10, 10);
  pointer("pointerdown", 2, 90, 90, { at: 1000 });
  pointer("pointermove", 2, 95, 95);
  pointer("pointermove", 1, 20, 20);
  pointer("pointerup", 1, 20, 20);
  assert.deepEqual(done, ["draw", 1, "release"]);
});

test("every place that a fast pen went through is drawn", () => {
  const { done, pointer } = hands();
  const places = [1, 2, 3].map((x) => ({ clientX: x, clientY: x }));
  pointer("pointerdown", 1, 0, 0, { pointerType: "pen" });
  pointer("pointermove", 1, 3, 3, { pointerType: "pen", getCoalescedEvents: () => places });
  assert.deepEqual(done, ["draw", 3]);
});

test("the middle button and a held space pan by as much as the pointer moves", () => {
  for (const [button, isSpaceHeld] of [[1, false], [0, true]]) {
    const { done, pointer } = hands({ isSpaceHeld });
    pointer("pointerdown", 1, 10, 10, { pointerType: "mouse", button });
    pointer("pointermove", 1, 15, 7, { pointerType: "mouse" });
    pointer("pointerup", 1, 15, 7, { pointerType: "mouse" });
    assert.deepEqual(done, ["pan", 5, -3]);
  }
});

test("a cancelled pointer abandons, and after Escape a drag does nothing until the next press", () => {
  const { done, pointer, forget } = hands();
  pointer("pointerdown", 1, 10, 10);
  pointer("pointercancel", 1, 10, 10);
  pointer("pointerdown", 1, 10, 10);
  forget();
  pointer("pointermove", 1, 20, 20);
  pointer("pointerup", 1, 20, 20);
  pointer("pointerdown", 1, 10, 10);
  pointer("pointermove", 1, 20, 20);
  assert.deepEqual(done, ["abandon", "draw", 1]);
});

function keys(hasCrosshair) {
  const canvas = fakeCanvas();
  const done = [];
  const acts = {
    step: (dx, dy) => done.push([dx, dy]),
    press: () => done.push("press"),
    release: () => done.push("release"),
    escape: () => false,
    hasCrosshair: () => hasCrosshair,
  };
  const { isSpaceHeld } = listenToKeys(canvas, acts, new AbortController().signal);
  return { done, isSpaceHeld, key: (type, key, fields = {}) => send(canvas, type, { key, ...fields }) };
}

test("where a cross-hair shows, Space and Enter paint for as long as they are held", () => {
  for (const held of [" ", "Enter"]) {
    const { done, isSpaceHeld, key } = keys(true);
    assert.ok(key("keydown", held) && key("keydown", held, { repeat: true }));
    key("keydown", "ArrowRight");
    key("keydown", "ArrowUp", { shiftKey: true });
    key("keyup", held);
    assert.deepEqual(done, ["press", [1, 0], [0, -8], "release"]);
    assert.equal(isSpaceHeld(), false);
  }
});

test("without a cross-hair Space pans, and Enter, Escape and shortcuts are the page's", () => {
  const { done, isSpaceHeld, key } = keys(false);
  assert.deepEqual(["Enter", "Escape", "b"].map((name) => key("keydown", name)), [false, false, false]);
  assert.equal(key("keydown", "ArrowLeft", { ctrlKey: true }), false);
  key("keydown", " ");
  assert.equal(isSpaceHeld(), true);
  key("keyup", " ");
  assert.equal(isSpaceHeld(), false);
  assert.deepEqual(done, []);
});
