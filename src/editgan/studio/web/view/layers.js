// What lies on the stage, from the bottom up: picture, labels, heat. marks.js draws what lies on top of that.

import { overlayPixels } from "../labels/palette.js";
import { dividerX, visibleBox } from "./geometry.js";

/** @import { StageState } from "../types" */
/** @import { Box } from "../labels/labelmap.js" */
/** @import { Frame, Pane } from "./geometry.js" */

/** @typedef {{ pane: Pane, frame: Frame }} Shot a pane, and the frame seen through it */

/** Whether labels can be seen, and so painted. @param {StageState} state */
export function showsLabels({ compare, layout }) {
  return compare === "off" || (compare === "heat" && layout === "beside");
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {StageState} state
 * @param {Shot} shot
 * @param {(opacity: number) => CanvasImageSource | null} labelImage
 * @param {boolean} isRightToLeft
 */
export function drawLayers(context, state, { pane, frame }, labelImage, isRightToLeft) {
  const { shows } = pane;
  const isBeside = shows !== "both";
  if (shows !== "labels") drawPicture(context, state, pane, frame, isRightToLeft);
  const hasLabels = shows !== "picture" && showsLabels(state);
  if (hasLabels) drawImage(context, labelImage(isBeside ? 1 : state.opacity), frame, false);
  if (shows !== "labels" && state.compare === "heat") drawImage(context, state.overlay, frame, true);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {StageState} state
 * @param {Pane} pane
 * @param {Frame} frame
 * @param {boolean} isRightToLeft
 */
function drawPicture(context, { before, picture, compare, comparePosition }, pane, frame, isRightToLeft) {
  drawImage(context, picture ?? before, frame, true);
  if (compare !== "slider" || !before) return;
  const visible = visibleBox(pane, frame);
  const x = dividerX(visible, comparePosition, isRightToLeft);
  const left = isRightToLeft ? x : visible.left;
  const right = isRightToLeft ? visible.left + visible.width : x;
  clipped(context, { ...visible, left, width: right - left }, () => drawImage(context, before, frame, true));
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {CanvasImageSource | null} image
 * @param {Frame} frame
 * @param {boolean} isSmooth pictures are; class ids have nothing in between
 */
function drawImage(context, image, { left, top, size }, isSmooth) {
  if (!image) return;
  context.imageSmoothingEnabled = isSmooth;
  context.imageSmoothingQuality = "high";
  context.drawImage(image, left, top, size, size);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Box} box
 * @param {() => void} draw
 */
export function clipped(context, { left, top, width, height }, draw) {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  draw();
  context.restore();
}

/** Keeps the labels' image as long as nothing in it changes. */
export function createLabelImage() {
  const canvas = document.createElement("canvas");
  /** @type {unknown[]} */
  let drawn = [];
  /**
   * @param {StageState} state
   * @param {number | null} hovered
   * @param {number} opacity
   */
  return ({ labels, parts }, hovered, opacity) => {
    if (!labels || !parts) return null;
    const wanted = [labels, parts, hovered, opacity];
    if (wanted.every((value, index) => value === drawn[index])) return canvas;
    drawn = wanted;
    canvas.width = canvas.height = labels.side;
    const pixels = new ImageData(overlayPixels(labels, parts, opacity, hovered), labels.side, labels.side);
    canvas.getContext("2d")?.putImageData(pixels, 0, 0);
    return canvas;
  };
}
