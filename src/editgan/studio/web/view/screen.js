// The canvas element: as many pixels as the display has, and the page's colours.

/**
 * @typedef {object} Screen
 * @property {HTMLCanvasElement} canvas
 * @property {CanvasRenderingContext2D} context scaled so that one unit is one CSS pixel
 * @property {() => { width: number, height: number }} size in CSS pixels
 * @property {() => Theme} theme
 */

/** @typedef {{ stage: string, accent: string, ink: string }} Theme */

/**
 * @param {HTMLElement} element gets a canvas that fills it
 * @param {string} label what a screen reader calls it
 * @param {() => void} redraw after changes of size, density, theme or reading direction
 * @param {AbortSignal} signal
 * @returns {Screen}
 */
export function createScreen(element, label, redraw, signal) {
  const canvas = createCanvas(label);
  if (getComputedStyle(element).position === "static") element.style.position = "relative";
  element.append(canvas);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const size = { width: 0, height: 0 };

  const resizes = new ResizeObserver(([entry]) => {
    const { width, height } = entry.contentRect;
    const ratio = window.devicePixelRatio || 1;
    const exact = entry.devicePixelContentBoxSize?.[0]; // not in Safari
    canvas.width = exact?.inlineSize ?? Math.round(width * ratio);
    canvas.height = exact?.blockSize ?? Math.round(height * ratio);
    Object.assign(size, { width, height });
    context.setTransform(canvas.width / (width || 1), 0, 0, canvas.height / (height || 1), 0, 0);
    redraw();
  });
  observeDevicePixels(resizes, canvas);
  const attributes = new MutationObserver(redraw); // of <html>: theme, dir
  attributes.observe(document.documentElement, { attributes: true });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw, { signal });
  signal.addEventListener("abort", () => {
    resizes.disconnect();
    attributes.disconnect();
    canvas.remove();
  });

  return { canvas, context, size: () => size, theme: () => themeOf(canvas) };
}

/** @param {string} label */
function createCanvas(label) {
  const canvas = document.createElement("canvas");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application"); // arrow keys are ours, not a screen reader's
  canvas.setAttribute("aria-label", label);
  Object.assign(canvas.style, {
    position: "absolute", // or a canvas that follows its box would keep the box from shrinking
    inset: "0",
    width: "100%",
    height: "100%",
    touchAction: "none",
    userSelect: "none",
    outline: "none", // the focus ring is drawn inside, where no overflow cuts it off
    // Custom properties go through real ones: so the browser resolves light-dark(), var(), color-mix() for the canvas
    backgroundColor: "var(--stage, #808080)",
    color: "var(--accent, #0072b2)",
    caretColor: "var(--ink, #111)",
  });
  return canvas;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @returns {Theme}
 */
function themeOf(canvas) {
  const { backgroundColor, color, caretColor } = getComputedStyle(canvas);
  return { stage: backgroundColor, accent: color, ink: caretColor };
}

export function isRightToLeft() {
  return document.documentElement.dir === "rtl";
}

/**
 * @param {ResizeObserver} observer
 * @param {HTMLCanvasElement} canvas
 */
function observeDevicePixels(observer, canvas) {
  try {
    observer.observe(canvas, { box: "device-pixel-content-box" }); // also sees a change of density alone
  } catch {
    observer.observe(canvas);
  }
}
