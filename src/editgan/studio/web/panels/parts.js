// The palette: a part is chosen by a click, an arrow or a digit, and lights up on the stage under the pointer. First, where
// a photo is edited, what must not change: it is painted like a part.

import { fill, h } from "../dom.js";
import { KEEP } from "../labels/keep.js";
import { shares } from "../painting.js";
import { keyOf } from "../shortcuts.js";
import { percent, readable, t } from "../words.js";

/** @typedef {import("../types").Parts} Parts */

/** @param {import("../types").AppStore} store */
export function createParts(store) {
  const list = h("div", {
    class: "parts",
    role: "listbox",
    "aria-label": t("parts"),
    onkeydown: walk,
    onpointerleave: () => store.update({ hovered: null }),
  });
  /** @type {ReturnType<typeof row>[]} */
  let rows = [];

  /** @param {number} id @param {string} name @param {string} groups @param {Record<string, any>} swatch @param {string | null} title */
  function row(id, name, groups, swatch, title) {
    const share = h("span", { class: "share number" });
    const element = h(
      "div",
      {
        ...{ role: "option", "data-part": id, title },
        onclick: () => store.update({ part: id }),
        onpointerenter: () => store.update({ hovered: id === KEEP ? null : id }),
      },
      h("span", swatch),
      h("span", { class: "name" }, name),
      h("span", { class: "hint" }, groups),
      share,
    );
    return { id, element, share, name };
  }

  function build() {
    const { parts, keep } = store.get();
    rows = (parts?.classes ?? []).map(({ id, name, color }) => {
      const groups = groupsOf(parts, name);
      const swatch = { class: "swatch", style: { background: `rgb(${color.join(" ")})` } };
      return row(id, readable(name), groups, swatch, groups ? t("part_of", { groups }) : null);
    });
    if (rows.length && keep) {
      rows.unshift(row(KEEP, t("keep_this"), "", { class: "swatch hatched" }, `${t("keep_hint")} (${keyOf("keep")})`));
    }
    fill(
      list,
      rows.map(({ element }) => element),
    );
    mark();
    measure();
  }

  function mark() {
    const { part, hovered } = store.get();
    for (const { id, element } of rows) {
      element.setAttribute("aria-selected", String(id === part));
      element.tabIndex = id === part ? 0 : -1;
      element.classList.toggle("is-hovered", id === hovered);
    }
  }

  function measure() {
    const { labels, keep } = store.get();
    const [all, kept] = [shares(labels), shares(keep)[1]];
    for (const { id, element, share, name } of rows) {
      const is = id === KEEP ? kept : all[id];
      share.textContent = is > 0 ? percent(is) : "–";
      element.classList.toggle("is-empty", is === 0);
      element.setAttribute("aria-label", t("part_share", { name, share: percent(is) }));
    }
  }

  /** @param {KeyboardEvent} event */
  function walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -rows.length, End: rows.length }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = rows.findIndex(({ id }) => id === store.get().part);
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
    store.update({ part: next.id });
    next.element.tabIndex = 0;
    next.element.focus();
  }

  build();
  store.subscribe((now, before) => {
    if (now.parts !== before.parts || !now.keep !== !before.keep) build();
    else measure();
  }, "parts", "labels", "keep");
  store.subscribe(mark, "part", "hovered");
  return list;
}

/** @param {Parts | null} parts @param {string} name */
function groupsOf(parts, name) {
  const found = Object.entries(parts?.groups ?? {}).filter(([, members]) => members.includes(name));
  return found.map(([group]) => readable(group)).join(t("and"));
}
