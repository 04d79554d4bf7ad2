// The set's pictures, small, each with its state; and saving the labels of the one on the stage.

import { fill, h } from "../dom.js";
import { url } from "../http.js";
import { icon } from "../icons.js";
import { t } from "../words.js";
import { confirm } from "./confirm.js";
import { openCrop } from "./crop.js";
import { menuButton } from "./menu.js";

/** @typedef {import("../types").AppStore} AppStore */
/** @typedef {import("../actions/sets.js").Sets} Sets */
/** @typedef {import("../api").Picture} Picture */

const INVENTED = 8; // pictures at a press

/** @param {AppStore} store @param {Sets} sets */
export function createPictures(store, sets) {
  const count = h("span", { class: "small quiet-text number" });
  const grid = h("ul", { class: "annotate-pictures", "aria-label": t("pictures") });
  const none = h("p", { class: "annotate-none quiet-text" }, t("pictures_none"));
  const chooser = h("input", { type: "file", accept: "image/*", multiple: true, hidden: true, onchange: send });
  const add = h("button", { type: "button", title: t("pictures_full"), onclick: () => chooser.click() }, icon("image"), t("pictures_add"));
  const invent = h("button", { type: "button", onclick: () => sets.invent(INVENTED) }, icon("dice"), t("pictures_invent", { count: INVENTED }));

  async function send() {
    const files = [...(chooser.files ?? [])];
    chooser.value = "";
    if (files.length) await sets.addPhotos(files);
  }
  function draw() {
    const { set, picture_id } = store.get();
    const pictures = set?.pictures ?? [];
    count.textContent = t("pictures_count", { labelled: pictures.filter((each) => each.is_labelled).length, total: pictures.length });
    none.hidden = pictures.length > 0;
    const focused = grid.contains(document.activeElement) ? document.activeElement?.getAttribute("data-picture") : null;
    fill(grid, set ? pictures.map((each) => tile(set, each, each.id === picture_id, sets)) : []);
    /** @type {HTMLElement | null} */ (focused && grid.querySelector(`[data-picture="${focused}"]`))?.focus();
  }
  draw();
  store.subscribe(draw, "set", "picture_id");
  return h(
    "div",
    { class: "section" },
    h("div", { class: "row between" }, h("h2", { class: "heading" }, t("pictures")), count),
    grid,
    none,
    h("div", { class: "row" }, add, invent, chooser),
    createCurrent(store, sets),
  );
}

/** @param {Picture} picture @param {Sets} sets @param {string | null} suggested */
function stateOf(picture, sets, suggested) {
  if (picture.error) return /** @type {const} */ (["failed", t("picture_failed")]);
  if (!picture.is_ready) return /** @type {const} */ (["waiting", t("picture_waiting")]);
  if (sets.hasDraft(picture.id)) return /** @type {const} */ (["painted", t("picture_painted")]);
  if (picture.is_labelled) return picture.is_test ? /** @type {const} */ (["test", t("picture_test")]) : /** @type {const} */ (["labelled", t("picture_labelled")]);
  if (picture.id === suggested) return /** @type {const} */ (["suggested", t("picture_suggested")]);
  return /** @type {const} */ (["ready", t("picture_ready")]);
}

/** @param {import("../types").PictureSet} set @param {Picture} picture @param {boolean} isShown @param {Sets} sets */
function tile(set, picture, isShown, sets) {
  const [state, words] = stateOf(picture, sets, set.suggested);
  const label = `${picture.name}: ${words}`;
  const source = url(`sets/${set.id}/pictures/${picture.id}/image`);
  const mark = { failed: "close", waiting: "more", painted: "pencil", test: "split", labelled: "check", suggested: "frame", ready: null }[state];
  return h(
    "li",
    null,
    h(
      "button",
      { type: "button", "data-picture": picture.id, "data-state": state, title: label, "aria-label": label, "aria-pressed": String(isShown), onclick: () => sets.show(picture.id) },
      picture.is_ready ? h("img", { src: source, alt: "", loading: "lazy" }) : null,
      mark && h("i", { class: "mark" }, icon(mark)),
    ),
  );
}

/** The picture on the stage: its name, its use, and what went wrong. @param {AppStore} store @param {Sets} sets */
function createCurrent(store, sets) {
  const element = h("div", { class: "annotate-current" });
  function draw() {
    const { set } = store.get();
    const picture = sets.picture();
    element.hidden = !picture;
    if (!set || !picture) return;
    const [, words] = stateOf(picture, sets, set.suggested);
    fill(
      element,
      h("div", { class: "row nowrap" }, h("bdi", { class: "name grow" }, picture.name), menuButton(t("more_for", { name: picture.name }), () => items(picture))),
      h("p", { class: "small quiet-text" }, picture.error_code === "no-subject" ? t("crop_not_found") : (picture.error ?? words)),
      picture.error ? again(set, picture) : null,
    );
  }
  /** @param {Picture} picture */
  function items(picture) {
    const forget = async () => {
      const question = t("picture_delete_question", { name: picture.name });
      if (await confirm(t("picture_delete"), question, t("delete"))) await sets.forgetPicture(picture.id);
    };
    return [h("button", { class: "danger", type: "button", onclick: forget }, icon("trash"), t("picture_delete"))];
  }
  /** @param {import("../types").PictureSet} set @param {Picture} picture */
  function again(set, picture) {
    const frame = () => openFrame(set, picture, sets);
    return h(
      "div",
      { class: "row" },
      picture.photo_size ? h("button", { class: picture.error_code === "no-subject" ? "primary" : "", type: "button", onclick: frame }, icon("frame"), t("frame_it")) : null,
      picture.error_code === "no-subject" ? null : h("button", { type: "button", onclick: () => sets.readAgain(picture.id, null) }, t("picture_again")),
    );
  }
  draw();
  store.subscribe(draw, "set", "picture_id");
  return element;
}

/** @param {import("../types").PictureSet} set @param {Picture} picture @param {Sets} sets */
function openFrame(set, picture, sets) {
  const [width, height] = picture.photo_size ?? [1, 1];
  const photo = /** @type {any} */ ({ width, height, box: null, frame: null });
  const actions = /** @type {any} */ ({ documents: { reopen: (/** @type {{ box: number[] }} */ { box }) => sets.readAgain(picture.id, box) } });
  openCrop(photo, actions, undefined, url(`sets/${set.id}/pictures/${picture.id}/photo`));
}

/** @param {AppStore} store @param {Sets} sets @param {import("../types").Stage} stage */
export function createSaver(store, sets, stage) {
  const next = h("button", { class: "primary large grow", type: "button", title: "Ctrl+Shift+S", onclick: () => sets.save(true) }, t("labels_save_next"));
  const save = h("button", { class: "large", type: "button", title: "Ctrl+S", onclick: () => sets.save(false) }, t("labels_save"));
  const state = h("span", { class: "small quiet-text grow", role: "status" });
  const reset = h("button", { class: "bare", type: "button", onclick: () => stage.reset() }, t("labels_to_draft"));
  const test = h("input", { type: "checkbox", role: "switch", onchange: () => sets.use(store.get().picture_id ?? "", test.checked) });
  const doubt = h("input", { type: "checkbox", role: "switch", onchange: () => store.update({ compare: doubt.checked ? "heat" : "off" }) });

  function draw() {
    const { labels, base, compare } = store.get();
    const picture = sets.picture();
    const isReady = picture?.is_ready === true && labels !== null;
    const isPainted = isReady && sets.isPainted();
    next.disabled = save.disabled = !isReady;
    state.textContent = !isReady ? "" : isPainted ? t("labels_painted") : t(picture.is_labelled ? "labels_clean" : "labels_draft");
    reset.hidden = !isReady || !labels || !base || labels.ids.every((id, i) => id === base.ids[i]);
    doubt.checked = compare === "heat";
    doubt.disabled = !isReady;
    test.checked = picture?.is_test ?? false;
    test.disabled = !picture?.is_labelled;
  }
  draw();
  store.subscribe(draw, "labels", "base", "set", "picture_id", "compare");
  return h(
    "div",
    { class: "foot" },
    h("label", { class: "switch", title: t("doubt_hint") }, t("doubt"), doubt),
    h("label", { class: "switch", title: t("picture_is_test_hint") }, t("picture_is_test"), test),
    h("div", { class: "row nowrap" }, next, save),
    h("div", { class: "row" }, state, reset),
  );
}
