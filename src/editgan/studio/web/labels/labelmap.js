// Label maps: squares of class ids.
//
// The convention of this folder: what paints (brush, fill, lasso, parts) writes into the map that it is given first,
// and gives the number of pixels that it changed. Whoever calls owns that map: a gesture copies the store's map once
// and paints on its copy. Nothing else changes its arguments.
//
// Places are in label pixels, not rounded: pixel (3, 5) covers 3 <= x < 4 and 5 <= y < 6; its centre is (3.5, 5.5).

/** @import { LabelMap } from "../types" */

/** @typedef {{ x: number, y: number }} Point in label pixels */
/** @typedef {{ left: number, top: number, width: number, height: number }} Box in whole label pixels */

/**
 * @param {number} side
 * @param {number} [id] of every pixel
 * @returns {LabelMap}
 */
export function createMap(side, id = 0) {
  return { side, ids: new Uint8Array(side * side).fill(id) };
}

/**
 * What the server sends: side² bytes.
 * @param {Uint8Array} ids
 * @returns {LabelMap}
 */
export function mapFromIds(ids) {
  const side = Math.round(Math.sqrt(ids.length));
  if (side * side !== ids.length) throw new RangeError(`${ids.length} class ids are not a square`);
  return { side, ids };
}

/**
 * @param {LabelMap} labels
 * @returns {LabelMap}
 */
export function copyMap(labels) {
  return { side: labels.side, ids: labels.ids.slice() };
}

/**
 * @param {LabelMap} one
 * @param {LabelMap} other
 */
export function equalMaps(one, other) {
  return one.side === other.side && one.ids.every((id, index) => id === other.ids[index]);
}

/**
 * The class id at a place, or null outside the map.
 * @param {LabelMap} labels
 * @param {Point} at
 */
export function idAt(labels, { x, y }) {
  const column = Math.floor(x);
  const row = Math.floor(y);
  const { side, ids } = labels;
  return column >= 0 && row >= 0 && column < side && row < side ? ids[row * side + column] : null;
}

/**
 * How many pixels each class has, by id.
 * @param {LabelMap} labels
 */
export function countClasses(labels) {
  const counts = new Uint32Array(256);
  for (const id of labels.ids) counts[id] += 1;
  return counts;
}

/**
 * 1 where the pixel is of one of the classes, else 0.
 * @param {LabelMap} labels
 * @param {Iterable<number>} classes
 */
export function maskOf(labels, classes) {
  const isIn = new Uint8Array(256);
  for (const id of classes) isIn[id] = 1;
  return labels.ids.map((id) => isIn[id]);
}

/**
 * The smallest box around these classes, or null where there are none.
 * @param {LabelMap} labels
 * @param {Iterable<number>} classes
 */
export function boundsOf(labels, classes) {
  return boundsOfMask(maskOf(labels, classes), labels.side);
}

/**
 * @param {Uint8Array} mask
 * @param {number} side
 * @returns {Box | null}
 */
export function boundsOfMask(mask, side) {
  let [left, top, right, bottom] = [side, side, -1, -1];
  for (let index = 0; index < mask.length; index += 1) {
    if (!mask[index]) continue;
    const column = index % side;
    const row = (index - column) / side;
    left = Math.min(left, column);
    right = Math.max(right, column);
    top = Math.min(top, row);
    bottom = row;
  }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}
