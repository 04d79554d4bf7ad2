// The paint bucket.

import { idAt } from "./labelmap.js";

/** @import { LabelMap } from "../types" */
/** @import { Point } from "./labelmap.js" */

/**
 * Repaints the connected pixels of one class around a place. Corners do not connect, so that paint does not leak
 * through a line one pixel thin.
 * @param {LabelMap} labels
 * @param {Point} at
 * @param {number} id
 */
export function floodFill(labels, at, id) {
  const { side, ids } = labels;
  const old = idAt(labels, at);
  if (old === null || old === id) return 0;
  const start = Math.floor(at.y) * side + Math.floor(at.x);
  const waiting = [start];
  ids[start] = id;
  let changed = 1;
  /** @param {number} index */
  const spread = (index) => {
    if (ids[index] !== old) return;
    ids[index] = id;
    changed += 1;
    waiting.push(index);
  };
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    const column = index % side;
    if (column > 0) spread(index - 1);
    if (column < side - 1) spread(index + 1);
    spread(index - side); // above the first and below the last row there is nothing, which is not `old`
    spread(index + side);
  }
  return changed;
}
