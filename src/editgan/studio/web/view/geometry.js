// Where things lie: stage coordinates (CSS pixels from the canvas's corner) and label coordinates. No document.
//
// A pane is a part of the stage; the frame is the square in it that picture and labels fill. Zoom 1 fits the frame
// into its pane. Panes share zoom and pan, so that in layout "beside" both show the same detail.

/** @import { Box, Point } from "../labels/labelmap.js" */

/** @typedef {"both" | "picture" | "labels"} Shows */
/** @typedef {Box & { shows: Shows }} Pane */
/** @typedef {{ zoom: number, panX: number, panY: number }} View */
/** @typedef {{ left: number, top: number, size: number }} Frame */

export const MAX_ZOOM = 32;
const GAP = 12; // between two panes

/**
 * @param {number} width of the stage
 * @param {number} height
 * @param {"over" | "beside"} layout
 * @param {boolean} [isRightToLeft] the picture comes first in reading order
 * @returns {Pane[]}
 */
export function panesOf(width, height, layout, isRightToLeft = false) {
  if (layout === "over") return [{ left: 0, top: 0, width, height, shows: "both" }];
  // Side by side, or one above the other, whichever leaves the larger frames
  if (Math.min((width - GAP) / 2, height) >= Math.min(width, (height - GAP) / 2)) {
    const half = Math.max(0, (width - GAP) / 2);
    const starts = isRightToLeft ? [half + GAP, 0] : [0, half + GAP];
    return [
      { left: starts[0], top: 0, width: half, height, shows: "picture" },
      { left: starts[1], top: 0, width: half, height, shows: "labels" },
    ];
  }
  const half = Math.max(0, (height - GAP) / 2);
  return [
    { left: 0, top: 0, width, height: half, shows: "picture" },
    { left: 0, top: half + GAP, width, height: half, shows: "labels" },
  ];
}

/**
 * The pane at a place, or the nearest.
 * @param {Pane[]} panes
 * @param {Point} at
 */
export function paneAt(panes, at) {
  return panes.reduce((best, pane) => (distance(pane, at) < distance(best, at) ? pane : best));
}

/**
 * @param {Pane} pane
 * @param {View} view
 * @returns {Frame}
 */
export function frameIn(pane, view) {
  const { zoom, panX, panY } = kept(pane, view); // the pane may have become smaller since
  const size = fitted(pane) * zoom;
  const { x, y } = centre(pane);
  return { left: x + panX - size / 2, top: y + panY - size / 2, size };
}

/**
 * @param {Frame} frame
 * @param {number} side of the label map
 * @param {Point} at on the stage
 * @returns {Point} in label pixels; outside 0..side when it is beside the frame
 */
export function toLabels({ left, top, size }, side, { x, y }) {
  return { x: ((x - left) / size) * side, y: ((y - top) / size) * side };
}

/**
 * @param {Frame} frame
 * @param {number} side
 * @param {Point} at in label pixels
 * @returns {Point} on the stage
 */
export function toStage({ left, top, size }, side, { x, y }) {
  return { x: left + (x / side) * size, y: top + (y / side) * size };
}

/**
 * Zoom, with what lies at a place staying there.
 * @param {Pane} pane
 * @param {View} view
 * @param {Point} at on the stage
 * @param {number} factor
 * @returns {View}
 */
export function zoomAbout(pane, view, at, factor) {
  const old = kept(pane, view);
  const zoom = intoRange(old.zoom * factor, 1, MAX_ZOOM);
  const ratio = zoom / old.zoom;
  const middle = centre(pane);
  const panX = at.x - middle.x - (at.x - middle.x - old.panX) * ratio;
  const panY = at.y - middle.y - (at.y - middle.y - old.panY) * ratio;
  return kept(pane, { zoom, panX, panY });
}

/**
 * @param {Pane} pane
 * @param {View} view
 * @param {number} dx in CSS pixels
 * @param {number} dy
 */
export function panBy(pane, view, dx, dy) {
  const { zoom, panX, panY } = kept(pane, view);
  return kept(pane, { zoom, panX: panX + dx, panY: panY + dy });
}

/**
 * The least panning that brings a place into its pane, with a margin.
 * @param {Pane} pane
 * @param {View} view
 * @param {Point} at on the stage
 * @param {number} margin
 */
export function panToShow(pane, view, at, margin) {
  const dx = intoRange(at.x, pane.left + margin, pane.left + pane.width - margin) - at.x;
  const dy = intoRange(at.y, pane.top + margin, pane.top + pane.height - margin) - at.y;
  return panBy(pane, view, dx, dy);
}

/**
 * Two fingers: what lay under them stays under them.
 * @param {Pane} pane
 * @param {View} view
 * @param {[Point, Point]} from
 * @param {[Point, Point]} to
 */
export function pinch(pane, view, from, to) {
  const [start, end] = [from, to].map(([one, other]) => ({
    x: (one.x + other.x) / 2,
    y: (one.y + other.y) / 2,
    apart: Math.max(1, Math.hypot(one.x - other.x, one.y - other.y)),
  }));
  return panBy(pane, zoomAbout(pane, view, start, end.apart / start.apart), end.x - start.x, end.y - start.y);
}

/**
 * What of the frame can be seen in its pane.
 * @param {Pane} pane
 * @param {Frame} frame
 * @returns {Box}
 */
export function visibleBox(pane, { left, top, size }) {
  const x = Math.max(pane.left, left);
  const y = Math.max(pane.top, top);
  const width = Math.max(0, Math.min(pane.left + pane.width, left + size) - x);
  const height = Math.max(0, Math.min(pane.top + pane.height, top + size) - y);
  return { left: x, top: y, width, height };
}

/**
 * Where the compare slider stands, in CSS pixels: across what is visible, so that its handle is never out of reach.
 * @param {Box} visible
 * @param {number} position 0..1, in reading direction
 * @param {boolean} isRightToLeft
 */
export function dividerX(visible, position, isRightToLeft) {
  return visible.left + visible.width * (isRightToLeft ? 1 - position : position);
}

/**
 * @param {Box} visible
 * @param {number} x
 * @param {boolean} isRightToLeft
 */
export function positionAt(visible, x, isRightToLeft) {
  const share = intoRange((x - visible.left) / Math.max(1, visible.width), 0, 1);
  return isRightToLeft ? 1 - share : share;
}

/**
 * Pan is limited so that the frame's edge gets no farther than the pane's middle: it can never be lost.
 * @param {Pane} pane
 * @param {View} view
 * @returns {View}
 */
function kept(pane, view) {
  const zoom = intoRange(view.zoom, 1, MAX_ZOOM);
  const most = (fitted(pane) * zoom) / 2;
  const { panX, panY } = view;
  return { zoom, panX: intoRange(panX, -most, most), panY: intoRange(panY, -most, most) };
}

/** @param {Pane} pane */
function fitted({ width, height }) {
  return Math.max(1, Math.min(width, height));
}

/** @param {Pane} pane */
function centre({ left, top, width, height }) {
  return { x: left + width / 2, y: top + height / 2 };
}

/**
 * @param {Pane} pane
 * @param {Point} at
 */
function distance({ left, top, width, height }, { x, y }) {
  return Math.hypot(x - intoRange(x, left, left + width), y - intoRange(y, top, top + height));
}

/**
 * @param {number} value
 * @param {number} least
 * @param {number} most
 */
function intoRange(value, least, most) {
  return Math.min(most, Math.max(least, value));
}
