// The painting canvas: draws the store's state, and turns gestures into store updates.

import { KEEP, layerOf, scaleOf } from "../labels/keep.js";
import { growPart, movePart, shrinkPart } from "../labels/parts.js";
import { createCamera } from "./camera.js";
import { createEasel } from "./easel.js";
import { listenToPointers } from "./gestures.js";
import { canPaint, keyActs, pointerActs } from "./hands.js";
import { listenToKeys } from "./keyboard.js";
import { createScene } from "./scene.js";
import { createScreen, isRightToLeft } from "./screen.js";

/** @import { History, LabelMap, Layer, Stage, StageState } from "../types" */
/** @import { Store } from "../state.js" */
/** @import { Cursor } from "./scene.js" */

/** @type {(keyof StageState)[]} */
const DRAWN = [
  "labels", "keep", "showsKeep", "parts", "part", "tool", "hovered", "brushPx", "opacity", "layout", "zoom", "panX", "panY",
  "before", "picture", "overlay", "compare", "comparePosition", "isBusy",
];

/**
 * @param {HTMLElement} element has a size of its own; the canvas fills it
 * @param {Store<StageState>} store
 * @param {History} history
 * @param {{ label?: string }} [options] what a screen reader calls the canvas; by default the element's `aria-label`
 * @returns {Stage}
 */
export function createStage(element, store, history, options = {}) {
  const ending = new AbortController();
  const { signal } = ending;
  /** @type {Cursor | null} */
  let cursor = null;
  let waiting = 0;
  let usesKeys = true; // a focus ring under a mouse is noise; `:focus-visible` is true after `focus()`, so no help

  function draw() {
    cancelAnimationFrame(waiting);
    waiting = 0;
    if (signal.aborted) return;
    const { preview, isPainting } = easel;
    const hasFocusRing = document.activeElement === canvas && usesKeys;
    scene(store.get(), camera.shots(), { cursor, preview, isPainting, hasFocusRing });
  }

  const redraw = () => {
    waiting ||= requestAnimationFrame(draw);
  };
  /** @param {Cursor | null} next */
  const setCursor = (next, style = canvas.style.cursor) => {
    cursor = next;
    usesKeys ||= next?.isKeyboard === true;
    canvas.style.cursor = style;
    redraw();
  };

  const label = options.label ?? element.getAttribute("aria-label") ?? "";
  const screen = createScreen(element, label, draw, signal);
  const { canvas } = screen;
  const camera = createCamera(store, screen.size, isRightToLeft);
  const easel = createEasel(store, history, redraw);
  const scene = createScene(screen);

  canvas.addEventListener("pointerdown", () => (usesKeys = false), { signal });
  const keys = listenToKeys(canvas, { ...keyActs(store, camera, easel, () => cursor, setCursor), escape }, signal);
  const pointers = listenToPointers(canvas, pointerActs(store, camera, easel, setCursor), keys.isSpaceHeld, signal);
  canvas.addEventListener("focus", redraw, { signal });
  canvas.addEventListener("blur", onBlur, { signal });

  function onBlur() {
    usesKeys = true;
    if (cursor?.isKeyboard) hideCrosshair();
    redraw();
  }

  function hideCrosshair() {
    setCursor(null);
    store.update({ hovered: null });
  }

  function escape() {
    const hadSomething = easel.isPainting || cursor?.isKeyboard === true;
    if (easel.isPainting) pointers.forget();
    else if (cursor?.isKeyboard) hideCrosshair();
    easel.abandon();
    return hadSomething;
  }

  signal.addEventListener(
    "abort",
    store.subscribe((state) => {
      if (easel.isPainting && !canPaint(state)) {
        pointers.forget();
        easel.release(); // an edit began: what was painted until then stays
      }
      draw();
    }, ...DRAWN),
  );

  /** @param {(map: LabelMap, state: StageState) => void} paint @param {Layer} [layer] */
  function change(paint, layer) {
    const state = store.get();
    if (!state.isBusy) easel.change((map) => paint(map, state), layer);
  }

  /** @param {(map: LabelMap, part: number, scale: number) => void} paint */
  function changePart(paint) {
    const { part } = store.get();
    const id = part === KEEP ? 1 : part;
    change((map, { labels }) => paint(map, id, scaleOf(map, labels)), layerOf(part));
  }

  return {
    undo: () => store.get().isBusy || easel.undo(),
    redo: () => store.get().isBusy || easel.redo(),
    resizePart: (px) =>
      changePart((map, id, scale) => (px < 0 ? shrinkPart(map, [id], -px * scale) : growPart(map, [id], px * scale))),
    movePart: (dx, dy) => changePart((map, id, scale) => movePart(map, [id], dx * scale, dy * scale)),
    reset: () =>
      change((labels, { base }) => {
        if (base?.side === labels.side) labels.ids.set(base.ids);
      }),
    clearKeep: () => change((map) => map.ids.fill(0), "keep"),
    fit: camera.fit,
    zoomBy: (factor) => camera.zoom(camera.middle(), factor),
    load(labels, base, keep = null) {
      const other = keep && keep === store.get().keep ? "labels" : undefined; // what is painted there goes on
      easel.abandon(other);
      history.clear(other);
      store.update({ labels, base, keep, hovered: null });
      easel.tell();
    },
    destroy() {
      easel.abandon();
      ending.abort();
    },
  };
}
