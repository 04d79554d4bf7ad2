// What can be taken away: the photo, its label map, the vector, the recipe. And how the photo was opened.

import { url } from "../http.js";
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { number, subjectName, t } from "../words.js";
import { confirm } from "./confirm.js";
import { openCrop } from "./crop.js";

/** @typedef {import("../types").Document} Document */
/** @typedef {import("../actions/index.js").Actions} Actions */

/** @param {import("../types").AppStore} store @param {Actions} actions */
export function createResult(store, actions) {
  const element = h("div", null);
  function draw() {
    const { document, isBusy, about } = store.get();
    if (!document) return fill(element);
    const subject = about?.bundles.find(({ name }) => name === document.bundle)?.subject ?? document.bundle;
    fill(
      element,
      document.is_open ? downloads(document) : null,
      facts(document, subject),
      opening(document, isBusy, actions),
    );
  }
  draw();
  store.subscribe(draw, "document", "isBusy", "about");
  return element;
}

/** @param {Document} document */
function downloads(document) {
  const entry = document.entries.find(({ id }) => id === document.current);
  const path = `documents/${document.id}/entries/${document.current}`;
  return h(
    "section",
    { class: "section" },
    h("h2", null, t("full_size")),
    h(
      "div",
      { class: "row downloads" },
      ["png", "jpeg", "webp"].map((format) => {
        const name = format.toUpperCase().replace("WEBP", "WebP");
        return h(
          "a",
          {
            class: "button grow",
            href: url(`${path}/result?format=${format}`),
            download: "",
            "aria-label": t("download_as", { format: name }),
          },
          format === "png" ? icon("download") : null,
          h("bdi", null, name),
          format === "png" ? h("span", { class: "tag" }, t("lossless")) : null,
        );
      }),
    ),
    h(
      "div",
      { class: "row downloads" },
      h("a", { class: "button grow", href: url(`${path}/labels?format=png`), download: "" }, t("label_map")),
      h("a", { class: "button grow", href: url(`${path}/recipe`), download: "" }, t("recipe")),
      entry?.vector
        ? h("a", { class: "button grow", href: url(`vectors/${entry.vector}/file`), download: "" }, t("vector_file"))
        : null,
    ),
    h("p", { class: "small quiet-text" }, t("recipe_hint")),
  );
}

/** @param {Document} document @param {string} subject */
function facts(document, subject) {
  const psnr = document.reconstruction_psnr_db;
  /** @type {[string, string | Node][]} */
  const rows = [
    [t("kind"), h("bdi", null, `${subjectName(subject)} · ${document.bundle}`)],
    [t("size"), h("bdi", { dir: "ltr" }, `${number(document.width)} × ${number(document.height)}`)],
  ];
  if (psnr !== null) rows.push([t("reconstruction"), t("decibel", { value: number(psnr, 1) })]);
  return h(
    "section",
    { class: "section" },
    h("h2", null, t("photo")),
    h(
      "dl",
      { class: "figures" },
      rows.flatMap(([name, value]) => [h("dt", null, name), h("dd", { class: "number" }, value)]),
    ),
    document.warning
      ? h("p", { class: "note small" }, h("strong", null, t("unlike")), h("br", null), document.warning)
      : null,
    document.remarks.map((remark) => h("p", { class: "note small", dir: "ltr", lang: "en" }, remark)),
  );
}

/** @param {Document} document @param {boolean} isBusy @param {Actions} actions */
function opening(document, isBusy, actions) {
  const fidelity = h("input", {
    type: "checkbox",
    role: "switch",
    checked: document.fidelity === "high",
    disabled: isBusy,
    onchange: change,
  });
  async function change() {
    const next = fidelity.checked ? /** @type {const} */ ("high") : /** @type {const} */ ("standard");
    if (next === "standard" || (await confirm(t("fidelity"), t("fidelity_question"), t("fidelity"), "primary"))) {
      await actions.documents.reopen({ fidelity: next });
    } else {
      fidelity.checked = false;
    }
  }
  return h(
    "section",
    { class: "section" },
    h(
      "label",
      { class: "switch" },
      h("strong", null, t("fidelity")),
      fidelity,
      h("span", { class: "small quiet-text" }, t("fidelity_hint")),
    ),
    document.kind === "photo" ? judges(document, isBusy, actions) : null,
    document.kind === "photo"
      ? h(
          "button",
          { type: "button", disabled: isBusy, onclick: () => openCrop(document, actions) },
          icon("frame"),
          t("frame_it"),
        )
      : null,
  );
}

/** What says how near a rendering is to the photo. @param {Document} document @param {boolean} isBusy @param {Actions} actions */
function judges(document, isBusy, actions) {
  /** @type {[Document["judge"], string][]} */
  const known = [
    ["default", t("judge_default")],
    ["features", t("judge_features")],
    ["lite1", t("judge_lite1")],
  ];
  const choice = h(
    "select",
    {
      disabled: isBusy,
      onchange: () => actions.documents.reopen({ judge: known[choice.selectedIndex][0] }),
    },
    known.map(([value, name]) => h("option", { value, selected: value === document.judge }, name)),
  );
  return h(
    "label",
    { class: "chosen" },
    h("strong", null, t("judge")),
    choice,
    h("span", { class: "small quiet-text" }, t("judge_hint")),
  );
}
