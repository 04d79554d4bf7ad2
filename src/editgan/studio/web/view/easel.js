// One gesture of painting at a time: runs its tool, shows the store the labels as they become, and makes it one undo.
// No document; stage.js says where pointers are, tools.js what they do.

import { copyMap } from "../labels/labelmap.js";
import { TOOLS } from "./tools.js";

/** @import { History, LabelMap, StageState, ToolName } from "../types" */
/** @import { Store } from "../state.js" */
/** @import { Point } from "../labels/labelmap.js" */
/** @import { Drag, Preview } from "./tools.js" */

/**
 * @typedef {object} Easel
 * @property {(tool: ToolName, at: Point) => void} press
 * @property {(points: Point[]) => void} drag
 * @property {() => void} release ends the gesture where it was last
 * @property {() => void} abandon as if it had never begun
 * @property {(paint: (labels: LabelMap) => void) => void} change a whole gesture at once
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {() => void} tell whether there is something to undo and redo
 * @property {Preview | null} preview
 * @property {boolean} isPainting
 */

/**
 * @param {Store<StageState>} store
 * @param {History} history
 * @param {() => void} redraw for what the store does not say: a preview
 * @returns {Easel}
 */
export function createEasel(store, history, redraw) {
  /** @type {{ drag: Drag, before: LabelMap, labels: LabelMap, shown: LabelMap, last: Point } | null} */
  let gesture = null;
  /** @type {Preview | null} */
  let preview = null;

  /** @param {Partial<StageState>} [patch] */
  const tell = (patch = {}) => store.update({ ...patch, canUndo: history.canUndo, canRedo: history.canRedo });

  function show() {
    if (!gesture || gesture.labels.ids.every((id, index) => id === gesture?.shown.ids[index])) return;
    gesture.shown = copyMap(gesture.labels); // the state must not change under those who read it
    store.update({ labels: gesture.shown });
  }

  /** Whether the labels are still those of this gesture: `load` or the page may have put others there. */
  const isCurrent = () => gesture !== null && store.get().labels === gesture.shown;

  /** @param {LabelMap} labels what is left of the gesture */
  function close(labels) {
    const wasCurrent = isCurrent();
    gesture?.drag.return();
    gesture = null;
    preview = null;
    if (wasCurrent) {
      history.end(labels);
      tell(store.get().labels === labels ? {} : { labels });
    }
    redraw();
  }

  /** @param {Point[]} points */
  function drag(points, isLast = false) {
    if (!gesture) return;
    if (!isCurrent()) return close(gesture.labels);
    for (const [index, { x, y }] of points.entries()) {
      gesture.last = { x, y };
      gesture.drag.next({ x, y, isLast: isLast && index === points.length - 1 });
    }
    show();
    redraw();
  }

  /** @param {(labels: LabelMap) => LabelMap} step */
  function replace(step) {
    if (gesture) return close(gesture.before); // the gesture in flight is what is undone
    const { labels } = store.get();
    if (labels) tell({ labels: step(labels) });
  }

  return {
    press(tool, at) {
      const { labels: before, base, part, brushPx } = store.get();
      if (!before || tool === "pan") return;
      if (gesture) this.release();
      const labels = copyMap(before);
      history.begin(before);
      const sheet = {
        ...{ labels, before, base, part, brushPx },
        show: (/** @type {Preview} */ next) => (preview = next),
        pick: (/** @type {number} */ id) => store.update({ part: id }),
      };
      gesture = { drag: TOOLS[tool](sheet, at), before, labels, shown: before, last: at };
      drag([at]); // a generator's first `next` only starts it
    },
    drag: (points) => drag(points),
    release() {
      if (!gesture) return;
      drag([gesture.last], true);
      if (gesture) close(gesture.shown);
    },
    abandon() {
      if (gesture) close(gesture.before);
    },
    change(paint) {
      if (gesture) this.release();
      const { labels: before } = store.get();
      if (!before) return;
      const labels = copyMap(before);
      history.begin(before);
      paint(labels);
      history.end(labels);
      tell({ labels });
    },
    undo: () => replace((labels) => history.undo(labels)),
    redo: () => replace((labels) => history.redo(labels)),
    tell: () => tell(),
    get preview() {
      return preview;
    },
    get isPainting() {
      return gesture !== null;
    },
  };
}
