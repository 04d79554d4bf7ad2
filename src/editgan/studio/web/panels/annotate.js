// The annotation room: pictures with a draft of their labels, a person who mends it, and a branch that learns.

import { createMessages, guarded } from "../actions/messages.js";
import { createSets } from "../actions/sets.js";
import { all, h, isTyping } from "../dom.js";
import { scoped } from "../settings.js";
import { t } from "../words.js";
import { createLearn, createSetProgress } from "./annotate-learn.js";
import { createPictures, createSaver } from "./annotate-pictures.js";
import { openPartsEditor } from "./annotate-parts.js";
import { createSetChoice } from "./annotate-sets.js";
import { createParts } from "./parts.js";

/** @typedef {import("../types").AppStore} AppStore */
/** @typedef {import("../actions/sets.js").Sets} Sets */

const TABS = /** @type {const} */ (["pictures", "learn"]);
/** @type {typeof TABS[number]} */
let chosen = "pictures"; // outlives a change of language
/** @type {WeakMap<AppStore, Sets>} */
const made = new WeakMap(); // so does what was painted and not saved

/**
 * @param {HTMLElement} element @param {AppStore} whole @param {import("../types").Stage} stage
 * @param {import("../types").History} _history the stage keeps it
 * @returns {import("../room.js").Room}
 */
export function createAnnotateRoom(element, whole, stage, _history) {
  const { store, end } = scoped(whole);
  const sets = made.get(whole) ?? guardedSets(whole, stage);
  made.set(whole, sets);

  const edit = h("button", { class: "bare", type: "button", onclick: () => openPartsEditor(store, sets) }, t("parts_edit"));
  const panels = {
    pictures: panel("pictures", [
      createPictures(store, sets),
      h("div", { class: "section title row between" }, h("h2", { class: "heading" }, t("parts")), edit),
      createParts(store),
    ]),
    learn: panel("learn", [createLearn(store, sets)]),
  };
  const foot = createSaver(store, sets, stage);
  const tabs = TABS.map((tab) => h("button", { type: "button", role: "tab", id: `tab-${tab}`, "aria-controls": `panel-${tab}`, onclick: () => choose(tab) }, t(`tab_${tab}`)));
  const tabList = h("div", { class: "tabs choice", role: "tablist", "aria-label": t("panels"), onkeydown: walk }, tabs);

  /** @param {typeof TABS[number]} tab */
  function choose(tab) {
    chosen = tab;
    TABS.forEach((each, i) => {
      tabs[i].setAttribute("aria-selected", String(each === tab));
      tabs[i].tabIndex = each === tab ? 0 : -1;
    });
    draw();
  }
  /** @param {KeyboardEvent} event */
  function walk(event) {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    choose(TABS[1 - TABS.indexOf(chosen)]);
    tabs[TABS.indexOf(chosen)].focus();
  }
  function draw() {
    const { set } = store.get();
    tabList.hidden = !set;
    for (const tab of TABS) panels[tab].hidden = !set || tab !== chosen;
    foot.hidden = !set || chosen !== "pictures";
  }

  element.append(createSetChoice(store, sets), tabList, panels.pictures, panels.learn, createSetProgress(store, sets), foot);
  choose(chosen);
  store.subscribe(draw, "set");
  store.subscribe(() => store.get().room === "annotate" && sets.showDoubt(), "compare");
  store.subscribe((state, before) => {
    const turned = state.job?.picture !== before.job?.picture && state.job?.picture_set === state.set?.id;
    if (state.room === "annotate" && turned && before.job) sets.refresh();
  }, "job");
  return { enter: sets.enter, leave: sets.leave, destroy: all([end, listenToPage(store, sets)]) };
}

/** @param {AppStore} store @param {import("../types").Stage} stage */
function guardedSets(store, stage) {
  const messages = createMessages(store);
  return guarded(createSets(store, stage, messages), messages);
}

/** Ctrl+S saves; photos dropped or pasted anywhere join the set. @param {AppStore} store @param {Sets} sets */
function listenToPage(store, sets) {
  const listening = new AbortController();
  const { signal } = listening;
  const isHere = () => store.get().room === "annotate" && !document.querySelector("dialog[open]");

  addEventListener("keydown", (event) => {
    if (!isHere() || !(event.ctrlKey || event.metaKey) || event.code !== "KeyS") return;
    event.preventDefault();
    if (!isTyping(event.target)) sets.save(event.shiftKey);
  }, { signal });
  addEventListener("drop", (event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (isHere() && files.length && store.get().set) sets.addPhotos(files);
  }, { signal });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (isHere() && files.length && store.get().set) sets.addPhotos(files);
  }, { signal });
  return () => listening.abort();
}

/** @param {string} name @param {HTMLElement[]} content */
function panel(name, content) {
  return h("div", { class: "panel", role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}`, tabindex: -1 }, content);
}
