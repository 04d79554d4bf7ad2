// Which set; a new one; and what else can be done with it.

import { fill, h } from "../dom.js";
import { url } from "../http.js";
import { icon } from "../icons.js";
import { OKABE_ITO } from "../labels/palette.js";
import { subjectName, t } from "../words.js";
import { confirm, openDialog } from "./confirm.js";
import { menuButton } from "./menu.js";

/** @typedef {import("../types").AppStore} AppStore */
/** @typedef {import("../actions/sets.js").Sets} Sets */

/** @param {AppStore} store @param {Sets} sets */
export function createSetChoice(store, sets) {
  const choice = h("select", { class: "grow", "aria-label": t("sets"), onchange: () => sets.choose(choice.value) });
  const more = menuButton(t("set_more"), items);
  const fresh = () => openNewSet(store, sets);
  const row = h("div", { class: "row nowrap" }, choice, h("button", { type: "button", onclick: fresh }, icon("plus"), t("set_new")), more);
  const start = h(
    "div",
    { class: "annotate-start" },
    h("h2", null, t("room_annotate")),
    h("p", { class: "quiet-text" }, t("set_lead")),
    h("button", { class: "primary large wide", type: "button", onclick: fresh }, t("set_new")),
  );

  function items() {
    const { set } = store.get();
    const isLabelled = set?.pictures.some((each) => each.is_labelled);
    return [
      ...(isLabelled ? [h("a", { class: "button", href: url(`sets/${set?.id}/archive`), download: "" }, icon("download"), t("set_archive"))] : []),
      h("button", { class: "danger", type: "button", onclick: forget }, icon("trash"), t("set_delete")),
    ];
  }
  async function forget() {
    const name = store.get().set?.name ?? "";
    if (await confirm(t("set_delete"), t("set_delete_question", { name }), t("delete"))) await sets.forget();
  }
  function draw() {
    const { sets: all, set } = store.get();
    row.hidden = all.length === 0;
    start.hidden = all.length > 0;
    fill(choice, all.map((each) => h("option", { value: each.id, selected: each.id === set?.id }, each.name)));
  }
  draw();
  store.subscribe(draw, "sets", "set");
  return h("div", { class: "annotate-choice" }, row, start);
}

/** @param {AppStore} store @param {Sets} sets */
function openNewSet(store, sets) {
  const { about, sets: present, bundle: preferred } = store.get();
  const bundles = about?.bundles ?? [];
  const name = h("input", { class: "field", value: t("set_name_default", { count: present.length + 1 }), maxlength: 80, required: true });
  const bundle = h("select", { onchange: count }, bundles.map((each) => h("option", { value: each.name, selected: each.name === preferred }, `${subjectName(each.subject)} (${each.name})`)));
  const given = h("input", { type: "radio", name: "parts", checked: true });
  const givenText = h("span", null);
  const form = h(
    "form",
    { class: "annotate-form", onsubmit: make },
    h("label", null, t("set_name"), name),
    h("label", null, t("set_bundle"), bundle),
    h(
      "fieldset",
      { "aria-label": t("set_parts") },
      h("span", null, t("set_parts")),
      h("label", { class: "row nowrap" }, given, givenText),
      h("label", { class: "row nowrap" }, h("input", { type: "radio", name: "parts" }), t("set_parts_own")),
    ),
    h("div", { class: "actions" }, h("button", { class: "primary large" }, t("set_create"))),
  );
  const dialog = openDialog(t("set_new"), [form]);

  function count() {
    const parts = bundles.find((each) => each.name === bundle.value)?.parts.classes.length ?? 0;
    givenText.textContent = t("set_parts_bundle", { count: parts });
  }
  /** @param {Event} event */
  async function make(event) {
    event.preventDefault();
    dialog.close();
    await sets.create(name.value.trim(), bundle.value, given.checked ? null : emptyParts());
  }
  count();
  name.select();
}

/** @returns {import("../types").Parts} */
function emptyParts() {
  const background = { id: 0, name: t("set_background"), color: /** @type {[number, number, number]} */ ([0, 0, 0]) };
  return { classes: [background, { id: 1, name: t("set_first_part"), color: OKABE_ITO[0] }], groups: {} };
}
