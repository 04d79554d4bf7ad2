// The same edit on many photos: choose, send, wait, download.

import { url } from "../http.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { isMarked } from "../labels/keep.js";
import { sentence, t } from "../words.js";
import { openDialog } from "./confirm.js";

/** @typedef {import("../api").NewBatch} NewBatch */

/** @param {import("../types").AppStore} store @param {import("../actions/index.js").Actions} actions */
export function openBatch(store, actions) {
  const most = store.get().about?.limits.batch ?? 1;
  /** @type {File[]} */
  let files = [];
  const states = h("ul", { class: "batch-list" });
  const status = h("p", { role: "status", class: "number" });
  const bar = h("progress", { hidden: true, "aria-label": t("batch_title") });
  const chooser = h("input", { type: "file", accept: "image/*", multiple: true, hidden: true, onchange: take });
  const choose = h(
    "button",
    { type: "button", class: "large", onclick: () => chooser.click() },
    icon("image"),
    t("batch_choose"),
  );
  const format = h(
    "select",
    { "aria-label": t("format") },
    ["png", "jpeg", "webp"].map((each) => h("option", { value: each }, each.toUpperCase())),
  );
  const start = h(
    "button",
    { type: "button", class: "primary large", disabled: true, onclick: run },
    t("batch_start", { count: 0 }),
  );
  const actionsRow = h("div", { class: "actions" }, choose, chooser, format, start);
  const lead = isMarked(store.get().keep) ? `${t("batch_lead")} ${t("batch_keep")}` : t("batch_lead");
  openDialog(t("batch_title"), [h("p", { class: "quiet-text" }, lead), states, bar, status, actionsRow]);

  function take() {
    files = [...(chooser.files ?? [])];
    status.textContent = files.length > most ? t("batch_limit", { count: most }) : "";
    files = files.slice(0, most);
    fill(
      states,
      files.map((file) =>
        h("li", null, h("bdi", { class: "name" }, file.name), h("span", { class: "quiet-text" }, t("waiting"))),
      ),
    );
    start.disabled = files.length === 0;
    start.textContent = t("batch_start", { count: files.length });
  }

  /** @param {number} index @param {string} text @param {string} [className] */
  function say(index, text, className = "quiet-text") {
    states.children[index]?.lastElementChild?.replaceWith(h("span", { class: className }, text));
  }

  async function run() {
    choose.disabled = format.disabled = start.disabled = true;
    bar.hidden = false;
    try {
      const done = await actions.vectors.batch(
        files,
        /** @type {NewBatch["format"]} */ (format.value),
        ({ phase, step, total }) => {
          status.textContent = t(phase === "sending" ? "batch_uploading" : "batch_running", { step, total });
          Object.assign(bar, { max: Math.max(1, total), value: step });
          if (phase === "sending") say(step - 2, t("sent"));
        },
      );
      finish(done);
    } catch (error) {
      status.textContent = sentence(error);
      choose.disabled = format.disabled = start.disabled = false;
    }
    bar.hidden = true;
    actions.documents.list();
  }

  /** @param {{ id: string, failed: Record<string, string>, documents: string[] }} done */
  function finish({ id, failed, documents }) {
    documents.forEach((each, i) => (each in failed ? say(i, failed[each], "failed") : say(i, t("edited"))));
    const failures = Object.keys(failed).length;
    const counts = [
      t("batch_done", { count: documents.length - failures }),
      failures ? t("batch_failed", { count: failures }) : "",
    ];
    status.textContent = counts.filter(Boolean).join(" · ");
    if (documents.length === failures) return;
    const link = h(
      "a",
      { class: "button", href: url(`batches/${id}/results`), download: "" },
      icon("download"),
      t("batch_download"),
    );
    fill(actionsRow, link);
    link.focus();
  }
}
