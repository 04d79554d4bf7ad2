// Undo and redo. A gesture is one undo, kept as a patch: a box and its ids before and after, never a whole map.

import { boundsOfMask, copyMap } from "./labelmap.js";

/** @import { History, LabelMap, Patch } from "../types" */

/**
 * @param {number} [limit] how many gestures are remembered; the oldest are forgotten first
 * @returns {History}
 */
export function createHistory(limit = 200) {
  /** @type {Patch[]} */
  let done = [];
  /** @type {Patch[]} */
  let undone = [];
  /** @type {LabelMap | null} */
  let begun = null;

  /**
   * @param {Patch[]} from
   * @param {Patch[]} to
   * @param {LabelMap} labels
   * @param {"before" | "after"} which
   */
  function step(from, to, labels, which) {
    const patch = from.pop();
    if (!patch) return labels;
    to.push(patch);
    return patched(labels, patch, patch[which]);
  }

  return {
    begin(labels) {
      begun = copyMap(labels); // whoever paints may paint into this very map
    },
    end(labels) {
      const patch = begun && difference(begun, labels);
      begun = null;
      if (!patch) return;
      done = [...done, patch].slice(-limit);
      undone = [];
    },
    undo: (labels) => step(done, undone, labels, "before"),
    redo: (labels) => step(undone, done, labels, "after"),
    clear() {
      [done, undone, begun] = [[], [], null];
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
 * @returns {Patch | null} null where nothing changed
 */
function difference(before, after) {
  const box = boundsOfMask(before.ids.map((id, index) => (id === after.ids[index] ? 0 : 1)), before.side);
  return box && { ...box, before: cut(before, box), after: cut(after, box) };
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
