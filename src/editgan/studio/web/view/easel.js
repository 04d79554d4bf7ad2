// One gesture of painting at a time: runs its tool, shows the store the labels as they become, and makes it one undo.
// No document; stage.js says where pointers are, tools.js what they do.

import { layerOf, scaleOf } from "../labels/keep.js";
import { copyMap, createMap } from "../labels/labelmap.js";
import { TOOLS } from "./tools.js";

/** @import { History, LabelMap, Layer, Layers, StageState, ToolName } from "../types" */
/** @import { Store } from "../state.js" */
/** @import { Point } from "../labels/labelmap.js" */
/** @import { Drag, Preview } from "./tools.js" */

/**
 * @typedef {object} Easel
 * @property {(tool: ToolName, at: Point) => void} press
 * @property {(points: Point[]) => void} drag
 * @property {() => void} release ends the gesture where it was last
 * @property {(layer?: Layer) => void} abandon as if it had never begun; only if it is on that layer
 * @property {(paint: (map: LabelMap) => void, layer?: Layer) => void} change a whole gesture at once
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {() => void} tell whether there is something to undo and redo
 * @property {Preview & { side: number } | null} preview in pixels of a layer of this side
 * @property {boolean} isPainting
 */

/**
 * @param {Store<StageState>} store
 * @param {History} history
 * @param {() => void} redraw for what the store does not say: a preview
 * @returns {Easel}
 */
export function createEasel(store, history, redraw) {
  /** @type {{ drag: Drag, layer: Layer, before: LabelMap, map: LabelMap, shown: LabelMap, last: Point } | null} */
  let gesture = null;
  /** @type {Preview & { side: number } | null} */
  let preview = null;

  /** @param {Partial<StageState>} [patch] */
  const tell = (patch = {}) => store.update({ ...patch, canUndo: history.canUndo, canRedo: history.canRedo });

  function show() {
    if (!gesture || gesture.map.ids.every((id, index) => id === gesture?.shown.ids[index])) return;
    gesture.shown = copyMap(gesture.map); // the state must not change under those who read it
    store.update({ [gesture.layer]: gesture.shown });
  }

  /** Whether the layer is still that of this gesture: `load` or the page may have put another there. */
  const isCurrent = () => gesture !== null && store.get()[gesture.layer] === gesture.shown;

  /** @param {LabelMap} map what is left of the gesture */
  function close(map) {
    const wasCurrent = isCurrent();
    const layer = gesture?.layer ?? "labels";
    gesture?.drag.return();
    gesture = null;
    preview = null;
    if (wasCurrent) {
      history.end(map);
      tell(store.get()[layer] === map ? {} : { [layer]: map });
    }
    redraw();
  }

  /** @param {Point[]} points */
  function drag(points, isLast = false) {
    if (!gesture) return;
    if (!isCurrent()) return close(gesture.map);
    const scale = scaleOf(gesture.map, store.get().labels);
    for (const [index, { x, y }] of points.entries()) {
      gesture.last = { x, y };
      gesture.drag.next({ x: x * scale, y: y * scale, isLast: isLast && index === points.length - 1 });
    }
    show();
    redraw();
  }

  /** @param {(layers: Layers) => Layers} step */
  function replace(step) {
    if (gesture) return close(gesture.before); // the gesture in flight is what is undone
    const { labels, keep } = store.get();
    if (labels) tell(step({ labels, keep }));
  }

  return {
    press(tool, at) {
      if (gesture) this.release();
      const state = store.get();
      const layer = layerOf(state.part, tool);
      const before = state[layer];
      if (!before || !state.labels || tool === "pan") return;
      const map = copyMap(before);
      history.begin(before, layer);
      const scale = scaleOf(map, state.labels);
      const sheet = {
        ...{ labels: map, before, ...paintOf(state, layer, scale) },
        show: (/** @type {Preview} */ next) => (preview = { ...next, side: map.side }),
        pick: (/** @type {number} */ id) => store.update({ part: id }),
      };
      const first = { x: at.x * scale, y: at.y * scale };
      gesture = { drag: TOOLS[tool](sheet, first), layer, before, map, shown: before, last: at };
      drag([at]); // a generator's first `next` only starts it
    },
    drag: (points) => drag(points),
    release() {
      if (!gesture) return;
      drag([gesture.last], true);
      if (gesture) close(gesture.shown);
    },
    abandon(layer) {
      if (gesture && (layer ?? gesture.layer) === gesture.layer) close(gesture.before);
    },
    change(paint, layer = "labels") {
      if (gesture) this.release();
      const before = store.get()[layer];
      if (!before) return;
      const map = copyMap(before);
      history.begin(before, layer);
      paint(map);
      history.end(map);
      tell({ [layer]: map });
    },
    undo: () => replace((layers) => history.undo(layers)),
    redo: () => replace((layers) => history.redo(layers)),
    tell: () => tell(),
    get preview() {
      return preview;
    },
    get isPainting() {
      return gesture !== null;
    },
  };
}

/**
 * What a layer is painted with, and what its eraser brings back.
 * @param {StageState} state
 * @param {Layer} layer
 * @param {number} scale
 */
function paintOf({ labels, base, keep, part, brushPx }, layer, scale) {
  if (layer === "labels" || !keep) return { base, part, brushPx, areas: null };
  return { base: createMap(keep.side), part: 1, brushPx: brushPx * scale, areas: labels };
}
