// The tools, beside the stage.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { keyOf } from "../shortcuts.js";
import { t } from "../words.js";
import { fillRange } from "./range.js";

/** @typedef {import("../types").ToolName} ToolName */

/** @type {ToolName[]} */
const TOOLS = ["brush", "eraser", "fill", "lasso", "rectangle", "eyedropper", "move", "pan"];
const LARGEST = 0.25; // of the label map's side

/** @param {import("../types").AppStore} store @param {import("../types").Stage} stage */
export function createRail(store, stage) {
  const tools = TOOLS.map((tool) => {
    const act = () => store.update({ tool });
    return button(tool, `tool_${tool}`, keyOf(tool), act, { role: "radio", "data-tool": tool });
  });
  const grow = button("grow", "grow", keyOf("grow"), () => stage.resizePart(1));
  const shrink = button("shrink", "shrink", keyOf("shrink"), () => stage.resizePart(-1));
  const undo = button("undo", "undo", keyOf("undo"), () => stage.undo());
  const redo = button("redo", "redo", keyOf("redo"), () => stage.redo());

  const size = h("input", {
    type: "range",
    min: 1,
    step: 1,
    "aria-label": t("brush_size"),
    title: `${t("brush_size")} ([ ])`,
    oninput: () => store.update({ brushPx: size.valueAsNumber }),
  });
  const sizeShown = h("output", { class: "number" });

  function draw() {
    const { tool, brushPx, canUndo, canRedo, isBusy, labels } = store.get();
    for (const each of tools) {
      const isChosen = each.dataset.tool === tool;
      each.setAttribute("aria-checked", String(isChosen));
      each.tabIndex = isChosen ? 0 : -1;
    }
    const canPaint = labels !== null && !isBusy;
    grow.disabled = shrink.disabled = !canPaint;
    undo.disabled = !canUndo || isBusy;
    redo.disabled = !canRedo || isBusy;
    size.max = String(Math.max(8, Math.round((labels?.side ?? 64) * LARGEST)));
    size.value = String(brushPx);
    fillRange(size, 0);
    sizeShown.value = t("pixels", { count: brushPx });
  }
  draw();
  store.subscribe(draw, "tool", "brushPx", "canUndo", "canRedo", "isBusy", "labels");

  const group = h("div", { class: "rail-tools", role: "radiogroup", "aria-label": t("tools"), onkeydown: walk }, tools);
  /** Arrow keys choose, as in any radio group. @param {KeyboardEvent} event */
  function walk(event) {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const next = tools[(TOOLS.indexOf(store.get().tool) + step + TOOLS.length) % TOOLS.length];
    next.click();
    next.focus();
  }
  const line = () => h("hr", null);
  return h(
    "div",
    { class: "rail", role: "toolbar", "aria-label": t("tools"), "aria-orientation": "vertical" },
    ...[group, line(), h("label", { class: "brush-size" }, size, sizeShown)],
    ...[line(), grow, shrink, line(), undo, redo],
  );
}

/**
 * @param {string} drawn @param {import("../words.js").Word} word @param {string} key @param {() => void} onclick
 * @param {Record<string, string>} [more]
 */
function button(drawn, word, key, onclick, more = {}) {
  const label = t(word);
  const keys = key ? ` (${key})` : "";
  return h("button", { type: "button", "aria-label": label, title: label + keys, onclick, ...more }, icon(drawn));
}
