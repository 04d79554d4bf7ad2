// Train on the labels, watch it, and see how well the new branch reads.

import { fill, h } from "../dom.js";
import { hasEnded } from "../http.js";
import { icon } from "../icons.js";
import { percent, readable, t } from "../words.js";
import { createPlots } from "./plots.js";
import { place } from "./progress.js";

/** @typedef {import("../types").AppStore} AppStore */
/** @typedef {import("../actions/sets.js").Sets} Sets */
/** @typedef {import("../api").Measured} Measured */

const STEPS = 3000;

/** @param {AppStore} store @param {Sets} sets */
export function createLearn(store, sets) {
  const measured = h("div", { class: "section" });
  function draw() {
    const { set } = store.get();
    measured.hidden = !set?.measured;
    if (set?.measured) fill(measured, results(store, set.measured));
  }
  draw();
  store.subscribe(draw, "set", "about");
  return h("div", null, createForm(store, sets), measured);
}

/** @param {AppStore} store @param {Sets} sets */
function createForm(store, sets) {
  const lead = h("p", { class: "quiet-text" });
  const name = h("input", { class: "field", dir: "ltr", required: true, maxlength: 40, pattern: "[A-Za-z0-9][A-Za-z0-9_\\-]*", title: t("learn_name_rule") });
  const steps = h("input", { class: "field", type: "number", min: 1, max: 20000, value: STEPS, required: true });
  const start = h("button", { class: "primary large wide" }, t("learn_start"));
  const form = h(
    "form",
    { class: "section annotate-form", onsubmit: train },
    ...[h("h2", null, t("learn_title")), lead],
    h("label", null, t("learn_name"), name, h("span", { class: "small quiet-text" }, t("learn_name_rule"))),
    h("label", null, t("learn_steps"), steps),
    start,
  );
  let of = "";
  /** @param {Event} event */
  function train(event) {
    event.preventDefault();
    sets.train(name.value.trim(), steps.valueAsNumber);
  }
  function draw() {
    const { set, job } = store.get();
    if (!set) return;
    if (of !== set.id) name.value = set.measured?.bundle ?? `my-${set.bundle}`.slice(0, 40);
    of = set.id;
    const labelled = set.pictures.filter((each) => each.is_labelled);
    const test = labelled.filter((each) => each.is_test).length;
    const isEnough = labelled.length - test >= 2;
    lead.textContent = isEnough ? t("learn_lead", { teaching: labelled.length - test, test }) : t("learn_few");
    start.disabled = !isEnough || (job !== null && !hasEnded(job));
  }
  draw();
  store.subscribe(draw, "set", "job");
  return form;
}

/** The set's running job. @param {AppStore} store @param {Sets} sets */
export function createSetProgress(store, sets) {
  const what = h("strong");
  const where = h("span", { class: "number quiet-text" });
  const bar = h("progress", { "aria-label": t("learn_title") });
  const plots = h("div", { class: "plots" });
  const drawPlots = createPlots(plots);
  const hint = h("p", { class: "small quiet-text" });
  const stop = h("button", { class: "wide", type: "button", onclick: () => ((stop.disabled = true), sets.stop()) }, icon("stop"), t("stop"));
  const element = h("div", { class: "foot annotate-progress" }, h("div", { class: "row between", role: "status" }, what, where), bar, plots, stop, hint);
  function draw() {
    const { job, steps } = store.get();
    element.hidden = job === null || hasEnded(job);
    if (job === null || hasEnded(job)) return void (stop.disabled = false);
    const isTraining = job.kind === "branch";
    what.textContent = isTraining && job.note === "embedding" ? t("learn_embedding") : t(`running_${job.kind}`);
    where.textContent = place(job);
    hint.textContent = t(isTraining ? "learn_stop_hint" : "reading_stop_hint");
    if (job.status === "running" && job.step > 0) Object.assign(bar, { max: job.total, value: job.step });
    else bar.removeAttribute("value");
    drawPlots(isTraining ? steps : []);
  }
  draw();
  store.subscribe(draw, "job", "steps");
  return element;
}

/** @param {AppStore} store @param {Measured} measured */
function results(store, measured) {
  const bundle = store.get().about?.bundles.find(({ name }) => name === measured.bundle);
  const colors = new Map(bundle?.parts.classes.map(({ name, color }) => [name, `rgb(${color.join(" ")})`]));
  const rows = Object.entries(measured.iou).map(([name, iou]) => bar(readable(name), iou, colors.get(name) ?? null));
  const facts = { bundle: measured.bundle, count: measured.pictures };
  const use = () => {
    store.update({ bundle: measured.bundle, document: null });
    location.hash = "edit";
  };
  return [
    h("h2", null, t("measured")),
    h("p", { class: "small quiet-text" }, t(measured.miou === null ? "measured_untested" : "measured_lead", facts)),
    measured.miou === null ? null : h("ul", { class: "annotate-bars" }, bar(t("measured_mean"), measured.miou, null), rows),
    measured.left_out.length ? h("p", { class: "note small" }, t("measured_left_out", { names: measured.left_out.map(readable).join(t("and")) })) : null,
    bundle ? h("button", { class: "wide", type: "button", onclick: use }, t("measured_use")) : null,
  ];
}

/** @param {string} name @param {number} share @param {string | null} color none: the mean */
function bar(name, share, color) {
  return h(
    "li",
    { class: color ? "" : "mean" },
    h("span", { class: "name" }, color ? h("i", { class: "swatch", style: { background: color } }) : null, name),
    h("span", { class: "number" }, percent(share)),
    h("span", { class: "line" }, h("i", { style: { "inline-size": `${share * 100}%` } })),
  );
}
