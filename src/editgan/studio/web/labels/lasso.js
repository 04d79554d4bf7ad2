// Shapes drawn around what is to be painted.

/** @import { LabelMap } from "../types" */
/** @import { Box, Point } from "./labelmap.js" */

/**
 * Paints the pixels whose centre lies inside the polygon. Where it crosses itself, what it winds around twice is
 * outside (even-odd).
 * @param {LabelMap} labels
 * @param {Point[]} points the last is joined to the first
 * @param {number} id
 */
export function fillPolygon(labels, points, id) {
  let changed = 0;
  for (let row = 0; row < labels.side; row += 1) {
    const xs = crossings(points, row + 0.5);
    for (let pair = 0; pair + 1 < xs.length; pair += 2) {
      const left = Math.ceil(xs[pair] - 0.5);
      const right = Math.ceil(xs[pair + 1] - 0.5); // a centre on the right edge is outside, so neighbours never overlap
      changed += fillRow(labels, row, left, right, id);
    }
  }
  return changed;
}

/**
 * Where the polygon crosses a horizontal line, from left to right.
 * @param {Point[]} points
 * @param {number} y
 */
function crossings(points, y) {
  const xs = [];
  for (let index = 0; index < points.length; index += 1) {
    const one = points[index];
    const other = points[(index + 1) % points.length];
    if (one.y <= y === other.y <= y) continue;
    xs.push(one.x + ((y - one.y) / (other.y - one.y)) * (other.x - one.x));
  }
  return xs.sort((a, b) => a - b);
}

/**
 * Paints every pixel that the rectangle between two corners touches.
 * @param {LabelMap} labels
 * @param {Point} from
 * @param {Point} to
 * @param {number} id
 */
export function fillRectangle(labels, from, to, id) {
  const { left, top, width, height } = rectangleBox(from, to);
  let changed = 0;
  for (let row = Math.max(0, top); row < Math.min(labels.side, top + height); row += 1) {
    changed += fillRow(labels, row, left, left + width, id);
  }
  return changed;
}

/**
 * The whole pixels that a rectangle touches; they may lie outside the map.
 * @param {Point} from
 * @param {Point} to
 * @returns {Box}
 */
export function rectangleBox(from, to) {
  const left = Math.floor(Math.min(from.x, to.x));
  const top = Math.floor(Math.min(from.y, to.y));
  const width = Math.floor(Math.max(from.x, to.x)) - left + 1;
  const height = Math.floor(Math.max(from.y, to.y)) - top + 1;
  return { left, top, width, height };
}

/**
 * @param {LabelMap} labels
 * @param {number} row
 * @param {number} left
 * @param {number} right not painted any more
 * @param {number} id
 */
function fillRow({ side, ids }, row, left, right, id) {
  let changed = 0;
  for (let column = Math.max(0, left); column < Math.min(side, right); column += 1) {
    const index = row * side + column;
    changed += ids[index] === id ? 0 : 1;
    ids[index] = id;
  }
  return changed;
}
