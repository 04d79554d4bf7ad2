// Dialogs: the frame that they share, a question, and a name to give.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../words.js";

/**
 * @param {string} title @param {(HTMLElement | string)[]} content
 * @param {{ className?: string, onclose?: () => void }} [how]
 * @returns {HTMLDialogElement} shown; taken out of the page when it closes
 */
export function openDialog(title, content, { className = "", onclose } = {}) {
  const dialog = h(
    "dialog",
    { class: className, "aria-label": title, onclose: () => (dialog.remove(), onclose?.()), onclick: closeOutside },
    h(
      "header",
      null,
      h("h1", null, title),
      h(
        "button",
        { class: "bare only-icon", type: "button", "aria-label": t("close"), onclick: () => dialog.close() },
        icon("close"),
      ),
    ),
    h("div", { class: "content" }, content),
  );
  /** @param {MouseEvent} event */
  function closeOutside(event) {
    if (event.target === dialog && event.detail > 0 && !inside(dialog, event)) dialog.close();
  }
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** @param {HTMLElement} element @param {MouseEvent} event */
function inside(element, { clientX, clientY }) {
  const box = element.getBoundingClientRect();
  return clientX >= box.left && clientX <= box.right && clientY >= box.top && clientY <= box.bottom;
}

/**
 * @param {string} title @param {string} question @param {string} yes @param {"danger" | "primary"} [kind]
 * @returns {Promise<boolean>}
 */
export function confirm(title, question, yes, kind = "danger") {
  return new Promise((resolve) => {
    let answer = false;
    const say = () => ((answer = true), dialog.close());
    const dialog = openDialog(
      title,
      [
        h("p", null, question),
        h(
          "div",
          { class: "actions" },
          h("button", { type: "button", autofocus: true, onclick: () => dialog.close() }, t("cancel")),
          h("button", { type: "button", class: kind, onclick: say }, yes),
        ),
      ],
      { onclose: () => resolve(answer) },
    );
  });
}

/** @param {string} title @param {string} label @param {string} present @returns {Promise<string | null>} */
export function askName(title, label, present) {
  return new Promise((resolve) => {
    /** @type {string | null} */
    let answer = null;
    const field = h("input", {
      class: "field grow",
      "aria-label": label,
      value: present,
      maxlength: 80,
      required: true,
    });
    const form = h(
      "form",
      {
        class: "row",
        onsubmit: (/** @type {Event} */ event) => (
          event.preventDefault(),
          (answer = field.value.trim() || null),
          dialog.close()
        ),
      },
      field,
      h("button", { class: "primary" }, t("save")),
    );
    const dialog = openDialog(title, [form], { onclose: () => resolve(answer) });
    field.select();
  });
}
