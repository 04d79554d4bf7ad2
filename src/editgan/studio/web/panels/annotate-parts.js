// The parts of a set: names, colours, and new ones.

import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { newColor } from "../labels/palette.js";
import { t } from "../words.js";
import { openDialog } from "./confirm.js";

/** @typedef {import("../api").Part} Part */

/** @param {import("../types").AppStore} store @param {import("../actions/sets.js").Sets} sets */
export function openPartsEditor(store, sets) {
  const { set } = store.get();
  if (!set) return;
  const { groups } = set.parts;
  const before = set.parts.classes;
  let parts = before.map((part) => ({ ...part, from: part.name }));
  const list = h("ul", { class: "annotate-parts" });
  const add = h("button", { type: "button", onclick: append }, icon("plus"), t("part_add"));
  const refusal = h("p", { class: "refusal", role: "alert" });
  const form = h(
    "form",
    { class: "annotate-form", onsubmit: keep },
    h("p", { class: "quiet-text" }, t("parts_lead")),
    list,
    refusal,
    h("div", { class: "actions" }, add, h("button", { class: "primary" }, t("save"))),
  );
  const dialog = openDialog(t("parts_edit"), [form]);

  function draw() {
    fill(list, parts.map(row));
  }
  /** @param {typeof parts[number]} part */
  function row(part) {
    const rename = () => (part.name = name.value.trim().replace(/\s+/gu, "_"));
    const name = h("input", { class: "field grow", "aria-label": t("part_name"), value: part.name, maxlength: 40, required: true, pattern: "[\\p{L}\\p{N}_ ]+", oninput: rename });
    const color = h("input", { type: "color", "aria-label": t("part_color", { name: part.name }), value: hex(part.color), oninput: () => (part.color = triple(color.value)) });
    const gone = () => ((parts = parts.filter((each) => each !== part)), draw());
    const remove = h("button", { class: "bare only-icon", type: "button", disabled: parts.length <= 2 || part === parts[0], "aria-label": t("part_remove", { name: part.name }), onclick: gone }, icon("trash"));
    return h("li", { class: "row nowrap" }, color, name, remove);
  }
  function append() {
    const color = newColor(parts.map((part) => part.color));
    parts.push({ id: parts.length, name: t("part_new", { count: parts.length }), color, from: "" });
    draw();
    const field = /** @type {HTMLInputElement} */ (list.querySelector("li:last-child .field"));
    field.select();
    field.scrollIntoView({ block: "center" });
  }
  /** @param {Event} event */
  async function keep(event) {
    event.preventDefault();
    const changed = await sets.setParts({ classes: parts.map(({ name, color }, id) => ({ id, name, color })), groups: renamed(groups, parts) });
    if (changed) return dialog.close();
    refusal.textContent = store.get().message?.text ?? "";
    store.update({ message: null }); // a dialog lies over where it would be shown
  }
  draw();
}

/** Groups follow their parts' names, and end with their last part. @param {Record<string, string[]>} groups @param {{ name: string, from: string }[]} parts */
function renamed(groups, parts) {
  const names = new Map(parts.map(({ name, from }) => [from, name]));
  const taken = new Set(names.values());
  const kept = Object.entries(groups).map(([group, members]) => /** @type {const} */ ([group, members.flatMap((each) => names.get(each) ?? [])]));
  return Object.fromEntries(kept.filter(([group, members]) => members.length && !taken.has(group)));
}

/** @param {Part["color"]} color */
const hex = (color) => `#${color.map((each) => each.toString(16).padStart(2, "0")).join("")}`;

/** @param {string} text #rrggbb @returns {Part["color"]} */
function triple(text) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
  return [red, green, blue];
}
