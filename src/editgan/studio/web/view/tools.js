// The tools. Each is a generator: it starts with the press, gets every further place of the drag from `yield`, and
// ends with it. What a drag in flight needs is its local variables.

import { dab, stroke } from "../labels/brush.js";
import { floodFill } from "../labels/fill.js";
import { markArea } from "../labels/keep.js";
import { idAt } from "../labels/labelmap.js";
import { fillPolygon, fillRectangle } from "../labels/lasso.js";
import { movePart } from "../labels/parts.js";

/** @import { LabelMap, ToolName } from "../types" */
/** @import { Point } from "../labels/labelmap.js" */

/** @typedef {{ kind: "lasso", points: Point[] } | { kind: "rectangle", from: Point, to: Point }} Preview */
/** @typedef {Point & { isLast?: boolean }} Place */
/** @typedef {Generator<void, void, Place>} Drag */

/**
 * What a tool works on.
 * @typedef {object} Sheet
 * @property {LabelMap} labels to paint into
 * @property {LabelMap} before as they were when the drag began
 * @property {LabelMap | null} base what the eraser brings back
 * @property {number} part
 * @property {number} brushPx
 * @property {LabelMap | null} areas that are filled, where those of `labels` are not what is meant
 * @property {(preview: Preview) => void} show what will be painted when the drag ends
 * @property {(part: number) => void} pick
 */

/** @type {Record<Exclude<ToolName, "pan">, (sheet: Sheet, at: Place) => Drag>} */
export const TOOLS = { brush, eraser, fill, lasso, rectangle, eyedropper, move };

/**
 * @param {Sheet} sheet
 * @param {Place} at
 * @returns {Drag}
 */
function brush(sheet, at) {
  return paintAlong(sheet, at, sheet.part);
}

/**
 * @param {Sheet} sheet
 * @param {Place} at
 * @returns {Drag}
 */
function* eraser(sheet, at) {
  if (sheet.base?.side === sheet.labels.side) yield* paintAlong(sheet, at, sheet.base);
}

/**
 * @param {Sheet} sheet
 * @param {Place} at
 * @param {number | LabelMap} paint
 * @returns {Drag}
 */
function* paintAlong({ labels, brushPx }, at, paint) {
  dab(labels, at, brushPx, paint);
  while (!at.isLast) {
    const next = yield;
    stroke(labels, at, next, brushPx, paint);
    at = next;
  }
}

/**
 * @param {Sheet} sheet
 * @param {Place} at
 * @returns {Drag}
 */
function* fill({ labels, part, areas }, at) {
  if (areas) markArea(labels, areas, at);
  else floodFill(labels, at, part);
}

/**
 * @param {Sheet} sheet
 * @param {Place} at
 * @returns {Drag}
 */
function* lasso({ labels, part, show }, at) {
  const points = [at];
  while (!at.isLast) {
    show({ kind: "lasso", points });
    at = yield;
    points.push(at);
  }
  fillPolygon(labels, points, part);
}

/**
 * @param {Sheet} sheet
 * @param {Place} at
 * @returns {Drag}
 */
function* rectangle({ labels, part, show }, at) {
  const from = at;
  while (!at.isLast) {
    show({ kind: "rectangle", from, to: at });
    at = yield;
  }
  fillRectangle(labels, from, at, part);
}

/**
 * @param {Sheet} sheet
 * @param {Place} at
 * @returns {Drag}
 */
function* eyedropper({ before, pick }, at) {
  while (true) {
    const id = idAt(before, at);
    if (id !== null) pick(id);
    if (at.isLast) return;
    at = yield;
  }
}

/**
 * Drags the part under the pointer, as a whole.
 * @param {Sheet} sheet
 * @param {Place} at
 * @returns {Drag}
 */
function* move({ labels, before }, at) {
  const from = at;
  const part = idAt(before, from);
  if (part === null) return;
  while (!at.isLast) {
    at = yield;
    labels.ids.set(before.ids);
    movePart(labels, [part], Math.round(at.x - from.x), Math.round(at.y - from.y));
  }
}
