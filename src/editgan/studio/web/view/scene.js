// Draws the whole stage: every pane's layers, then the marks over them.

import { dabMask } from "../labels/brush.js";
import { KEEP, isMarked, layerOf, scaleOf } from "../labels/keep.js";
import { maskOf } from "../labels/labelmap.js";
import { outlineOf } from "../labels/outline.js";
import { cssColor } from "../labels/palette.js";
import { dividerX, visibleBox } from "./geometry.js";
import { createKeepShape } from "./kept.js";
import { clipped, createLabelImage, drawLayers, showsLabels } from "./layers.js";
import { drawCrosshair, drawDab, drawFocusRing, drawHandle, drawOutline, drawPreview } from "./marks.js";
import { isRightToLeft } from "./screen.js";

/** @import { LabelMap, StageState } from "../types" */
/** @import { Point } from "../labels/labelmap.js" */
/** @import { Frame, Pane } from "./geometry.js" */
/** @import { Shot } from "./layers.js" */
/** @import { Screen, Theme } from "./screen.js" */
/** @import { Preview } from "./tools.js" */

/**
 * Where painting would happen: in label pixels, and in which pane the pointer itself is.
 * @typedef {{ at: Point, pane: Pane | null, isKeyboard: boolean }} Cursor
 */

/**
 * What only a gesture knows.
 * @typedef {object} Passing
 * @property {Cursor | null} cursor
 * @property {Preview & { side: number } | null} preview
 * @property {boolean} isPainting
 * @property {boolean} hasFocusRing
 */

/** @param {Screen} screen */
export function createScene(screen) {
  const { context } = screen;
  const labelImage = createLabelImage();
  const partOutline = createPartOutline();
  const drawKeep = createKeepShape();

  /**
   * @param {StageState} state
   * @param {Shot[]} shots
   * @param {Passing} passing
   */
  return function draw(state, shots, passing) {
    const { width, height } = screen.size();
    const theme = screen.theme();
    const hovered = passing.isPainting ? null : state.hovered; // it would flicker under the brush
    context.clearRect(0, 0, width, height);
    for (const shot of shots) {
      clipped(context, shot.pane, () => {
        const image = (/** @type {number} */ opacity) => labelImage(state, hovered, opacity);
        drawLayers(context, state, shot, image, isRightToLeft());
        if (!state.labels || !showsLabels(state)) return;
        const lines = partOutline(state.labels, hovered);
        if (lines.length) drawOutline(context, shot.frame, state.labels.side, lines);
        const isKeepShown = state.showsKeep || state.part === KEEP;
        if (state.keep && isKeepShown && isMarked(state.keep)) drawKeep(context, shot.frame, state.keep);
        drawPassing(context, state, state.labels, shot, passing, theme);
      });
    }
    if (state.compare === "slider") drawSlider(context, state, shots[0], theme);
    if (passing.hasFocusRing) drawFocusRing(context, { width, height }, theme.accent);
  };
}

/**
 * Preview and cursor, in every pane: what is done in one is done in both.
 * @param {CanvasRenderingContext2D} context
 * @param {StageState} state
 * @param {LabelMap} labels
 * @param {Shot} shot
 * @param {Passing} passing
 * @param {Theme} theme
 */
function drawPassing(context, state, { side }, { pane, frame }, passing, theme) {
  const { cursor, preview } = passing;
  const { tool, part, parts, isBusy } = state;
  const known = parts?.classes.find(({ id }) => id === part);
  const color = known ? cssColor(known.color) : theme.accent;
  if (preview) drawPreview(context, frame, preview.side, preview, color, theme.accent);
  if (!cursor || isBusy) return;
  const hasBrush = tool === "brush" || tool === "eraser";
  if (hasBrush) drawBrush(context, state, frame, cursor.at, tool === "brush" ? color : null);
  // The system draws the pointer itself, in the pane where it is
  const isMirrored = cursor.pane !== null && cursor.pane.shows !== pane.shows;
  if (cursor.isKeyboard || (isMirrored && !hasBrush)) {
    drawCrosshair(context, frame, side, cursor.at, cursor.isKeyboard);
  }
}

/**
 * What a dab would paint, in the pixels of the layer that it paints on.
 * @param {CanvasRenderingContext2D} context
 * @param {StageState} state
 * @param {Frame} frame
 * @param {Point} at in label pixels
 * @param {string | null} color
 */
function drawBrush(context, { tool, part, brushPx, labels, ...layers }, frame, at, color) {
  const map = { ...layers, labels }[layerOf(part, tool)];
  if (!map) return;
  const scale = scaleOf(map, labels);
  const mask = dabMask(map.side, { x: at.x * scale, y: at.y * scale }, brushPx * scale);
  drawDab(context, frame, map.side, mask, color);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {StageState} state
 * @param {Shot} shot
 * @param {Theme} theme
 */
function drawSlider(context, { comparePosition }, { pane, frame }, theme) {
  const visible = visibleBox(pane, frame);
  drawHandle(context, visible, dividerX(visible, comparePosition, isRightToLeft()), theme);
}

/** Keeps the outline of the hovered part as long as it is the same. */
function createPartOutline() {
  /** @type {{ labels: LabelMap, hovered: number | null, lines: number[] } | null} */
  let kept = null;
  /**
   * @param {LabelMap} labels
   * @param {number | null} hovered
   */
  return (labels, hovered) => {
    if (kept?.labels === labels && kept.hovered === hovered) return kept.lines;
    const lines = hovered === null ? [] : outlineOf(maskOf(labels, [hovered]), labels.side);
    kept = { labels, hovered, lines };
    return lines;
  };
}
