// A photo dropped on or pasted into the page, wherever that is.

import { h } from "../dom.js";
import { t } from "../words.js";

/** @param {import("../types").AppStore} store @param {(file: File) => void} open */
export function createDrop(store, open) {
  const veil = h("div", { class: "drop-veil", "aria-hidden": "true" }, t("drop_here"));
  const isWanted = () => store.get().room === "edit" && !document.querySelector("dialog[open]");
  /** @param {boolean} is */
  const show = (is) => document.body.classList.toggle("is-dropping", is);
  const listening = new AbortController();
  const { signal } = listening;

  addEventListener(
    "dragover",
    (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault(); // else the browser leaves the page for the photo
      show(isWanted());
    },
    { signal },
  );
  addEventListener("dragleave", (event) => event.relatedTarget === null && show(false), { signal });
  addEventListener(
    "drop",
    (event) => {
      show(false);
      const file = event.dataTransfer?.files[0];
      if (!file) return;
      event.preventDefault();
      if (isWanted()) open(file);
    },
    { signal },
  );
  addEventListener(
    "paste",
    (event) => {
      const file = [...(event.clipboardData?.files ?? [])].find((each) => each.type.startsWith("image/"));
      if (file && isWanted()) open(file);
    },
    { signal },
  );

  return { element: veil, end: () => listening.abort() };
}
