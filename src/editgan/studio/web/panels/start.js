// Before a photo is open: what it shows, where to put it, and the recent ones.

import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { thumbnail } from "../pictures.js";
import { documentName, subjectName, t } from "../words.js";
import { confirm } from "./confirm.js";

/** @typedef {import("../types").AppStore} AppStore */
/** @typedef {import("../actions/index.js").Actions} Actions */
/** @typedef {import("../api").BundleInfo} BundleInfo */

/** @param {AppStore} store @param {Actions} actions */
export function createStart(store, actions) {
  const kinds = h("fieldset", { class: "kinds", "aria-label": t("kind_heading") });
  const drop = h("section", { class: "drop" });
  const recent = h("section", { class: "recent-photos" });
  const chooser = h("input", {
    type: "file",
    accept: "image/*",
    hidden: true,
    onchange: () => (chooser.files?.[0] && actions.documents.send(chooser.files[0]), (chooser.value = "")),
  });

  function drawKinds() {
    const { about, bundle } = store.get();
    fill(
      kinds,
      (about?.bundles ?? []).map((each) => kind(each, each.name === bundle, (name) => store.update({ bundle: name }))),
    );
  }

  function drawDrop() {
    const { about, bundle } = store.get();
    const subject = about?.bundles.find((each) => each.name === bundle)?.subject;
    const known = subject === "face" || subject === "cat" ? subject : "other";
    const megabytes = Math.floor((about?.limits.upload_bytes ?? 0) / 2 ** 20);
    fill(
      drop,
      icon("image"),
      h("div", null, h("h2", null, t(`drop_${known}`)), h("p", { class: "quiet-text" }, t("drop_hint", { megabytes }))),
      h(
        "div",
        { class: "buttons" },
        h("button", { class: "primary large", type: "button", onclick: () => chooser.click() }, t("choose_file")),
        h(
          "button",
          { class: "large", type: "button", title: t("invent_hint"), onclick: () => actions.documents.invent() },
          icon("dice"),
          t("invent"),
        ),
      ),
      chooser,
    );
  }

  function drawRecent() {
    const { documents, about } = store.get();
    recent.hidden = documents.length === 0;
    fill(
      recent,
      h("h2", null, t("recent")),
      h(
        "ul",
        { class: "recent" },
        documents.map((each) => card(each, actions)),
      ),
      h("p", { class: "kept small quiet-text" }, about ? t("kept", { hours: about.limits.kept_hours }) : ""),
    );
  }

  drawKinds();
  drawDrop();
  drawRecent();
  store.subscribe(drawKinds, "about");
  store.subscribe(
    ({ bundle }) => kinds.querySelectorAll("input").forEach((each) => (each.checked = each.value === bundle)),
    "bundle",
  );
  store.subscribe(drawDrop, "about", "bundle");
  store.subscribe(drawRecent, "documents", "about");
  return h(
    "div",
    { class: "start" },
    h(
      "div",
      { class: "start-inside" },
      h("div", null, h("h1", null, t("start_title")), h("p", { class: "lead" }, t("start_lead"))),
      h("section", null, h("h2", null, t("kind_heading")), kinds),
      drop,
      recent,
    ),
  );
}

/** @param {BundleInfo} bundle @param {boolean} isChosen @param {(name: string) => void} choose */
function kind(bundle, isChosen, choose) {
  const facts = { name: bundle.name, resolution: bundle.resolution, parts: bundle.parts.classes.length };
  return h(
    "label",
    { title: t("kind_note", facts) },
    h("input", {
      type: "radio",
      name: "bundle",
      value: bundle.name,
      checked: isChosen,
      onchange: () => choose(bundle.name),
    }),
    h("strong", null, subjectName(bundle.subject)),
    h(
      "span",
      { class: "small quiet-text" },
      h("bdi", null, bundle.name),
      bundle.own ? ` · ${t("kind_own")}` : "",
      ` · ${t(bundle.finds_subject ? "kind_finds" : "kind_frames")}`,
    ),
  );
}

/** @param {import("../types").Document} document @param {Actions} actions */
function card(document, actions) {
  const name = documentName(document);
  return h(
    "li",
    null,
    h(
      "button",
      { class: "open", type: "button", onclick: () => actions.documents.open(document.id) },
      h("img", { src: thumbnail(document), alt: "", loading: "lazy" }),
      h("span", { class: "name" }, h("bdi", null, name)),
      h("bdi", { class: "small quiet-text" }, document.bundle),
    ),
    h(
      "button",
      { class: "remove only-icon", type: "button", "aria-label": t("remove_document", { name }), onclick: forget },
      icon("trash"),
    ),
  );

  async function forget() {
    const title = t("remove_document", { name });
    if (await confirm(title, t("remove_document_question", { name }), t("delete")))
      await actions.documents.forget(document.id);
  }
}
