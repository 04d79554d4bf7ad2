// Several buttons, of which one holds.

import { h } from "../dom.js";
import { t } from "../words.js";

/**
 * @template {string} V
 * @param {import("../words.js").Word} word @param {readonly V[]} values @param {(value: V) => void} choose
 * @param {Record<V, [Node | null, string, string]>} faces icon, word, hint
 */
export function choice(word, values, choose, faces) {
  const buttons = values.map((value) => {
    const [drawn, label, hint] = faces[value];
    return h(
      "button",
      {
        type: "button",
        role: "radio",
        "data-value": value,
        title: hint,
        "aria-label": label,
        onclick: () => choose(value),
      },
      drawn,
      h("span", { class: drawn ? "label" : "" }, label),
    );
  });
  return {
    element: h("div", { class: "choice", role: "radiogroup", "aria-label": t(word) }, buttons),
    /** @param {V} value */
    mark: (value) => buttons.forEach((each) => each.setAttribute("aria-checked", String(each.dataset.value === value))),
  };
}
