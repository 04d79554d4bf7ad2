// What must not change, over everything: hatched, so that the picture under it can be seen, and outlined like a part.

import { maskOf } from "../labels/labelmap.js";
import { outlineOf } from "../labels/outline.js";
import { drawOutline } from "./marks.js";

/** @import { LabelMap } from "../types" */
/** @import { Frame } from "./geometry.js" */

const TILE_PX = 8; // of the hatching
const LIGHT = "rgb(255 255 255 / 0.75)";
const DARK = "rgb(0 0 0 / 0.45)"; // beside each light line, so that it shows on any picture

/** Keeps its shape as long as the same is marked. */
export function createKeepShape() {
  /** @type {{ keep: LabelMap, rows: Path2D, lines: number[] } | null} */
  let known = null;
  /** @type {CanvasPattern | null} */
  let hatching = null;
  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Frame} frame
   * @param {LabelMap} keep
   */
  return function draw(context, frame, keep) {
    if (known?.keep !== keep) known = { keep, rows: rowsOf(keep), lines: outlineOf(maskOf(keep, [1]), keep.side) };
    hatching ??= context.createPattern(createTile(), "repeat");
    const { left, top, size } = frame;
    context.save();
    const page = context.getTransform();
    context.translate(left, top);
    context.scale(size / keep.side, size / keep.side);
    context.clip(known.rows);
    context.setTransform(page); // the hatching is as wide at any zoom
    context.fillStyle = hatching ?? DARK;
    context.fillRect(left, top, size, size);
    context.restore();
    drawOutline(context, frame, keep.side, known.lines);
  };
}

/** The marked pixels, as runs. @param {LabelMap} keep */
function rowsOf({ side, ids }) {
  const path = new Path2D();
  for (let row = 0; row < side; row += 1) {
    let start = -1;
    for (let column = 0; column <= side; column += 1) {
      const isIn = column < side && ids[row * side + column] === 1;
      if (isIn && start < 0) start = column;
      if (isIn || start < 0) continue;
      path.rect(start, row, column - start, 1);
      start = -1;
    }
  }
  return path;
}

function createTile() {
  const tile = document.createElement("canvas");
  tile.width = tile.height = TILE_PX;
  const context = /** @type {CanvasRenderingContext2D} */ (tile.getContext("2d"));
  for (const [shift, color] of /** @type {[number, string][]} */ ([[0, LIGHT], [1.5, DARK]])) {
    context.strokeStyle = color;
    context.lineWidth = 1.2;
    context.beginPath();
    for (const from of [-TILE_PX, 0, TILE_PX]) {
      context.moveTo(from + shift, TILE_PX);
      context.lineTo(from + shift + TILE_PX, 0);
    }
    context.stroke();
  }
  return tile;
}
