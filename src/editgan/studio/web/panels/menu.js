// A small menu that opens beside its button, on top of everything.

import { fill, h } from "../dom.js";
import { icon } from "../icons.js";

/** @param {string} label @param {() => HTMLElement[]} items made anew each time it opens @param {string} [className] */
export function menuButton(label, items, className = "bare only-icon") {
  const menu = h("div", { class: "menu", popover: "auto", onclick: close, ontoggle: settle });
  const button = h(
    "button",
    {
      class: className,
      type: "button",
      "aria-label": label,
      title: label,
      "aria-haspopup": "true",
      "aria-expanded": "false",
      onclick: open,
    },
    icon("more"),
  );

  function open() {
    fill(menu, items());
    document.body.append(menu);
    menu.showPopover();
    place(menu, button.getBoundingClientRect());
    /** @type {HTMLElement | null} */ (menu.firstElementChild)?.focus();
  }
  function close() {
    menu.hidePopover();
  }
  /** @param {ToggleEvent} event */
  function settle(event) {
    button.setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState === "closed") menu.remove();
  }
  return button;
}

/** Under the button, on the side that has room. @param {HTMLElement} menu @param {DOMRect} at */
function place(menu, at) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = at.left + at.width / 2 < innerWidth / 2 ? at.left : at.right - width;
  const top = at.bottom + 4 + height < innerHeight ? at.bottom + 4 : at.top - 4 - height;
  menu.style.left = `${Math.max(8, left)}px`;
  menu.style.top = `${Math.max(8, top)}px`;
}
