// The palette: a part is chosen by a click, an arrow or a digit, and lights up on the stage under the pointer.

import { fill, h } from "../dom.js";
import { shares } from "../painting.js";
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
  /** @type {{ id: number, element: HTMLElement, share: HTMLElement, name: string }[]} */
  let rows = [];

  function build() {
    const { parts } = store.get();
    rows = (parts?.classes ?? []).map(({ id, name, color }) => {
      const share = h("span", { class: "share number" });
      const groups = groupsOf(parts, name);
      const element = h(
        "div",
        {
          role: "option",
          "data-part": id,
          title: groups ? t("part_of", { groups }) : null,
          onclick: () => store.update({ part: id }),
          onpointerenter: () => store.update({ hovered: id }),
        },
        h("span", { class: "swatch", style: { background: `rgb(${color.join(" ")})` } }),
        h("span", { class: "name" }, readable(name)),
        h("span", { class: "hint" }, groups),
        share,
      );
      return { id, element, share, name: readable(name) };
    });
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
    const all = shares(store.get().labels);
    for (const { id, element, share, name } of rows) {
      share.textContent = all[id] > 0 ? percent(all[id]) : "–";
      element.classList.toggle("is-empty", all[id] === 0);
      element.setAttribute("aria-label", t("part_share", { name, share: percent(all[id]) }));
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
  store.subscribe(build, "parts");
  store.subscribe(mark, "part", "hovered");
  store.subscribe(measure, "labels");
  return list;
}

/** @param {Parts | null} parts @param {string} name */
function groupsOf(parts, name) {
  const found = Object.entries(parts?.groups ?? {}).filter(([, members]) => members.includes(name));
  return found.map(([group]) => readable(group)).join(t("and"));
}
