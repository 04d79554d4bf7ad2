// The page's places, and everything with words in them: drawn anew when the language changes. The stage stays.

import { fill, h } from "./dom.js";
import { createCover } from "./panels/cover.js";
import { createDrop } from "./panels/drop.js";
import { openHelp } from "./panels/help.js";
import { createMessage } from "./panels/message.js";
import { createRail } from "./panels/rail.js";
import { createSide } from "./panels/side.js";
import { createStagebar } from "./panels/stagebar.js";
import { createStart } from "./panels/start.js";
import { createTimeline } from "./panels/timeline.js";
import { createTopbar } from "./panels/topbar.js";
import { scoped } from "./settings.js";
import { t } from "./words.js";

/** @typedef {import("./types").AppStore} AppStore */

/** What outlives a change of language. */
export function createPlaces() {
  const stage = h("div", { class: "stage", id: "stage", "aria-label": t("stage") });
  const places = {
    stage,
    top: h("div", null),
    start: h("div", { class: "place" }),
    rail: h("div", { class: "place" }),
    over: h("div", { class: "place" }),
    bar: h("div", { class: "place" }),
    edit: h("aside", { class: "side", "data-room": "edit", hidden: true }),
    annotate: h("aside", { class: "side", "data-room": "annotate", hidden: true }),
    timeline: h("div", { class: "place" }),
    last: h("div", { class: "place" }),
    work: h("main", { class: "work" }),
  };
  places.work.append(
    places.rail,
    h("section", { class: "centre" }, stage, places.bar, places.over),
    places.timeline,
    places.edit,
    places.annotate,
  );
  return places;
}

/** @typedef {ReturnType<typeof createPlaces>} Places */

/**
 * @param {Places} places @param {AppStore} whole @param {import("./actions/index.js").Actions} actions
 * @param {(room: "edit" | "annotate") => void} goTo
 * @returns {() => void} ends it
 */
export function drawPage(places, whole, actions, goTo) {
  const { store, end } = scoped(whole);
  const drop = createDrop(store, actions.documents.send);
  document.title = t("title");
  places.stage.setAttribute("aria-label", t("stage"));
  places.stage.querySelector("canvas")?.setAttribute("aria-label", t("stage"));
  fill(places.top, createTopbar(store, actions, { goTo, openHelp }));
  fill(places.start, createStart(store, actions));
  fill(places.rail, createRail(store, actions.stage));
  fill(places.bar, createStagebar(store, actions.stage));
  fill(places.over, createCover(store, actions));
  fill(places.edit, ...createSide(store, actions));
  fill(places.timeline, createTimeline(store, actions));
  const message = createMessage(store, actions.messages);
  fill(places.last, drop.element, message);

  function show() {
    const { room, document: photo } = store.get();
    const isWorking = room === "annotate" || photo !== null;
    places.work.hidden = !isWorking;
    places.start.hidden = isWorking;
    places.edit.hidden = room !== "edit";
    places.annotate.hidden = room !== "annotate";
    places.timeline.hidden = room !== "edit";
  }
  show();
  store.subscribe(show, "room", "document");
  return () => (drop.end(), end());
}
