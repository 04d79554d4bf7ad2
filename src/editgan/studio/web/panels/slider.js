// One vector: its picture, its name or those of its two ends, its strength.

import { url } from "../http.js";
import { h } from "../dom.js";
import { endsOf } from "../ends.js";
import { vectorThumbnail } from "../pictures.js";
import { readable, signed, strengthSaid, t } from "../words.js";
import { askName, confirm } from "./confirm.js";
import { menuButton } from "./menu.js";
import { fillRange } from "./range.js";

/** @typedef {import("../types").Vector} Vector */
/** @typedef {import("../types").AppState} AppState */
/** @typedef {import("../actions/index.js").Actions} Actions */

const STEP = 0.05;
const STICKS = 0.04; // of the range, around zero

/** @param {Vector} vector @param {AppState} state @param {Actions} actions */
export function createSlider(vector, state, actions) {
  const name = readable(vector.name);
  const opposite = vector.opposite === null ? null : readable(vector.opposite);
  const parts = vector.classes.map(readable).join(t("and"));
  const ends = opposite === null ? null : endNames(endsOf(opposite, name));
  const [least, most] = around(vector.strengths, state.strengths[vector.id] ?? 0);
  const value = h("output", { class: "value number" });
  const range = h("input", {
    ...{
      type: "range",
      min: least,
      max: most,
      step: STEP,
      "aria-label": opposite === null ? t("strength_of", { name }) : t("strength_of_ends", { name, opposite }),
      title: t("reset_vector"),
    },
    oninput: () => actions.entries.move(vector.id, stuck(range.valueAsNumber)),
    onchange: () => actions.entries.settle(),
    ondblclick: () => (actions.entries.move(vector.id, 0), actions.entries.settle()),
  });
  const zero = h("span", { class: "zero", style: { "--zero": String((0 - least) / (most - least)) } });
  const element = h(
    "li",
    { "data-vector": vector.id },
    thumbnail(vector, state),
    h(
      "div",
      { class: "line" },
      h("bdi", { class: "name", title: opposite === null ? parts : `${opposite} ↔ ${name} (${parts})` }, ends?.all ?? name),
      vector.is_saved ? null : h("span", { class: "tag" }, t("not_saved")),
      value,
      vector.source === "own" && vector.is_saved
        ? menuButton(t("more_for", { name }), () => items(vector, name, actions), "bare more")
        : null,
    ),
    h("div", { class: "slide" }, zero, range),
  );

  /** Near zero a drag falls into it; arrow keys pass through. @param {number} strength */
  function stuck(strength) {
    return Math.abs(strength) < Math.max(STEP, STICKS * (most - least)) && range.matches(":active") ? 0 : strength;
  }

  /** @param {AppState} now */
  function show({ strengths, isBusy }) {
    const strength = strengths[vector.id] ?? 0;
    range.value = String(strength);
    range.disabled = isBusy;
    fillRange(range, 0);
    value.value = signed(strength, 2, ends ? "never" : "exceptZero");
    range.setAttribute("aria-valuetext", ends && strength ? strengthSaid(vector, strength) : value.value);
    ends?.low.classList.toggle("is-here", strength < 0);
    ends?.high.classList.toggle("is-here", strength > 0);
    element.classList.toggle("is-set", strength !== 0);
  }
  show(state);
  return { element, vector, show };
}

/** Below zero is where the line begins, so that name is first. @param {import("../ends.js").Ends} ends */
function endNames({ before, low, high, after }) {
  const [first, second] = [low, high].map((own) => h("span", { class: "end" }, own));
  const shared = [before && `${before} `, after && ` ${after}`];
  return { low: first, high: second, all: [shared[0], first, " ↔ ", second, shared[1]] };
}

/** The useful range, with zero and the present value in it. @param {[number, number]} useful @param {number} present */
function around([least, most], present) {
  return [Math.floor(Math.min(0, least, present) / STEP) * STEP, Math.ceil(Math.max(0, most, present) / STEP) * STEP];
}

/** @param {Vector} vector @param {AppState} state */
function thumbnail(vector, { document }) {
  const strength = Math.min(1, vector.strengths[1]) || 1;
  const src = document?.is_open ? vectorThumbnail(document, vector.id, strength) : null;
  return h("img", { class: "thumbnail", src, alt: "", loading: "lazy", width: 48, height: 48 });
}

/** @param {Vector} vector @param {string} name @param {Actions} actions */
function items(vector, name, actions) {
  async function rename() {
    const next = await askName(t("rename"), t("vector_name"), vector.name);
    if (next) await actions.vectors.rename(vector.id, next);
  }
  async function forget() {
    if (await confirm(`${t("delete")}: ${name}`, t("delete_vector_question", { name }), t("delete")))
      await actions.vectors.forget(vector.id);
  }
  return [
    h("a", { class: "button", href: url(`vectors/${vector.id}/file`), download: "" }, t("download")),
    h("button", { type: "button", onclick: rename }, t("rename")),
    h("button", { type: "button", class: "danger", onclick: forget }, t("delete")),
  ];
}
