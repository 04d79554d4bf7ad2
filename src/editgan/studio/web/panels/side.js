// The edit room's panels, behind three tabs.

import { h } from "../dom.js";
import { t } from "../words.js";
import { createEdit, createFigures } from "./edit.js";
import { createParts } from "./parts.js";
import { createPasting, createWarnings } from "./pasting.js";
import { createProgress } from "./progress.js";
import { createResult } from "./result.js";
import { createVectors } from "./vectors.js";

/** @typedef {import("../types").AppStore} AppStore */

const TABS = /** @type {const} */ (["paint", "vectors", "result"]);
/** @type {typeof TABS[number]} */
let chosen = "paint"; // outlives a change of language

/** @param {AppStore} store @param {import("../actions/index.js").Actions} actions */
export function createSide(store, actions) {
  const vectors = createVectors(store, actions);
  const progress = createProgress(store, () => actions.entries.stop());
  const panels = {
    paint: panel("paint", [
      h("div", { class: "section title" }, h("h2", null, t("parts"))),
      createParts(store),
      createFigures(store, actions),
    ]),
    vectors: panel("vectors", [vectors.panel]),
    result: panel("result", [createResult(store, actions)]),
  };
  const feet = { paint: createEdit(store, actions), vectors: vectors.foot, result: null };
  // A foot hides itself, too, while a job runs: so its tab hides what holds it.
  const holders = Object.fromEntries(TABS.map((tab) => [tab, h("div", { class: "holder" }, feet[tab])]));
  const tabs = TABS.map((tab) =>
    h(
      "button",
      { type: "button", role: "tab", id: `tab-${tab}`, "aria-controls": `panel-${tab}`, onclick: () => choose(tab) },
      t(`tab_${tab}`),
    ),
  );

  const look = () => actions.peek("sliders", chosen !== "paint" && store.get().room === "edit");

  /** @param {typeof TABS[number]} tab */
  function choose(tab) {
    chosen = tab;
    look();
    TABS.forEach((each, i) => {
      tabs[i].setAttribute("aria-selected", String(each === tab));
      tabs[i].tabIndex = each === tab ? 0 : -1;
      panels[each].hidden = holders[each].hidden = each !== tab;
    });
  }
  /** @param {KeyboardEvent} event */
  function walk(event) {
    const isRtl = document.documentElement.dir === "rtl";
    const step = { ArrowRight: isRtl ? -1 : 1, ArrowLeft: isRtl ? 1 : -1 }[event.key];
    if (!step) return;
    const next = (TABS.indexOf(chosen) + step + TABS.length) % TABS.length;
    choose(TABS[next]);
    tabs[next].focus();
  }
  choose(chosen);
  store.subscribe(look, "room");
  return [
    h("div", { class: "tabs choice", role: "tablist", "aria-label": t("panels"), onkeydown: walk }, tabs),
    ...Object.values(panels),
    createWarnings(store),
    createPasting(store, actions),
    progress,
    ...Object.values(holders),
  ];
}

/** @param {string} name @param {HTMLElement[]} content */
function panel(name, content) {
  return h(
    "div",
    { class: "panel", role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}`, tabindex: -1 },
    content,
  );
}
