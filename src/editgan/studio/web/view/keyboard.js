// The stage without a mouse: arrows move a cross-hair (or the compare handle); where it shows, Space or Enter paints for
// as long as it is held. Without a cross-hair a mouse is in use: Space held pans, and Enter is not ours.

const ARROWS = new Map([
  ["ArrowLeft", [-1, 0]],
  ["ArrowRight", [1, 0]],
  ["ArrowUp", [0, -1]],
  ["ArrowDown", [0, 1]],
]);
const FAST = 8; // times, with Shift

/**
 * @typedef {object} KeyActs
 * @property {(dx: number, dy: number) => void} step
 * @property {() => void} press
 * @property {() => void} release
 * @property {() => boolean} escape whether there was something to abandon
 * @property {() => boolean} hasCrosshair
 */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {KeyActs} acts
 * @param {AbortSignal} signal
 * @returns {{ isSpaceHeld: () => boolean }}
 */
export function listenToKeys(canvas, acts, signal) {
  let isSpaceHeld = false;
  let painting = ""; // the key that paints

  function stop() {
    isSpaceHeld = false;
    if (painting) acts.release();
    painting = "";
  }

  /** @param {KeyboardEvent} event */
  function isTaken(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false; // the page's shortcuts
    const arrow = ARROWS.get(event.key);
    if (arrow) {
      const times = event.shiftKey ? FAST : 1;
      acts.step(arrow[0] * times, arrow[1] * times);
      return true;
    }
    if (event.key === "Escape") return acts.escape();
    if (event.key !== " " && event.key !== "Enter") return false;
    if (painting || (event.repeat && isSpaceHeld)) return true;
    if (acts.hasCrosshair()) {
      painting = event.key;
      acts.press();
      return true;
    }
    isSpaceHeld = event.key === " ";
    return isSpaceHeld; // Enter after a mouse is the page's
  }

  /** @param {KeyboardEvent} event */
  function onDown(event) {
    if (!isTaken(event)) return;
    event.preventDefault(); // the page must not scroll
    event.stopPropagation();
  }

  /** @param {KeyboardEvent} event */
  function onUp(event) {
    if (event.key === " " || event.key === painting) stop();
  }

  canvas.addEventListener("keydown", onDown, { signal });
  canvas.addEventListener("keyup", onUp, { signal });
  canvas.addEventListener("blur", stop, { signal });
  return { isSpaceHeld: () => isSpaceHeld };
}
