// A square inside a photo: moved, resized by a corner, never outside. Numbers only.

/** @typedef {{ x: number, y: number, size: number }} Square in the photo's pixels */
/** @typedef {"nw" | "ne" | "sw" | "se"} Corner */

const SMALLEST = 16; // px of the photo

/** @param {Square} square @param {number} width @param {number} height of the photo @returns {Square} */
export function inside({ x, y, size }, width, height) {
  const fitted = Math.min(Math.max(size, Math.min(SMALLEST, width, height)), width, height);
  const keep = (/** @type {number} */ at, /** @type {number} */ side) => Math.min(Math.max(at, 0), side - fitted);
  return { x: keep(x, width), y: keep(y, height), size: fitted };
}

/**
 * The opposite corner stays where it is.
 * @param {Square} square @param {Corner} corner @param {number} x @param {number} y @param {number} width
 * @param {number} height
 * @returns {Square}
 */
export function dragCorner(square, corner, x, y, width, height) {
  const [isTop, isLeft] = [corner[0] === "n", corner[1] === "w"];
  const fixedX = isLeft ? square.x + square.size : square.x;
  const fixedY = isTop ? square.y + square.size : square.y;
  const wanted = Math.max(isLeft ? fixedX - x : x - fixedX, isTop ? fixedY - y : y - fixedY);
  const room = Math.min(isLeft ? fixedX : width - fixedX, isTop ? fixedY : height - fixedY);
  const size = Math.min(Math.max(wanted, SMALLEST), room);
  return { x: isLeft ? fixedX - size : fixedX, y: isTop ? fixedY - size : fixedY, size };
}

/**
 * Where to begin: the given box, what was found, or the middle.
 * @param {import("../types").Document} document
 * @returns {Square}
 */
export function firstSquare({ box, frame, width, height }) {
  const whole = Math.min(width, height);
  if (box) return inside({ x: box[0], y: box[1], size: Math.max(box[2], box[3]) }, width, height);
  if (frame) {
    const [xs, ys] = [frame.map(([x]) => x), frame.map(([, y]) => y)];
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    return inside({ x: left, y: top, size: Math.max(Math.max(...xs) - left, Math.max(...ys) - top) }, width, height);
  }
  return { x: (width - whole * 0.7) / 2, y: (height - whole * 0.7) / 2, size: whole * 0.7 };
}
