// The document's entries, oldest first; a click goes back, or forward again.

import { fill, h } from "../dom.js";
import { url } from "../http.js";
import { MOVING, isEdited } from "../pasting.js";
import { entryImage } from "../pictures.js";
import { isolated, strengthSaid, t } from "../words.js";

/** @typedef {import("../types").Entry} Entry */
/** @typedef {import("../types").Document} Document */

/** @param {import("../types").AppStore} store @param {import("../actions/index.js").Actions} actions */
export function createTimeline(store, actions) {
  const list = h("ol");
  /** @type {Map<string, HTMLElement>} so that a new entry does not load the old pictures again */
  const made = new Map();

  function draw() {
    const { document, isBusy } = store.get();
    const entries = document?.is_open ? document.entries : [];
    const items = document ? entries.map((entry, index) => item(document, entry, index)) : [];
    fill(list, items);
    entries.forEach(({ id }, index) => {
      const button = /** @type {HTMLButtonElement} */ (items[index].firstElementChild);
      const isCurrent = id === document?.current;
      if (isCurrent) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
      button.disabled = isBusy && !isCurrent;
      if (isCurrent) items[index].scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  }

  /** @param {Document} document @param {Entry} entry @param {number} index */
  function item(document, entry, index) {
    const src = url(entryImage(document, entry.id));
    const title = titleOf(document, entry, store.get().vectors);
    const key = `${src} ${title}`;
    const known = made.get(key);
    if (known) return known;
    const button = h(
      "button",
      {
        type: "button",
        "data-entry": entry.id,
        "aria-label": t("entry_n", { count: index + 1, title }),
        title,
        onclick: () => actions.entries.goTo(entry.id),
      },
      h("img", { src, alt: "", width: 48, height: 48, loading: "lazy" }),
      h("span", null, title),
    );
    const element = h("li", null, button);
    made.set(key, element);
    return element;
  }
  draw();
  store.subscribe(draw, "document", "isBusy", "vectors");
  return h("nav", { class: "timeline", "aria-label": t("timeline") }, list);
}

/** @param {Document} document @param {Entry} entry @param {import("../types").Vector[]} vectors */
function titleOf(document, entry, vectors) {
  const what = entry.kind === "opened" ? t("entry_opened") : editOf(entry, vectors);
  const { paste_mode, strengths } = entry.composition;
  const isDrawn = document.kind === "photo" && !MOVING.includes(paste_mode) && isEdited(strengths);
  return isDrawn ? t("entry_drawn", { what }) : what;
}

/**
 * In the reader's language, as far as all its vectors are known; else as the server wrote it.
 * @param {Entry} entry @param {import("../types").Vector[]} vectors
 */
function editOf({ kind, title, composition }, vectors) {
  if (kind === "repainted") return isolated(title);
  const sum = Object.entries(composition.strengths).map(([id, strength]) => {
    const vector = vectors.find((each) => each.id === id);
    return vector ? strengthSaid(vector, strength) : null;
  });
  if (sum.includes(null)) return isolated(title);
  const said = sum.length ? sum.join(t("and")) : t("entry_nothing");
  return kind === "refined" ? t("entry_refined", { what: said }) : said;
}
