// The library: a slider for each vector, with what it does to this very photo.

import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { readable, t } from "../words.js";
import { openBatch } from "./batch.js";
import { createSlider } from "./slider.js";

/** @typedef {import("../types").Vector} Vector */
/** @typedef {import("../types").AppState} AppState */

/** @param {import("../types").AppStore} store @param {import("../actions/index.js").Actions} actions */
export function createVectors(store, actions) {
  let wanted = "";
  /** @type {ReturnType<typeof createSlider>[]} */
  let sliders = [];
  const filter = h("input", {
    class: "field grow",
    type: "search",
    "aria-label": t("filter_vectors"),
    placeholder: t("filter"),
    oninput: () => ((wanted = filter.value.trim().toLowerCase()), sift()),
  });
  const chooser = h("input", {
    type: "file",
    accept: ".safetensors",
    hidden: true,
    onchange: () => (chooser.files?.[0] && actions.vectors.add(chooser.files[0]), (chooser.value = "")),
  });
  const add = h(
    "button",
    {
      class: "bare only-icon",
      type: "button",
      "aria-label": t("upload_vector"),
      title: t("upload_vector"),
      onclick: () => chooser.click(),
    },
    icon("upload"),
  );
  const list = h("div", { class: "vectors" });
  const nothing = h("p", { class: "section quiet-text" });

  function build() {
    const state = store.get();
    sliders = shown(state).map((vector) => createSlider(vector, state, actions));
    const groups = ["own", "built-in"].map((source) => sliders.filter(({ vector }) => vector.source === source));
    const headings = [t("own"), t("built_in")];
    fill(
      list,
      groups.map((group, i) =>
        group.length
          ? h(
              "section",
              { "aria-label": headings[i] },
              h("h2", { class: "heading" }, headings[i]),
              h(
                "ul",
                null,
                group.map(({ element }) => element),
              ),
            )
          : null,
      ),
    );
    sift();
  }

  function sift() {
    let count = 0;
    for (const { element, vector } of sliders) {
      const names = vector.opposite === null ? [vector.name] : [vector.name, vector.opposite];
      const words = [...names, ...names.map(readable), ...vector.classes.map(readable)].join("\n").toLowerCase();
      element.hidden = !words.includes(wanted);
      if (!element.hidden) count++;
    }
    for (const section of list.children) {
      if (section instanceof HTMLElement) section.hidden = !section.querySelector("li:not([hidden])");
    }
    nothing.hidden = count > 0;
    nothing.textContent = sliders.length ? t("nothing_found") : t("no_vectors");
  }

  /**
   * Sliders are made anew only for other vectors or another photo: never under a hand.
   * @param {AppState} state @param {AppState} before
   */
  function update(state, before) {
    const isOther = photoKey(state) !== photoKey(before) || keys(state) !== keys(before);
    if (isOther) build();
    else for (const slider of sliders) slider.show(state);
  }
  build();
  store.subscribe(update, "vectors", "document", "strengths", "isBusy");

  return {
    panel: h("div", null, h("div", { class: "section row nowrap" }, filter, add, chooser), list, nothing),
    foot: createFoot(store, actions),
  };
}

/** @param {AppState} state */
const photoKey = ({ document }) =>
  document ? `${document.id} ${document.fidelity} ${document.judge} ${document.box} ${document.is_open}` : "";
/** @param {AppState} state */
const keys = (state) =>
  shown(state)
    .map(({ id, name, opposite, is_saved }) => `${id} ${name} ${opposite} ${is_saved}`)
    .join("\n");

/** Saved ones, and those that this photo has learnt. @param {AppState} state */
function shown({ vectors, document, strengths }) {
  const learnt = new Set(document?.entries.map((entry) => entry.vector));
  return vectors.filter(({ id, is_saved }) => is_saved || learnt.has(id) || strengths[id]);
}

/** @param {import("../types").AppStore} store @param {import("../actions/index.js").Actions} actions */
function createFoot(store, actions) {
  const reset = h(
    "button",
    { class: "grow", type: "button", onclick: () => actions.entries.resetStrengths() },
    t("reset_all"),
  );
  const refine = h(
    "button",
    { class: "grow", type: "button", title: t("refine_hint"), onclick: () => actions.entries.refine() },
    t("refine"),
  );
  const batch = h(
    "button",
    { class: "wide", type: "button", onclick: () => openBatch(store, actions) },
    icon("image"),
    t("apply_to_photos"),
  );
  function draw() {
    const { strengths, isBusy } = store.get();
    const isSet = Object.values(strengths).some((strength) => strength !== 0);
    reset.disabled = refine.disabled = !isSet || isBusy;
    batch.disabled = !isSet;
  }
  draw();
  store.subscribe(draw, "strengths", "isBusy");
  return h("div", { class: "foot" }, h("div", { class: "row" }, reset, refine), batch);
}
