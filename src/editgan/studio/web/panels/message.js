// The quiet line at the bottom: what went wrong, in the server's own sentence.

import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../words.js";

const INFO_MS = 6000;

/** @param {import("../types").AppStore} store @param {import("../actions/messages.js").Messages} messages */
export function createMessage(store, messages) {
  const element = h("div", { class: "message", popover: "manual", role: "status", "aria-live": "polite" });
  let timer = 0;

  function draw() {
    const { message } = store.get();
    clearTimeout(timer);
    if (element.matches(":popover-open")) element.hidePopover();
    if (!message || !element.isConnected) return;
    element.classList.toggle("is-error", message.kind === "error");
    element.setAttribute("role", message.kind === "error" ? "alert" : "status");
    const close = h(
      "button",
      { class: "bare only-icon", type: "button", "aria-label": t("dismiss"), onclick: messages.dismiss },
      icon("close"),
    );
    fill(element, h("span", null, message.text), close);
    element.showPopover(); // also above an open dialog
    if (message.kind === "info") timer = window.setTimeout(messages.dismiss, INFO_MS);
  }
  store.subscribe(draw, "message");
  return element;
}
