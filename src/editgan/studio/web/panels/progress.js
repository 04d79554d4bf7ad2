// A running job: where it is, what it minimises, and a way to stop it.

import { hasEnded } from "../http.js";
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { number, t } from "../words.js";
import { createPlots } from "./plots.js";

/** @typedef {import("../types").AppState} AppState */
/** @typedef {import("../types").Job} Job */

const QUICK_S = 0.6; // what is over sooner is not worth a bar

/** Whether there is a job to show. @param {Job | null} job @returns {job is Job} */
export function isShown(job) {
  if (job === null || hasEnded(job) || job.kind === "open") return false; // cover.js shows how a photo opens
  return job.kind !== "compose" || job.seconds > QUICK_S;
}

/** @param {import("../types").AppStore} store @param {() => Promise<void> | void} stop */
export function createProgress(store, stop) {
  const what = h("strong");
  const where = h("span", { class: "number quiet-text" });
  const bar = h("progress", { "aria-label": t("apply") });
  const plots = h("div", { class: "plots" });
  const drawPlots = createPlots(plots);
  const button = h("button", { class: "wide large", type: "button", onclick: ask }, icon("stop"), t("stop"));
  const hint = h("p", { class: "small quiet-text" }, t("stop_hint"));
  const element = h(
    "div",
    { class: "foot progress", role: "group", "aria-label": t("plots") },
    h("div", { class: "row between", role: "status" }, what, where),
    ...[bar, plots, button, hint],
  );

  function ask() {
    button.disabled = true; // until the job says that it ended
    button.lastChild?.replaceWith(t("stopping"));
    stop();
  }

  let shown = "";
  function draw() {
    const { job, steps } = store.get();
    element.hidden = !isShown(job);
    if (!isShown(job)) return;
    if (shown !== job.id) {
      button.disabled = false;
      button.lastChild?.replaceWith(t("stop"));
      shown = job.id;
    }
    what.textContent = t(`running_${job.kind}`);
    where.textContent = place(job);
    if (job.status === "running" && job.total > 0) Object.assign(bar, { max: job.total, value: job.step });
    else bar.removeAttribute("value"); // nobody knows: it wanders
    drawPlots(steps);
  }
  draw();
  store.subscribe(draw, "job", "steps");
  return element;
}

/** Where a job is, in words. @param {Job} job */
export function place(job) {
  if (job.status === "queued") return job.position > 0 ? t("queued", { count: job.position }) : t("queued_next");
  const steps = job.total > 0 ? t("step_of", { step: job.step, total: job.total }) : "";
  return [steps, t("seconds", { seconds: number(job.seconds, 1) })].filter(Boolean).join(" · ");
}
