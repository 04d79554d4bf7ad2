// Where the subject is, said by hand: a square over the whole photo.

import { h } from "../dom.js";
import { photoUrl } from "../pictures.js";
import { t } from "../words.js";
import { openDialog } from "./confirm.js";
import { dragCorner, firstSquare, inside } from "./square.js";

/** @typedef {import("./square.js").Corner} Corner */

const CORNERS = /** @type {const} */ (["nw", "ne", "sw", "se"]);
const STEP = 0.01; // of the photo's shorter side, for an arrow key; ten times that with Shift

/**
 * @param {import("../types").Document} document @param {import("../actions/index.js").Actions} actions
 * @param {string} [why] above the photo, when it was not the person who asked
 * @param {string} [source] of the picture of the photo
 */
export function openCrop(document, actions, why, source = photoUrl(document, 1024)) {
  const { width, height } = document;
  let square = firstSquare(document);
  const box = h(
    "div",
    { class: "crop-box", tabindex: 0, role: "application", onkeydown: nudge },
    CORNERS.map((corner) => h("i", { "data-corner": corner })),
  );
  const photo = h("img", { src: source, alt: "", draggable: "false", width, height });
  const stage = h("div", { class: "crop-photo", dir: "ltr", onpointerdown: press }, photo, box);
  const open = h("button", { type: "button", class: "primary large", onclick: take }, t("crop_open"));
  const cancel = h("button", { type: "button", class: "large", onclick: () => dialog.close() }, t("cancel"));
  const lead = h(
    "div",
    null,
    why ? h("p", null, h("strong", null, why)) : null,
    h("p", { class: "quiet-text" }, t("crop_lead")),
  );
  const dialog = openDialog(t("crop_title"), [lead, stage, h("div", { class: "actions" }, cancel, open)], {
    className: "crop",
  });

  function draw() {
    const share = (/** @type {number} */ value, /** @type {number} */ side) => `${(value / side) * 100}%`;
    Object.assign(box.style, { left: share(square.x, width), top: share(square.y, height) });
    Object.assign(box.style, { width: share(square.size, width), height: share(square.size, height) });
    const [x, y, size] = [square.x, square.y, square.size].map(Math.round);
    box.setAttribute("aria-label", t("crop_box", { x, y, size }));
  }

  /** In the photo's pixels. @param {PointerEvent} event */
  function at(event) {
    const bounds = photo.getBoundingClientRect();
    return [
      ((event.clientX - bounds.left) / bounds.width) * width,
      ((event.clientY - bounds.top) / bounds.height) * height,
    ];
  }

  /** One drag, from press to release: its state lives here. @param {PointerEvent} press_ */
  function press(press_) {
    if (press_.button !== 0) return;
    press_.preventDefault();
    box.focus();
    const corner = /** @type {HTMLElement} */ (press_.target).dataset.corner;
    const [fromX, fromY] = at(press_);
    const from = square;
    stage.setPointerCapture(press_.pointerId);
    /** @param {PointerEvent} event */
    function move(event) {
      const [x, y] = at(event);
      square = corner
        ? dragCorner(from, /** @type {Corner} */ (corner), x, y, width, height)
        : inside({ ...from, x: from.x + x - fromX, y: from.y + y - fromY }, width, height);
      draw();
    }
    const done = new AbortController();
    stage.addEventListener("pointermove", move, { signal: done.signal });
    for (const name of ["pointerup", "pointercancel"])
      stage.addEventListener(name, () => done.abort(), { signal: done.signal });
  }

  /** @param {KeyboardEvent} event */
  function nudge(event) {
    const step = Math.min(width, height) * STEP * (event.shiftKey && event.key.startsWith("Arrow") ? 10 : 1);
    const { x, y, size } = square;
    const next = {
      ArrowLeft: { x: x - step, y, size },
      ArrowRight: { x: x + step, y, size },
      ArrowUp: { x, y: y - step, size },
      ArrowDown: { x, y: y + step, size },
      "+": { x: x - step, y: y - step, size: size + 2 * step },
      "=": { x: x - step, y: y - step, size: size + 2 * step },
      "-": { x: x + step, y: y + step, size: size - 2 * step },
    }[event.key];
    if (!next) return;
    event.preventDefault();
    square = inside(next, width, height);
    draw();
  }

  async function take() {
    dialog.close();
    await actions.documents.reopen({ box: [square.x, square.y, square.size, square.size] });
  }
  draw();
  box.focus();
}
