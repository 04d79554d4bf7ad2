// Colours of classes.

/** @import { LabelMap, Parts } from "../types" */

/** @typedef {[number, number, number]} Color red, green, blue, 0..255 */

// Okabe and Ito, "Color Universal Design" (2008): told apart with any of the common kinds of colour blindness
/** @type {Color[]} */
export const OKABE_ITO = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
  [240, 228, 66],
  [0, 114, 178],
  [213, 94, 0],
  [204, 121, 167],
];
const LIGHTER = 0.5; // share of white, for classes 8 to 14
const DARKER = 0.5; // share of black, for classes 15 to 21
const HOVERED = 0.2; // of what is left to full opacity

/**
 * A colour for one more class: the next of the palette (then its lighter, then its darker tints) that is not taken;
 * once all are, the one farthest from those in use.
 * @param {Color[]} used
 * @returns {Color}
 */
export function newColor(used) {
  const candidates = [
    ...OKABE_ITO,
    ...OKABE_ITO.map((color) => mix(color, [255, 255, 255], LIGHTER)),
    ...OKABE_ITO.map((color) => mix(color, [0, 0, 0], DARKER)),
  ];
  /** @param {Color} color */
  const room = (color) => Math.min(...used.map((other) => distance(color, other)), Infinity);
  return candidates.find((color) => room(color) > 30) ?? mostOf(candidates, room);
}

/**
 * RGBA bytes of a label map, to lay over a picture.
 * @param {LabelMap} labels
 * @param {Parts} parts
 * @param {number} opacity 0..1
 * @param {number | null} [hovered] this class stands out
 * @returns {Uint8ClampedArray<ArrayBuffer>}
 */
export function overlayPixels(labels, parts, opacity, hovered = null) {
  const table = new Uint8ClampedArray(256 * 4); // a class that has no colour stays transparent
  for (const { id, color } of parts.classes) {
    const alpha = id === hovered ? opacity + (1 - opacity) * HOVERED : opacity;
    table.set([...color, Math.round(alpha * 255)], id * 4);
  }
  const pixels = new Uint8ClampedArray(labels.ids.length * 4);
  const words = new Uint32Array(pixels.buffer);
  const colors = new Uint32Array(table.buffer);
  for (let index = 0; index < words.length; index += 1) words[index] = colors[labels.ids[index]];
  return pixels;
}

/**
 * Black or white, whichever reads better on a colour.
 * @param {Color} color
 */
export function inkOn(color) {
  const light = luminance(color); // WCAG 2 contrast: (lighter + 0.05) / (darker + 0.05)
  return (light + 0.05) ** 2 > 1.05 * 0.05 ? "#000" : "#fff";
}

/** @param {Color} color */
export function cssColor([red, green, blue]) {
  return `rgb(${red} ${green} ${blue})`;
}

/** @param {Color} color WCAG 2 relative luminance, 0..1 */
export function luminance(color) {
  const [red, green, blue] = color.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/**
 * @param {Color} one
 * @param {Color} other
 * @param {number} share of the other
 * @returns {Color}
 */
function mix(one, other, share) {
  const [red, green, blue] = one.map((value, index) => Math.round(value + (other[index] - value) * share));
  return [red, green, blue];
}

/**
 * @param {Color} one
 * @param {Color} other
 */
function distance(one, other) {
  return Math.hypot(...one.map((value, index) => value - other[index]));
}

/**
 * @template T
 * @param {T[]} items
 * @param {(item: T) => number} value
 */
function mostOf(items, value) {
  return items.reduce((best, item) => (value(item) > value(best) ? item : best));
}
