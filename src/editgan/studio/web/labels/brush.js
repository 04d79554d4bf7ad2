// A round brush, whose diameter and place need not be whole pixels.

/** @import { LabelMap } from "../types" */
/** @import { Point } from "./labelmap.js" */

/**
 * Paints from one place to another, both included, without gaps however far apart they are.
 * @param {LabelMap} labels
 * @param {Point} from
 * @param {Point} to
 * @param {number} px diameter
 * @param {number | LabelMap} paint a class id; or a map to copy from, which is what an eraser does
 */
export function stroke(labels, from, to, px, paint) {
  const { ids } = labels;
  let changed = 0;
  visitStroke(labels.side, from, to, px, (index) => {
    const id = typeof paint === "number" ? paint : paint.ids[index];
    if (ids[index] === id) return;
    ids[index] = id;
    changed += 1;
  });
  return changed;
}

/**
 * @param {LabelMap} labels
 * @param {Point} at
 * @param {number} px
 * @param {number | LabelMap} paint
 */
export function dab(labels, at, px, paint) {
  return stroke(labels, at, at, px, paint);
}

/**
 * What a dab would paint, as a mask: the cursor shows exactly this.
 * @param {number} side
 * @param {Point} at
 * @param {number} px
 */
export function dabMask(side, at, px) {
  const mask = new Uint8Array(side * side);
  visitStroke(side, at, at, px, (index) => {
    mask[index] = 1;
  });
  return mask;
}

/**
 * Every pixel whose centre is within half a diameter of the line, and the pixels that its two ends lie in: without
 * those a 1 px brush held on a corner, 0.7 px from all centres, would paint nothing.
 * @param {number} side
 * @param {Point} from
 * @param {Point} to
 * @param {number} px
 * @param {(index: number) => void} visit
 */
function visitStroke(side, from, to, px, visit) {
  const radius = px / 2;
  const [left, right] = reach(from.x, to.x, radius, side);
  const [top, bottom] = reach(from.y, to.y, radius, side);
  for (let row = top; row <= bottom; row += 1) {
    for (let column = left; column <= right; column += 1) {
      const isNear = squaredDistance({ x: column + 0.5, y: row + 0.5 }, from, to) <= radius * radius;
      if (isNear || isIn(from, column, row) || isIn(to, column, row)) visit(row * side + column);
    }
  }
}

/**
 * @param {Point} at
 * @param {number} column
 * @param {number} row
 */
function isIn({ x, y }, column, row) {
  return Math.floor(x) === column && Math.floor(y) === row;
}

/**
 * First and last pixel that a stroke can touch along one axis.
 * @param {number} one
 * @param {number} other
 * @param {number} radius
 * @param {number} side
 * @returns {[number, number]}
 */
function reach(one, other, radius, side) {
  const first = Math.floor(Math.min(one, other) - radius);
  const last = Math.floor(Math.max(one, other) + radius);
  return [Math.max(0, first), Math.min(side - 1, last)];
}

/**
 * Of a point from a line between two points.
 * @param {Point} at
 * @param {Point} from
 * @param {Point} to
 */
function squaredDistance(at, from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const along = length ? ((at.x - from.x) * dx + (at.y - from.y) * dy) / length : 0;
  const share = Math.min(1, Math.max(0, along));
  return (from.x + share * dx - at.x) ** 2 + (from.y + share * dy - at.y) ** 2;
}
