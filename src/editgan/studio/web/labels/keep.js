// What must not change: a map of 0 and 1 over the same frame as the parts, and finer, for a mole is less than a pixel of
// theirs. It is painted like a part, but is none.

import { floodFill } from "./fill.js";
import { copyMap, createMap } from "./labelmap.js";

/** @import { LabelMap, Layer, ToolName } from "../types" */
/** @import { Point } from "./labelmap.js" */

export const KEEP = 256; // in the place of a class id, of which there is none so large
const LEAST_SIDE = 128;
const AREA = 255; // no class either: there are 64 at most
const MARKING = new Set(["brush", "eraser", "fill", "lasso", "rectangle"]);

/** Nothing marked, over labels of this side. @param {number} side */
export function createKeep(side) {
  return createMap(side * Math.ceil(LEAST_SIDE / side));
}

/** @param {LabelMap | null} keep */
export const isMarked = (keep) => keep !== null && keep.ids.includes(1);

/**
 * What a tool works on while this is chosen in the palette. Picking and moving are about parts, whatever is chosen.
 * @param {number} part
 * @param {ToolName} [tool]
 * @returns {Layer}
 */
export function layerOf(part, tool = "brush") {
  return part === KEEP && MARKING.has(tool) ? "keep" : "labels";
}

/**
 * How many of a layer's pixels are one of the parts'.
 * @param {LabelMap} map
 * @param {LabelMap | null} labels
 */
export const scaleOf = (map, labels) => (labels ? map.side / labels.side : 1);

/**
 * The paint bucket: marks the connected pixels of one class around a place.
 * @param {LabelMap} keep
 * @param {LabelMap} labels
 * @param {Point} at in pixels of `keep`
 */
export function markArea(keep, labels, { x, y }) {
  const scale = scaleOf(keep, labels);
  const areas = copyMap(labels);
  floodFill(areas, { x: x / scale, y: y / scale }, AREA);
  let changed = 0;
  for (let index = 0; index < keep.ids.length; index += 1) {
    const column = Math.floor((index % keep.side) / scale);
    const row = Math.floor(Math.floor(index / keep.side) / scale);
    if (keep.ids[index] || areas.ids[row * labels.side + column] !== AREA) continue;
    keep.ids[index] = 1;
    changed += 1;
  }
  return changed;
}
