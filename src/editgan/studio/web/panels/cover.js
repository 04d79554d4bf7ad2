// Over the stage while a photo opens, or when it could not be opened.

import { fill, h } from "../dom.js";
import { photoUrl } from "../pictures.js";
import { t } from "../words.js";
import { openCrop } from "./crop.js";
import { place } from "./progress.js";

/** @typedef {import("../types").Document} Document */
/** @typedef {import("../types").AppState} AppState */

/** @param {import("../types").AppStore} store @param {import("../actions/index.js").Actions} actions */
export function createCover(store, actions) {
  const element = h("div", { class: "cover", hidden: true });
  const bar = h("progress", { "aria-label": t("opening") });
  const what = h("strong");
  const where = h("p", { class: "number quiet-text small" });
  let asked = ""; // the document whose frame was asked for already

  /** @param {AppState} state @param {Document} document */
  function drawWaiting({ job }, document) {
    const isQueued = job?.status === "queued";
    what.textContent = t(isQueued ? "opening_wait" : "opening");
    where.textContent = job ? place(job) : "";
    if (job && job.status === "running" && job.total > 0) Object.assign(bar, { max: job.total, value: job.step });
    else bar.removeAttribute("value");
    if (!bar.isConnected || element.dataset.document !== document.id) {
      const stop = h("button", { type: "button", onclick: () => actions.entries.stop() }, t("stop"));
      fill(
        element,
        picture(document),
        h("div", { class: "card" }, h("div", { role: "status" }, what), bar, where, stop),
      );
    }
    element.dataset.document = document.id;
  }

  /** @param {Document} document */
  function drawRefusal(document) {
    const isLost = document.error_code === "no-subject";
    fill(
      element,
      picture(document),
      h(
        "div",
        { class: "card", role: "alert" },
        h("strong", null, t(document.error ? "opening_failed" : "opening_stopped")),
        document.error && h("p", { class: "quiet-text" }, isLost ? t("crop_not_found") : document.error),
        document.kind === "photo"
          ? h(
              "button",
              { type: "button", class: isLost ? "primary" : "", onclick: () => openCrop(document, actions) },
              t("frame_it"),
            )
          : null,
        isLost
          ? null
          : h(
              "button",
              { type: "button", class: "primary", onclick: () => actions.documents.reopen({}) },
              t("try_again"),
            ),
        h("button", { type: "button", onclick: () => actions.documents.leave() }, t("back")),
      ),
    );
    if (isLost && asked !== document.id) {
      asked = document.id;
      openCrop(document, actions, t("crop_not_found"));
    }
  }

  function draw() {
    const state = store.get();
    const { document, room } = state;
    const isHere = document !== null && room === "edit";
    const isOpening = isHere && document.job !== null && (!document.is_open || isOpenJob(state));
    const isRefused = isHere && document.job === null && !document.is_open;
    element.hidden = !isOpening && !isRefused;
    if (document && isRefused) drawRefusal(document);
    else if (document && isOpening) drawWaiting(state, document);
  }
  draw();
  store.subscribe(draw, "document", "job", "room");
  return element;
}

/** @param {AppState} state */
function isOpenJob({ job, isBusy }) {
  return isBusy && job?.kind === "open" && (job.status === "queued" || job.status === "running");
}

/** An invented picture has no photo before the generator has drawn it. @param {Document} document */
function picture(document) {
  return document.kind === "photo" ? h("img", { src: photoUrl(document, 1024), alt: "" }) : null;
}
