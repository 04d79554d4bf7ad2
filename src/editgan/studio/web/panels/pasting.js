// How edits come into the photo, and what the current one is warned of: below whatever panel is open.

import { fill, h } from "../dom.js";
import { MODES } from "../pasting.js";
import { t } from "../words.js";
import { choice } from "./choice.js";

/** @param {import("../types").AppStore} store @param {import("../actions/index.js").Actions} actions */
export function createPasting(store, actions) {
  const hints = {
    geometry: t("paste_geometry_hint"),
    motion: t("paste_geometry_hint"),
    difference: t("paste_difference_hint"),
    replace: t("paste_replace_hint"),
  };
  const modes = choice("paste", MODES, (mode) => actions.entries.setMode(mode), {
    geometry: [null, t("paste_geometry"), hints.geometry],
    difference: [null, t("paste_difference"), hints.difference],
    replace: [null, t("paste_replace"), hints.replace],
  });
  const hint = h("p", { class: "small quiet-text" });
  const element = h("div", { class: "pasting" }, h("strong", { class: "small" }, t("paste")), modes.element, hint);

  function draw() {
    const { document, isBusy, pasteMode } = store.get();
    element.hidden = !document?.is_open || document.kind === "sample"; // samples have no pixels of their own
    modes.mark(pasteMode === "motion" ? "geometry" : pasteMode);
    for (const button of modes.element.querySelectorAll("button")) button.disabled = isBusy;
    hint.textContent = hints[pasteMode];
  }
  draw();
  store.subscribe(draw, "document", "isBusy", "pasteMode");
  return element;
}

/** In the server's own words, whatever the page's language. @param {import("../types").AppStore} store */
export function createWarnings(store) {
  const element = h("div", { class: "warnings", role: "status" });

  function draw() {
    const { document } = store.get();
    const said = document?.entries.find(({ id }) => id === document.current)?.warnings ?? [];
    element.hidden = !said.length;
    fill(
      element,
      said.map((warning) => h("p", { class: "note warning", dir: "ltr", lang: "en" }, warning)),
    );
  }
  draw();
  store.subscribe(draw, "document");
  return element;
}
