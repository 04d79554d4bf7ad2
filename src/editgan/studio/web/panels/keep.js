// What must not change, in words: how to mark it, how much is marked, and away with it.

import { h } from "../dom.js";
import { KEEP } from "../labels/keep.js";
import { shares } from "../painting.js";
import { percent, t } from "../words.js";

/** @param {import("../types").AppStore} store @param {import("../actions/index.js").Actions} actions */
export function createKeepLine(store, actions) {
  const said = h("span", { class: "small grow" });
  const clear = h(
    "button",
    { class: "bare", type: "button", onclick: () => actions.stage.clearKeep() },
    t("keep_clear"),
  );
  const element = h("div", { class: "row nowrap keep-line", role: "status" }, h("span", { class: "swatch hatched" }), said, clear);

  function draw() {
    const { keep, part, isBusy } = store.get();
    const share = shares(keep)[1];
    element.hidden = !keep || (share === 0 && part !== KEEP);
    said.textContent = share ? t("keep_marked", { share: percent(share) }) : t("keep_hint");
    clear.hidden = share === 0;
    clear.disabled = isBusy;
  }
  draw();
  store.subscribe(draw, "keep", "part", "isBusy");
  return element;
}
