// Undo and redo. A gesture is one undo, kept as a patch: a box and its ids before and after, never a whole map.

import { boundsOfMask, copyMap } from "./labelmap.js";

/** @import { History, LabelMap, Layer, Layers, Patch } from "../types" */

/**
 * @param {number} [limit] how many gestures are remembered; the oldest are forgotten first
 * @returns {History}
 */
export function createHistory(limit = 200) {
  /** @type {Patch[]} */
  let done = [];
  /** @type {Patch[]} */
  let undone = [];
  /** @type {{ map: LabelMap, layer: Layer } | null} */
  let begun = null;

  /**
   * @param {Patch[]} from
   * @param {Patch[]} to
   * @param {Layers} layers
   * @param {"before" | "after"} which
   */
  function step(from, to, layers, which) {
    const patch = from.pop();
    const map = patch && layers[patch.layer];
    if (!patch || !map) return layers;
    to.push(patch);
    return { ...layers, [patch.layer]: patched(map, patch, patch[which]) };
  }

  return {
    begin(map, layer = "labels") {
      begun = { map: copyMap(map), layer }; // whoever paints may paint into this very map
    },
    end(map) {
      const patch = begun && difference(begun.map, map, begun.layer);
      begun = null;
      if (!patch) return;
      done = [...done, patch].slice(-limit);
      undone = [];
    },
    undo: (layers) => step(done, undone, layers, "before"),
    redo: (layers) => step(undone, done, layers, "after"),
    clear(layer) {
      [done, undone] = [done, undone].map((patches) => patches.filter((each) => layer && each.layer !== layer));
      if (!layer || begun?.layer === layer) begun = null;
    },
    get canUndo() {
      return done.length > 0;
    },
    get canRedo() {
      return undone.length > 0;
    },
  };
}

/**
 * @param {LabelMap} before
 * @param {LabelMap} after of the same side
 * @param {Layer} layer
 * @returns {Patch | null} null where nothing changed
 */
function difference(before, after, layer) {
  const box = boundsOfMask(before.ids.map((id, index) => (id === after.ids[index] ? 0 : 1)), before.side);
  return box && { layer, ...box, before: cut(before, box), after: cut(after, box) };
}

/**
 * @param {LabelMap} labels
 * @param {{ left: number, top: number, width: number, height: number }} box
 */
function cut({ side, ids }, { left, top, width, height }) {
  const inside = new Uint8Array(width * height);
  for (let row = 0; row < height; row += 1) {
    const start = (top + row) * side + left;
    inside.set(ids.subarray(start, start + width), row * width);
  }
  return inside;
}

/**
 * @param {LabelMap} labels
 * @param {Patch} patch
 * @param {Uint8Array} inside
 */
function patched(labels, { left, top, width, height }, inside) {
  const { side, ids } = copyMap(labels);
  for (let row = 0; row < height; row += 1) {
    ids.set(inside.subarray(row * width, (row + 1) * width), (top + row) * side + left);
  }
  return { side, ids };
}
