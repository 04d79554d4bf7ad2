// Mouse, touch and pen, told apart: one finger draws, two fingers pan and zoom, a wheel zooms, and so on. What
// drawing means here is for the stage to say.

/** @import { Point } from "../labels/labelmap.js" */

const LONG_STROKE_MS = 400; // after so long a second finger is a resting palm, not the start of a pinch
const WHEEL_ZOOM = 0.0015; // per CSS pixel of a wheel
const PINCH_ZOOM = 0.01; // per unit of a touchpad's pinch, which arrives as a wheel with Ctrl
const LINE_PX = 16; // of wheels that count lines
const PEN_ERASER = 5; // PointerEvent.button of a pen's other end

/** @typedef {"draw" | "pan"} Kind */
/** @typedef {{ wantsPan: boolean, wantsEraser: boolean, wantsColor: boolean }} Wish */

/**
 * @typedef {object} Acts
 * @property {(at: Point, wish: Wish) => Kind} press what the drag that begins here does
 * @property {(points: Point[]) => void} draw
 * @property {() => void} release
 * @property {() => void} abandon
 * @property {(dx: number, dy: number, at: Point) => void} pan
 * @property {(from: [Point, Point], to: [Point, Point]) => void} pinch
 * @property {(at: Point, factor: number) => void} zoom
 * @property {(at: Point | null, kind: Kind | null) => void} hover with what the pointer is doing
 */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Acts} acts
 * @param {() => boolean} isSpaceHeld
 * @param {AbortSignal} signal ends the listening
 * @returns {{ forget: () => void }} `forget` drops the drag in flight; its pointers do nothing until they are lifted
 */
export function listenToPointers(canvas, acts, isSpaceHeld, signal) {
  /** @type {Map<number, Point>} */
  const pointers = new Map();
  /** @type {{ kind: Kind | "pinch" | "spent", type: string, since: number } | null} */
  let drag = null;

  /** @param {{ clientX: number, clientY: number }} event */
  const placeOf = ({ clientX, clientY }) => {
    const { left, top } = canvas.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  };

  /** @param {PointerEvent} event */
  function onDown(event) {
    if (event.pointerType === "mouse" && event.button > 1) return; // the context menu's
    if (drag && !isSecondFinger(event)) return;
    event.preventDefault(); // no text selection, no autoscroll with the middle button
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, placeOf(event));
    if (drag) {
      if (drag.kind === "draw") acts.abandon();
      drag.kind = "pinch";
      return;
    }
    const wantsPan = event.button === 1 || isSpaceHeld();
    const wish = { wantsPan, wantsEraser: event.button === PEN_ERASER, wantsColor: event.altKey };
    const kind = acts.press(placeOf(event), wish);
    drag = { kind, type: event.pointerType, since: event.timeStamp };
    acts.hover(placeOf(event), kind);
  }

  /** @param {PointerEvent} event */
  function isSecondFinger(event) {
    if (!drag || drag.type !== "touch" || event.pointerType !== "touch" || pointers.size !== 1) return false;
    return drag.kind === "pan" || (drag.kind === "draw" && event.timeStamp - drag.since < LONG_STROKE_MS);
  }

  /** @param {PointerEvent} event */
  function onMove(event) {
    const at = placeOf(event);
    const from = pointers.get(event.pointerId);
    if (!drag) return acts.hover(at, null);
    if (!from) return;
    if (drag.kind === "pinch") {
      const [other] = [...pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
      if (other) acts.pinch([from, other], [at, other]);
    }
    pointers.set(event.pointerId, at);
    if (drag.kind === "pan") acts.pan(at.x - from.x, at.y - from.y, at);
    if (drag.kind === "draw") {
      const coalesced = event.getCoalescedEvents?.() ?? [];
      acts.draw(coalesced.length ? coalesced.map(placeOf) : [at]);
      acts.hover(at, "draw");
    }
  }

  /** @param {PointerEvent} event */
  function onEnd(event) {
    if (!pointers.delete(event.pointerId) || !drag) return;
    if (drag.kind === "draw") event.type === "pointerup" ? acts.release() : acts.abandon();
    if (drag.kind === "pinch") drag.kind = "spent"; // the other finger must not start to paint
    if (!pointers.size) drag = null;
    const isGone = event.pointerType === "touch" || event.type !== "pointerup";
    if (!drag) acts.hover(isGone ? null : placeOf(event), null);
  }

  /** @param {WheelEvent} event */
  function onWheel(event) {
    event.preventDefault(); // neither the page's scroll nor the browser's own zoom
    const px = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : LINE_PX);
    acts.zoom(placeOf(event), Math.exp(-px * (event.ctrlKey ? PINCH_ZOOM : WHEEL_ZOOM)));
    if (!drag) acts.hover(placeOf(event), null); // the picture has moved under the pointer
  }

  canvas.addEventListener("pointerdown", onDown, { signal });
  canvas.addEventListener("pointermove", onMove, { signal });
  canvas.addEventListener("pointerup", onEnd, { signal });
  canvas.addEventListener("pointercancel", onEnd, { signal });
  canvas.addEventListener("lostpointercapture", onEnd, { signal });
  canvas.addEventListener("pointerleave", () => drag || acts.hover(null, null), { signal });
  canvas.addEventListener("wheel", onWheel, { signal, passive: false });
  return {
    forget() {
      if (drag) drag.kind = "spent";
    },
  };
}
