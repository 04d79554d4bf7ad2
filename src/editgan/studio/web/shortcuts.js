// What the keys do: one table for the page, its tooltips and its help sheet.

import { isTyping } from "./dom.js";
import { KEEP, layerOf } from "./labels/keep.js";

/** @typedef {import("./types").AppStore} AppStore */
/** @typedef {import("./types").ToolName} ToolName */
/** @typedef {import("./words.js").Word} Word */

/** @type {{ id: string, word: Word, keys: string[] }[]} */
export const SHORTCUTS = [
  { id: "brush", word: "tool_brush", keys: ["B"] },
  { id: "eraser", word: "tool_eraser", keys: ["E"] },
  { id: "fill", word: "tool_fill", keys: ["F"] },
  { id: "lasso", word: "tool_lasso", keys: ["L"] },
  { id: "rectangle", word: "tool_rectangle", keys: ["R"] },
  { id: "eyedropper", word: "tool_eyedropper", keys: ["I"] },
  { id: "move", word: "tool_move", keys: ["V"] },
  { id: "pan", word: "tool_pan", keys: ["H"] },
  { id: "hold", word: "short_pan_hold", keys: ["Space"] },
  { id: "part", word: "short_parts", keys: ["1 … 9"] },
  { id: "keep", word: "keep_this", keys: ["K"] },
  { id: "smaller", word: "brush_smaller", keys: ["["] },
  { id: "larger", word: "brush_larger", keys: ["]"] },
  { id: "grow", word: "grow", keys: ["."] },
  { id: "shrink", word: "shrink", keys: [","] },
  { id: "undo", word: "undo", keys: ["Ctrl+Z"] },
  { id: "redo", word: "redo", keys: ["Ctrl+Shift+Z"] },
  { id: "apply", word: "short_apply", keys: ["Enter", "Ctrl+Enter"] },
  { id: "stop", word: "short_stop", keys: ["Esc"] },
  { id: "compare", word: "compare", keys: ["C"] },
  { id: "heat", word: "compare_heat", keys: ["X"] },
  { id: "in", word: "zoom_in", keys: ["+"] },
  { id: "out", word: "zoom_out", keys: ["-"] },
  { id: "fit", word: "short_fit", keys: ["0"] },
  { id: "help", word: "short_help", keys: ["?"] },
];

/** As a tooltip names it; empty if there is none. @param {string} id */
export const keyOf = (id) => SHORTCUTS.find((each) => each.id === id)?.keys[0] ?? "";

/**
 * The key as a Latin keyboard has it: on a Persian one, B is where "ذ" is.
 * @param {KeyboardEvent} event
 */
function latin(event) {
  if (event.key.length !== 1 || event.key.charCodeAt(0) < 128) return event.key.toLowerCase();
  const [, letter, digit] = /^Key(\w)$|^(?:Digit|Numpad)(\d)$/.exec(event.code) ?? [];
  const marks = { BracketLeft: "[", BracketRight: "]", Period: ".", Comma: ",", Minus: "-", Equal: "+" };
  const mark = /** @type {Record<string, string>} */ (marks)[event.code];
  return letter?.toLowerCase() ?? digit ?? mark ?? (event.code === "Slash" && event.shiftKey ? "?" : event.key);
}

/**
 * @param {AppStore} store @param {import("./actions/index.js").Actions} actions
 * @param {{ openHelp: () => void }} page
 */
export function bindShortcuts(store, actions, page) {
  const { stage, entries } = actions;
  /** @type {ToolName | null} */
  let heldFrom = null; // the tool that Space took the place of

  /** @param {ToolName} tool */
  const choose = (tool) => () => store.update({ tool });
  /** @param {number} px */
  const resizeBrush = (px) => () => {
    const side = store.get().labels?.side ?? 64;
    const most = Math.max(8, Math.round(side / 4));
    const step = px * Math.max(1, Math.round(side / 64));
    store.update({ brushPx: Math.min(most, Math.max(1, store.get().brushPx + step)) });
  };
  /** With a brush, unless the tool at hand can mark, too. */
  const chooseKeep = () => {
    const { keep, tool } = store.get();
    if (keep) store.update({ part: KEEP, tool: layerOf(KEEP, tool) === "keep" ? tool : "brush" });
  };
  /** @param {"slider" | "heat"} how */
  const compare = (how) => () => store.update({ compare: store.get().compare === how ? "off" : how });

  /** @type {Record<string, () => void>} */
  const acts = {
    ...{ b: choose("brush"), e: choose("eraser"), f: choose("fill"), l: choose("lasso"), r: choose("rectangle") },
    ...{ i: choose("eyedropper"), v: choose("move"), h: choose("pan") },
    ...{ "[": resizeBrush(-1), "]": resizeBrush(1), ".": () => stage.resizePart(1), ",": () => stage.resizePart(-1) },
    ...{ k: chooseKeep, c: compare("slider"), x: compare("heat"), "?": page.openHelp },
    ...{
      "+": () => stage.zoomBy(1.25),
      "=": () => stage.zoomBy(1.25),
      "-": () => stage.zoomBy(0.8),
      0: () => stage.fit(),
    },
  };

  /** @param {string} key */
  function choosePart(key) {
    const part = Number(key);
    if (store.get().parts?.classes.some(({ id }) => id === part)) store.update({ part });
  }

  /** @param {KeyboardEvent} event */
  function onDown(event) {
    const target = event.target instanceof Element ? event.target : null;
    if (
      event.defaultPrevented ||
      isTyping(target) ||
      document.querySelector("dialog[open], [popover=auto]:popover-open")
    )
      return;
    const key = latin(event);
    const { document: photo, room } = store.get();
    if ((event.ctrlKey || event.metaKey) && (key === "z" || key === "y")) {
      event.preventDefault();
      return key === "y" || event.shiftKey ? stage.redo() : stage.undo();
    }
    const isApply = key === "enter" && room === "edit" && photo;
    if (isApply && (event.ctrlKey || event.metaKey)) return void entries.apply(); // from anywhere
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isPressable = target?.closest("button, a, summary, input, [role=option]");
    if (key === "enter") return void (isApply && !isPressable && entries.apply());
    if (key === "escape") return void (room === "edit" && store.get().isBusy && entries.stop());
    if (key === " ") {
      if (isPressable || heldFrom || !photo) return;
      event.preventDefault();
      heldFrom = store.get().tool;
      return choose("pan")();
    }
    if (/^[1-9]$/.test(key)) return choosePart(key);
    acts[key]?.();
  }
  /** @param {KeyboardEvent} event */
  function onUp(event) {
    if (event.key !== " " || !heldFrom) return;
    store.update({ tool: heldFrom });
    heldFrom = null;
  }
  addEventListener("keydown", onDown);
  addEventListener("keyup", onUp);
}
