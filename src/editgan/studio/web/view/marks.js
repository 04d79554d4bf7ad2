// What is drawn over the pictures: the hovered part's outline, cursors, previews, the compare handle, the focus ring.
// Lines are white in a dark casing, so that they show on any picture.

import { rectangleBox } from "../labels/lasso.js";
import { outlineOf } from "../labels/outline.js";
import { toStage } from "./geometry.js";

/** @import { Box, Point } from "../labels/labelmap.js" */
/** @import { Frame } from "./geometry.js" */
/** @import { Theme } from "./screen.js" */
/** @import { Preview } from "./tools.js" */

const CASING = "rgb(0 0 0 / 0.6)";
const ARM_PX = 12; // of a cross-hair
export const HANDLE_PX = 18; // radius: a finger's half

/**
 * Lines of `outlineOf`.
 * @param {CanvasRenderingContext2D} context
 * @param {Frame} frame
 * @param {number} side
 * @param {number[]} lines
 * @param {number} [width]
 */
export function drawOutline(context, frame, side, lines, width = 1) {
  const path = new Path2D();
  for (let index = 0; index < lines.length; index += 4) {
    const [x0, y0, x1, y1] = lines.slice(index, index + 4);
    const from = toStage(frame, side, { x: x0, y: y0 });
    const to = toStage(frame, side, { x: x1, y: y1 });
    path.moveTo(from.x, from.y);
    path.lineTo(to.x, to.y);
  }
  strokeTwice(context, path, "#fff", CASING, width);
}

/**
 * What a brush would paint, in the colour that it would get; an eraser has none.
 * @param {CanvasRenderingContext2D} context
 * @param {Frame} frame
 * @param {number} side
 * @param {Uint8Array} mask of `dabMask`
 * @param {string | null} color
 */
export function drawDab(context, frame, side, mask, color) {
  if (color) {
    const path = new Path2D();
    for (let index = mask.indexOf(1); index >= 0; index = mask.indexOf(1, index + 1)) {
      const { x, y } = toStage(frame, side, { x: index % side, y: Math.floor(index / side) });
      path.rect(x, y, frame.size / side, frame.size / side);
    }
    context.save();
    context.globalAlpha = 0.5; // what lies under it still shows
    context.fillStyle = color;
    context.fill(path);
    context.restore();
  }
  drawOutline(context, frame, side, outlineOf(mask, side), 2);
}

/**
 * A cross-hair around a label pixel.
 * @param {CanvasRenderingContext2D} context
 * @param {Frame} frame
 * @param {number} side
 * @param {Point} at
 * @param {boolean} isPixel its pixel is framed: a keyboard's cursor is a pixel, a pointer's a place
 */
export function drawCrosshair(context, frame, side, at, isPixel) {
  const { x, y } = toStage(frame, side, at);
  const gap = isPixel ? frame.size / side / 2 : 0;
  const path = new Path2D();
  if (isPixel) path.rect(x - gap, y - gap, 2 * gap, 2 * gap);
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    path.moveTo(x + dx * gap, y + dy * gap);
    path.lineTo(x + dx * (gap + ARM_PX), y + dy * (gap + ARM_PX));
  }
  strokeTwice(context, path, "#fff");
}

/**
 * What a lasso or a rectangle will paint.
 * @param {CanvasRenderingContext2D} context
 * @param {Frame} frame
 * @param {number} side
 * @param {Preview} preview
 * @param {string} color of the part
 * @param {string} accent
 */
export function drawPreview(context, frame, side, preview, color, accent) {
  const path = new Path2D();
  for (const point of preview.kind === "lasso" ? preview.points : corners(rectangleBox(preview.from, preview.to))) {
    const { x, y } = toStage(frame, side, point);
    path.lineTo(x, y);
  }
  path.closePath();
  context.save();
  context.globalAlpha = 0.5;
  context.fillStyle = color;
  context.fill(path, "evenodd");
  context.restore();
  strokeTwice(context, path, accent, "#fff");
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Box} visible
 * @param {number} x
 * @param {Theme} theme
 */
export function drawHandle(context, visible, x, { stage, ink }) {
  const line = new Path2D();
  line.moveTo(x, visible.top);
  line.lineTo(x, visible.top + visible.height);
  strokeTwice(context, line, "#fff");
  const y = visible.top + visible.height / 2;
  const knob = new Path2D();
  knob.arc(x, y, HANDLE_PX, 0, 2 * Math.PI);
  context.fillStyle = stage;
  context.fill(knob);
  strokeTwice(context, knob, "#fff");
  const arrows = new Path2D();
  for (const side of [-1, 1]) {
    arrows.moveTo(x + side * 5, y - 5);
    arrows.lineTo(x + side * 10, y);
    arrows.lineTo(x + side * 5, y + 5);
  }
  context.strokeStyle = ink;
  context.lineWidth = 2;
  context.stroke(arrows);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{ width: number, height: number }} size
 * @param {string} accent
 */
export function drawFocusRing(context, { width, height }, accent) {
  const ring = new Path2D();
  ring.rect(2, 2, width - 4, height - 4);
  strokeTwice(context, ring, accent, "#fff", 2);
}

/** @param {Box} box */
function corners({ left, top, width, height }) {
  const [right, bottom] = [left + width, top + height];
  return [
    { x: left, y: top },
    { x: right, y: top },
    { x: right, y: bottom },
    { x: left, y: bottom },
  ];
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Path2D} path
 * @param {string} color
 * @param {string} [casing]
 * @param {number} [width]
 */
function strokeTwice(context, path, color, casing = CASING, width = 1.5) {
  context.lineCap = "square"; // outlines are separate lines: their corners must meet
  context.lineJoin = "round";
  for (const [style, px] of /** @type {[string, number][]} */ ([[casing, width + 2], [color, width]])) {
    context.strokeStyle = style;
    context.lineWidth = px;
    context.stroke(path);
  }
}
