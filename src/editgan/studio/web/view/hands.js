// What pointers and keys do to the stage: paint, pan, zoom, slide the compare handle, hover.

import { idAt } from "../labels/labelmap.js";
import { showsLabels } from "./layers.js";
import { HANDLE_PX } from "./marks.js";

/** @import { StageState } from "../types" */
/** @import { Store } from "../state.js" */
/** @import { Point } from "../labels/labelmap.js" */
/** @import { Camera } from "./camera.js" */
/** @import { Easel } from "./easel.js" */
/** @import { Acts, Kind, Wish } from "./gestures.js" */
/** @import { KeyActs } from "./keyboard.js" */
/** @import { Shot } from "./layers.js" */
/** @import { Cursor } from "./scene.js" */

const PAN_STEP_PX = 24; // of an arrow key
const SLIDE_STEP = 0.02;

/** @param {StageState} state */
export function canPaint(state) {
  return state.labels !== null && !state.isBusy && showsLabels(state);
}

/** @param {Store<StageState>} store */
const hoverer = (store) => (/** @type {number | null} */ id) => {
  if (store.get().hovered !== id) store.update({ hovered: id });
};

/**
 * @param {Store<StageState>} store
 * @param {Camera} camera
 * @param {Easel} easel
 * @param {(cursor: Cursor | null, style: string) => void} setCursor
 * @returns {Acts}
 */
export function pointerActs(store, camera, easel, setCursor) {
  /** @type {Shot | "handle" | null} */
  let drawnOn = null; // a drag stays in the pane where it began
  const hover = hoverer(store);

  /** @param {Point} at */
  const isOnHandle = (at) => store.get().compare === "slider" && Math.abs(at.x - camera.dividerX()) <= HANDLE_PX;

  /**
   * @param {Point} at
   * @param {Kind | null} kind
   */
  function styleAt(at, kind) {
    const state = store.get();
    if (kind === "pan") return "grabbing";
    if (drawnOn === "handle" || isOnHandle(at)) return "ew-resize";
    if (state.tool === "pan" || !canPaint(state)) return "grab";
    return state.tool === "move" ? "move" : "crosshair";
  }

  /**
   * @param {Point} at
   * @param {Wish} wish
   * @returns {Kind}
   */
  function press(at, { wantsPan, wantsEraser, wantsColor }) {
    const state = store.get();
    drawnOn = null;
    if (!wantsPan && isOnHandle(at)) {
      drawnOn = "handle";
      return "draw";
    }
    if (wantsPan || state.tool === "pan" || !canPaint(state)) return "pan";
    const shot = camera.shotAt(at);
    drawnOn = shot;
    const tool = wantsEraser ? "eraser" : wantsColor ? "eyedropper" : state.tool;
    easel.press(tool, camera.labelsAt(shot, at));
    return "draw";
  }

  return {
    press,
    draw(points) {
      const shot = drawnOn;
      if (shot === "handle") camera.slideTo(points[points.length - 1].x);
      else if (shot) easel.drag(points.map((at) => camera.labelsAt(shot, at)));
    },
    release() {
      drawnOn = null;
      easel.release();
    },
    abandon() {
      drawnOn = null;
      easel.abandon();
    },
    pan: (dx, dy, at) => camera.pan(at, dx, dy),
    pinch: camera.pinch,
    zoom: camera.zoom,
    hover(at, kind) {
      if (!at) {
        hover(null);
        return setCursor(null, "");
      }
      const state = store.get();
      const shot = drawnOn && drawnOn !== "handle" ? drawnOn : camera.shotAt(at);
      const place = camera.labelsAt(shot, at);
      if (!easel.isPainting) hover(state.labels && showsLabels(state) ? idAt(state.labels, place) : null);
      const isShown = state.tool !== "pan" && kind !== "pan";
      setCursor(isShown ? { at: place, pane: shot.pane, isKeyboard: false } : null, styleAt(at, kind));
    },
  };
}

/**
 * @param {Store<StageState>} store
 * @param {Camera} camera
 * @param {Easel} easel
 * @param {() => Cursor | null} getCursor
 * @param {(cursor: Cursor | null) => void} setCursor
 * @returns {Pick<KeyActs, "step" | "press" | "release" | "hasCrosshair">}
 */
export function keyActs(store, camera, easel, getCursor, setCursor) {
  const hover = hoverer(store);

  /**
   * @param {number} dx label pixels
   * @param {number} dy
   */
  function moveCrosshair(dx, dy) {
    const state = store.get();
    const side = state.labels?.side ?? 1;
    const [shot] = camera.shots();
    const from = getCursor()?.at ?? camera.labelsAt(shot, camera.middle());
    const [x, y] = [from.x + dx, from.y + dy].map((value) => Math.min(side - 1, Math.max(0, Math.floor(value))) + 0.5);
    setCursor({ at: { x, y }, pane: null, isKeyboard: true });
    camera.show({ x, y });
    if (easel.isPainting) easel.drag([{ x, y }]);
    else if (state.labels) hover(idAt(state.labels, { x, y }));
  }

  return {
    step(dx, dy) {
      const state = store.get();
      if (state.compare === "slider" && dx) {
        const visible = camera.visible();
        camera.slideTo(camera.dividerX() + dx * SLIDE_STEP * visible.width);
      } else if (state.tool === "pan" || !canPaint(state)) {
        camera.pan(camera.middle(), -dx * PAN_STEP_PX, -dy * PAN_STEP_PX);
      } else {
        moveCrosshair(dx, dy);
      }
    },
    press() {
      const state = store.get();
      if (state.tool === "pan" || !canPaint(state)) return;
      const cursor = getCursor();
      if (cursor) easel.press(state.tool, cursor.at);
    },
    release() {
      easel.release();
      if (getCursor()?.isKeyboard) moveCrosshair(0, 0); // another class may lie under it now
    },
    hasCrosshair: () => getCursor()?.isKeyboard ?? false,
  };
}
