// Apply what is painted; then, in words, what that did.

import { fill, h } from "../dom.js";
import { countRepainted } from "../painting.js";
import { number, percent, t } from "../words.js";
import { createKeepLine } from "./keep.js";
import { isShown } from "./progress.js";

/** @typedef {import("../types").AppStore} AppStore */
/** @typedef {import("../actions/index.js").Actions} Actions */
/** @typedef {import("../types").Entry} Entry */

/** @param {AppStore} store @param {Actions} actions */
export function createEdit(store, actions) {
  const apply = h(
    "button",
    {
      class: "primary large wide",
      type: "button",
      title: `${t("apply")} (Enter)`,
      onclick: () => actions.entries.apply(),
    },
    t("apply"),
  );
  const hint = h("span", { class: "small quiet-text grow" });
  const reset = h(
    "button",
    { class: "bare", type: "button", onclick: () => actions.stage.reset() },
    t("reset_painting"),
  );
  const element = h("div", { class: "foot edit" }, createKeepLine(store, actions), apply, h("div", { class: "row" }, hint, reset));

  function draw() {
    const { labels, base, isBusy, job } = store.get();
    const count = countRepainted(labels, base);
    element.hidden = isShown(job);
    apply.disabled = count === 0 || isBusy;
    reset.hidden = count === 0;
    const share = percent(count / (labels?.ids.length ?? 1));
    hint.textContent = count ? t("apply_ready", { share }) : t("apply_hint");
  }
  draw();
  store.subscribe(draw, "labels", "base", "isBusy", "job");
  return element;
}

/** What the current entry did, and keeping what it learnt. @param {AppStore} store @param {Actions} actions */
export function createFigures(store, actions) {
  const element = h("section", { class: "section figures-section", "aria-label": t("figures") });

  function draw() {
    const { document, vectors } = store.get();
    const entry = document?.entries.find((each) => each.id === document.current);
    element.hidden = !entry || entry.kind === "opened";
    if (!entry || element.hidden) return fill(element);
    const learnt = entry.vector ? vectors.find((each) => each.id === entry.vector) : undefined;
    fill(
      element,
      h("h2", null, t("figures")),
      h("dl", { class: "figures" }, figures(entry)),
      entry.vector && !learnt?.is_saved ? saver(entry, learnt?.name ?? entry.title, actions) : null,
      refiner(store, actions),
    );
  }
  draw();
  store.subscribe(draw, "document", "vectors");
  return element;
}

/** @param {Entry} entry @returns {HTMLElement[]} */
function figures({ figures: is }) {
  const outside = is.pasted_outside_max_abs_diff;
  /** @type {[string, string, string?][]} */
  const rows = [];
  const rise = (/** @type {number | null} */ before, /** @type {number} */ after) =>
    t("figure_target_value", { before: before === null ? "–" : number(before, 2), after: number(after, 2) });
  if (is.target_iou_after !== null)
    rows.push([t("figure_target"), rise(is.target_iou_before, is.target_iou_after)]);
  if (is.seen_iou_after !== null) rows.push([t("figure_seen"), rise(is.seen_iou_before, is.seen_iou_after)]);
  if (is.shape_distance !== null)
    rows.push([
      t("figure_shape"),
      is.strange_part === null
        ? t("figure_shape_usual")
        : t("figure_shape_strange", { times: number(is.shape_distance, 1) }),
    ]);
  if (outside === 0) rows.push([t("figure_outside"), t("figure_outside_exact"), "good"]);
  else if (outside !== null) rows.push([t("figure_outside_bytes"), t("figure_of_255", { count: outside })]);
  if (is.region_share !== null)
    rows.push([t("figure_region"), t("figure_region_value", { share: percent(is.region_share) })]);
  if (is.unmoved_share !== null)
    rows.push([t("figure_moved"), t("figure_moved_value", { share: percent(Math.max(0, 1 - is.unmoved_share)) })]);
  if (is.outside_psnr_db !== null)
    rows.push([t("figure_outside_rendering"), t("decibel", { value: number(is.outside_psnr_db, 1) })]);
  if (is.seconds !== null) rows.push([t("figure_time"), t("seconds", { seconds: number(is.seconds, 1) })]);
  return rows.flatMap(([name, value, kind]) => [
    h("dt", null, name),
    h("dd", { class: `number ${kind ?? ""}` }, value),
  ]);
}

/** @param {Entry} entry @param {string} present @param {Actions} actions */
function saver(entry, present, actions) {
  const name = h("input", {
    class: "field grow",
    "aria-label": t("vector_name"),
    placeholder: t("vector_name"),
    value: present,
    maxlength: 80,
    required: true,
  });
  const save = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (name.value.trim()) actions.vectors.save(entry.id, name.value.trim());
  };
  return h("form", { class: "row nowrap", onsubmit: save }, name, h("button", null, t("save_vector")));
}

/** @param {AppStore} store @param {Actions} actions */
function refiner(store, actions) {
  return h(
    "button",
    {
      class: "wide",
      type: "button",
      title: t("refine_hint"),
      disabled: store.get().isBusy,
      onclick: () => actions.entries.refine(),
    },
    t("refine"),
  );
}
