// The sheet that teaches: four sentences, and the keys.

import { h } from "../dom.js";
import { SHORTCUTS } from "../shortcuts.js";
import { number, t } from "../words.js";
import { openDialog } from "./confirm.js";

export function openHelp() {
  const story = /** @type {const} */ (["help_1", "help_2", "help_3", "help_4"]);
  openDialog(
    t("help_title"),
    [
      h(
        "ol",
        { class: "story" },
        story.map((key, i) => h("li", null, h("span", { class: "number" }, number(i + 1)), t(key))),
      ),
      h("h2", null, t("shortcuts")),
      h(
        "dl",
        { class: "shortcuts" },
        SHORTCUTS.map(({ word, keys }) =>
          h(
            "div",
            null,
            h("dt", null, t(word)),
            h(
              "dd",
              null,
              keys.flatMap((key, i) => (i ? [" / ", keyCap(key)] : [keyCap(key)])),
            ),
          ),
        ),
      ),
    ],
    { className: "help" },
  );
}

/** Ctrl+Z as two caps. @param {string} keys */
function keyCap(keys) {
  return h(
    "span",
    { dir: "ltr" },
    keys.split(/(?<=.)\+(?=.)/).flatMap((key, i) => (i ? [" ", h("kbd", null, key)] : [h("kbd", null, key)])),
  );
}
