// A whole part at once: larger, smaller, elsewhere. The same meaning as editgan/editing/parts.py, so that what is
// painted here and what the command line paints are the same edits.

import { maskOf } from "./labelmap.js";

/** @import { LabelMap } from "../types" */

/**
 * The part, `px` pixels larger all round. New pixels take the class of the nearest part pixel.
 * @param {LabelMap} labels
 * @param {Iterable<number>} classes the part: one class, or a group
 * @param {number} px
 */
export function growPart(labels, classes, px) {
  const mask = maskOf(labels, classes);
  const distances = stepsTo(mask, labels.side);
  return fillFromNearest(labels, distances.map((steps) => (steps > 0 && steps <= px ? 1 : 0)), mask);
}

/**
 * The part, `px` pixels smaller all round; what it leaves goes to the nearest other class. The picture's edge is not
 * the part's edge: there it does not shrink.
 * @param {LabelMap} labels
 * @param {Iterable<number>} classes
 * @param {number} px
 */
export function shrinkPart(labels, classes, px) {
  const others = maskOf(labels, classes).map((isPart) => 1 - isPart);
  const distances = stepsTo(others, labels.side);
  return fillFromNearest(labels, distances.map((steps) => (steps > 0 && steps <= px ? 1 : 0)), others);
}

/**
 * The part, `dx` pixels to the right and `dy` down; it covers what it comes upon, and the nearest other class fills
 * what it leaves.
 * @param {LabelMap} labels
 * @param {Iterable<number>} classes
 * @param {number} dx
 * @param {number} dy
 */
export function movePart(labels, classes, dx, dy) {
  const { side, ids } = labels;
  const before = ids.slice();
  const mask = maskOf(labels, classes);
  fillFromNearest(labels, mask, mask.map((isPart) => 1 - isPart));
  for (let row = Math.max(0, dy); row < Math.min(side, side + dy); row += 1) {
    for (let column = Math.max(0, dx); column < Math.min(side, side + dx); column += 1) {
      const from = (row - dy) * side + column - dx;
      if (mask[from]) ids[row * side + column] = before[from];
    }
  }
  return ids.reduce((changed, id, index) => changed + (id === before[index] ? 0 : 1), 0);
}

/**
 * How many steps to a neighbour (4 of them: grows rounder than 8) each pixel is from the mask; Infinity without one.
 * @param {Uint8Array} mask
 * @param {number} side
 */
function stepsTo(mask, side) {
  const steps = Float32Array.from(mask, (isIn) => (isIn ? 0 : Infinity));
  const last = steps.length - 1;
  for (let index = 0; index <= last; index += 1) {
    if (index % side > 0) steps[index] = Math.min(steps[index], steps[index - 1] + 1);
    if (index >= side) steps[index] = Math.min(steps[index], steps[index - side] + 1);
  }
  for (let index = last; index >= 0; index -= 1) {
    if (index % side < side - 1) steps[index] = Math.min(steps[index], steps[index + 1] + 1);
    if (index + side <= last) steps[index] = Math.min(steps[index], steps[index + side] + 1);
  }
  return steps;
}

/**
 * The pixels `where` take the class of the nearest of `sources`; without sources nothing changes.
 * @param {LabelMap} labels
 * @param {ArrayLike<number>} where
 * @param {Uint8Array} sources
 */
function fillFromNearest({ side, ids }, where, sources) {
  const before = ids.slice();
  const rows = nearestInColumns(sources, side);
  let changed = 0;
  for (let index = 0; index < ids.length; index += 1) {
    if (!where[index]) continue;
    const source = nearest(rows, side, index);
    if (source < 0 || before[source] === ids[index]) continue;
    ids[index] = before[source];
    changed += 1;
  }
  return changed;
}

/**
 * For each pixel the row of the nearest source in its own column, -1 without one. Half of an exact Euclidean distance
 * transform; `nearest` is the other half.
 * @param {Uint8Array} sources
 * @param {number} side
 */
function nearestInColumns(sources, side) {
  const rows = new Int32Array(side * side).fill(-1);
  for (let column = 0; column < side; column += 1) {
    let above = -1;
    for (let row = 0; row < side; row += 1) {
      if (sources[row * side + column]) above = row;
      rows[row * side + column] = above;
    }
    let below = -1;
    for (let row = side - 1; row >= 0; row -= 1) {
      const index = row * side + column;
      if (sources[index]) below = row;
      if (below >= 0 && (rows[index] < 0 || below - row < row - rows[index])) rows[index] = below;
    }
  }
  return rows;
}

/**
 * The source nearest to a pixel, or -1. Looks further and further to both sides, until nothing there can be nearer.
 * Of equally near ones the leftmost, then the upper: that is what SciPy takes, and so what the command line paints.
 * @param {Int32Array} rows of `nearestInColumns`
 * @param {number} side
 * @param {number} index
 */
function nearest(rows, side, index) {
  const column = index % side;
  const row = (index - column) / side;
  let [best, foundRow, foundColumn] = [Infinity, -1, -1];
  for (let away = 0; away < side && away * away <= best; away += 1) {
    for (const there of away ? [column - away, column + away] : [column]) {
      const at = there < 0 || there >= side ? -1 : rows[row * side + there];
      if (at < 0) continue;
      const distance = away * away + (at - row) ** 2;
      const isNearer = distance < best || (distance === best && there < foundColumn);
      if (isNearer) [best, foundRow, foundColumn] = [distance, at, there];
    }
  }
  return foundRow < 0 ? -1 : foundRow * side + foundColumn;
}
