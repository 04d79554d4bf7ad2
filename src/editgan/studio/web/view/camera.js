// What part of the picture the stage shows: its panes, and the zoom and pan that the store holds.

import {
  dividerX,
  frameIn,
  paneAt,
  panBy,
  panesOf,
  panToShow,
  pinch,
  positionAt,
  toLabels,
  toStage,
  visibleBox,
  zoomAbout,
} from "./geometry.js";

/** @import { StageState } from "../types" */
/** @import { Store } from "../state.js" */
/** @import { Point } from "../labels/labelmap.js" */
/** @import { Pane, View } from "./geometry.js" */
/** @import { Shot } from "./layers.js" */

const MARGIN_PX = 24; // between a cross-hair that is brought into sight and the edge

/** @typedef {ReturnType<typeof createCamera>} Camera */

/**
 * @param {Store<StageState>} store
 * @param {() => { width: number, height: number }} size of the stage
 * @param {() => boolean} isRightToLeft
 */
export function createCamera(store, size, isRightToLeft) {
  /** @returns {Shot[]} */
  function shots() {
    const { width, height } = size();
    const state = store.get();
    const layout = state.compare === "slider" ? "over" : state.layout; // before and after need one frame to share
    const panes = panesOf(width, height, layout, isRightToLeft());
    return panes.map((pane) => ({ pane, frame: frameIn(pane, state) }));
  }

  /** @param {Point} at on the stage */
  function shotAt(at) {
    const all = shots();
    const pane = paneAt(all.map((shot) => shot.pane), at);
    return /** @type {Shot} */ (all.find((shot) => shot.pane === pane));
  }

  /**
   * @param {Point} at
   * @param {(pane: Pane, view: View) => View} change
   */
  const turn = (at, change) => store.update(change(shotAt(at).pane, store.get()));

  const visible = () => {
    const [{ pane, frame }] = shots();
    return visibleBox(pane, frame);
  };

  return {
    shots,
    shotAt,
    visible,
    /**
     * @param {Shot} shot
     * @param {Point} at on the stage
     */
    labelsAt: ({ frame }, at) => toLabels(frame, store.get().labels?.side ?? 1, at),
    /** @param {Point} at in label pixels */
    show(at) {
      const [{ pane, frame }] = shots();
      const there = toStage(frame, store.get().labels?.side ?? 1, at);
      store.update(panToShow(pane, store.get(), there, MARGIN_PX));
    },
    /**
     * @param {Point} at
     * @param {number} dx
     * @param {number} dy
     */
    pan: (at, dx, dy) => turn(at, (pane, view) => panBy(pane, view, dx, dy)),
    /**
     * @param {Point} at
     * @param {number} factor
     */
    zoom: (at, factor) => turn(at, (pane, view) => zoomAbout(pane, view, at, factor)),
    /**
     * @param {[Point, Point]} from
     * @param {[Point, Point]} to
     */
    pinch: (from, to) => turn(from[0], (pane, view) => pinch(pane, view, from, to)),
    /** The middle of the first pane. */
    middle() {
      const [{ pane }] = shots();
      return { x: pane.left + pane.width / 2, y: pane.top + pane.height / 2 };
    },
    fit: () => store.update({ zoom: 1, panX: 0, panY: 0 }),
    dividerX: () => dividerX(visible(), store.get().comparePosition, isRightToLeft()),
    /** @param {number} x where the compare handle goes */
    slideTo: (x) => store.update({ comparePosition: positionAt(visible(), x, isRightToLeft()) }),
  };
}
