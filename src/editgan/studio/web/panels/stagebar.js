// Under the stage: layout, opacity, zoom, comparison.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { KEEP, isMarked } from "../labels/keep.js";
import { percent, t } from "../words.js";
import { choice } from "./choice.js";
import { fillRange } from "./range.js";

/** @typedef {import("../types").AppState} AppState */

/** @param {import("../types").AppStore} store @param {import("../types").Stage} stage */
export function createStagebar(store, stage) {
  const layouts = choice(
    "layout",
    /** @type {const} */ (["over", "beside"]),
    (value) => store.update({ layout: value }),
    {
      over: [icon("over"), t("over"), t("layout_over")],
      beside: [icon("beside"), t("beside"), t("layout_beside")],
    },
  );
  const compares = choice(
    "compare",
    /** @type {const} */ (["off", "slider", "heat"]),
    (value) => store.update({ compare: value }),
    {
      off: [null, t("compare_off"), t("compare_off")],
      slider: [icon("split"), t("compare_slider"), `${t("compare_slider_hint")} (C)`],
      heat: [icon("heat"), t("compare_heat"), `${t("compare_heat_hint")} (X)`],
    },
  );
  const opacity = h("input", {
    class: "opacity",
    type: "range",
    min: 0,
    max: 1,
    step: 0.05,
    "aria-label": t("opacity"),
    title: t("opacity"),
    oninput: () => store.update({ opacity: opacity.valueAsNumber }),
  });
  const zoom = h("output", { class: "zoom number" });
  /** @param {string} drawn @param {string} label @param {string} key @param {() => void} onclick */
  const small = (drawn, label, key, onclick) =>
    h(
      "button",
      {
        class: "bare only-icon",
        type: "button",
        "data-view": drawn,
        "aria-label": label,
        title: `${label} (${key})`,
        onclick,
      },
      icon(drawn),
    );

  const kept = h(
    "button",
    {
      class: "bare only-icon",
      type: "button",
      "aria-label": t("keep_show"),
      title: t("keep_show"),
      onclick: () => store.update({ showsKeep: !store.get().showsKeep }),
    },
    icon("keep"),
  );

  function draw() {
    const state = store.get();
    kept.hidden = !isMarked(state.keep);
    kept.disabled = state.part === KEEP; // what is painted is seen
    kept.setAttribute("aria-pressed", String(state.showsKeep || state.part === KEEP));
    layouts.mark(state.layout);
    compares.mark(state.compare);
    opacity.value = String(state.opacity);
    opacity.hidden = state.layout === "beside"; // nothing lies over anything
    fillRange(opacity, 0);
    zoom.value = percent(state.zoom);
    compares.element.hidden = state.room !== "edit";
  }
  draw();
  store.subscribe(draw, "layout", "compare", "opacity", "zoom", "room", "keep", "showsKeep", "part");

  return h(
    "div",
    { class: "bar", role: "toolbar", "aria-label": t("view") },
    h("div", null, layouts.element, opacity, kept),
    h(
      "div",
      null,
      small("minus", t("zoom_out"), "-", () => stage.zoomBy(1 / 1.25)),
      zoom,
      small("plus", t("zoom_in"), "+", () => stage.zoomBy(1.25)),
      small("fit", t("fit"), "0", () => stage.fit()),
    ),
    h("div", null, compares.element),
  );
}
