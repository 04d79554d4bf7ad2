// Wordmark, rooms, language, theme, help, menu.

import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { documentName, t } from "../words.js";
import { confirm } from "./confirm.js";
import { menuButton } from "./menu.js";

/** @typedef {import("../types").AppState} AppState */

const NARROW = 480; // px, as in shell.css: the bar has no room for everything
const THEMES = /** @type {const} */ (["system", "light", "dark"]);

/**
 * @param {import("../types").AppStore} store @param {import("../actions/index.js").Actions} actions
 * @param {{ goTo: (room: AppState["room"]) => void, openHelp: () => void }} page
 */
export function createTopbar(store, actions, page) {
  const name = h("span", { class: "document-name" });
  const fresh = h(
    "button",
    { class: "bare new-photo", type: "button", "aria-label": t("new_photo"), onclick: () => actions.documents.leave() },
    icon("plus"),
    h("span", null, t("new_photo")),
  );
  const rooms = h("div", { class: "choice", role: "group", "aria-label": t("rooms") }, room("edit"), room("annotate"));

  /** @param {AppState["room"]} each */
  function room(each) {
    return h("button", { type: "button", "data-room": each, onclick: () => page.goTo(each) }, t(`room_${each}`));
  }

  const theme = h("button", { class: "bare only-icon in-menu", type: "button", onclick: nextTheme });
  const themeItem = () => h("button", { type: "button", onclick: nextTheme }, t(`theme_${store.get().theme}`));
  function nextTheme() {
    const next = THEMES[(THEMES.indexOf(store.get().theme) + 1) % THEMES.length];
    store.update({ theme: next });
  }

  function draw() {
    const { document, room: here, theme: chosen } = store.get();
    const isOpen = here === "edit" && document !== null;
    fresh.hidden = !isOpen;
    fill(name, isOpen ? h("bdi", null, documentName(document)) : "");
    for (const button of rooms.children)
      button.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (button).dataset.room === here));
    fill(theme, icon(chosen));
    theme.title = t(`theme_${chosen}`);
    theme.setAttribute("aria-label", `${t("theme")}: ${t(`theme_${chosen}`)}`);
  }
  draw();
  store.subscribe(draw, "document", "room", "theme");

  return h(
    "header",
    { class: "top" },
    h(
      "span",
      { class: "wordmark", dir: "ltr" },
      "EditGAN",
      h("span", { class: "wordmark-rest quiet-text" }, " Studio"),
    ),
    rooms,
    fresh,
    name,
    h("span", { class: "space" }),
    ...[languageButton(store), theme],
    h(
      "button",
      {
        class: "bare only-icon",
        type: "button",
        "aria-label": t("help"),
        title: `${t("help")} (?)`,
        onclick: page.openHelp,
      },
      icon("help"),
    ),
    menuButton(t("menu"), () => [
      ...(innerWidth <= NARROW ? [languageButton(store), themeItem()] : []),
      h("a", { class: "button", href: "/api/docs" }, t("api_page")),
      h("button", { class: "danger", type: "button", onclick: forget }, t("forget_me")),
    ]),
  );

  async function forget() {
    if (await confirm(t("forget_me"), t("forget_me_question"), t("delete"))) await actions.documents.forgetEverything();
  }
}

/** Each language is named in itself. @param {import("../types").AppStore} store */
function languageButton(store) {
  const other = store.get().language === "en" ? "fa" : "en";
  const label = other === "fa" ? "فارسی" : "English";
  return h(
    "button",
    {
      class: "bare in-menu",
      type: "button",
      lang: other,
      title: t("language"),
      onclick: () => store.update({ language: other }),
    },
    label,
  );
}
