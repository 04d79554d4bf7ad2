// Only wires.

import { createActions } from "./actions/index.js";
import { createHistory } from "./labels/history.js";
import { createPlaces, drawPage } from "./page.js";
import { openHelp } from "./panels/help.js";
import { createRooms } from "./room.js";
import { initialState, rememberSettings, scaleBrush } from "./settings.js";
import { bindShortcuts } from "./shortcuts.js";
import { createStore } from "./state.js";
import { createStage } from "./view/stage.js";
import { setLanguage } from "./words.js";

/** @typedef {import("./types").AppState} AppState */

const app = /** @type {HTMLElement} */ (document.getElementById("app"));
const store = createStore(initialState());
setLanguage(store.get().language);
showTheme();

const places = createPlaces();
const history = createHistory();
const stage = createStage(places.stage, store, history);
const actions = createActions(store, stage);
const rooms = createRooms(store, {
  edit: { enter: actions.entries.resume, leave: actions.jobs.leave },
  annotate: {
    element: places.annotate,
    async make() {
      const { createAnnotateRoom } = await import("./panels/annotate.js");
      return (element) => createAnnotateRoom(element, store, stage, history);
    },
  },
});

app.append(places.top, places.start, places.work, places.last);
let endPage = drawPage(places, store, actions, goTo);
scaleBrush(store);
rememberSettings(store);
bindShortcuts(store, actions, { openHelp });
store.subscribe(showTheme, "theme");
store.subscribe(showHeat, "compare");
store.subscribe(changeLanguage, "language");
addEventListener("hashchange", followHash);
begin();

async function begin() {
  try {
    await actions.documents.begin();
    await actions.documents.list();
    await followHash();
  } catch (error) {
    actions.messages.complain(error);
  }
}

/** #edit/ID, #annotate, or nothing: the start. */
async function followHash() {
  const [, room] = /^#(edit|annotate)/.exec(location.hash) ?? [];
  if (room === "annotate") return (await rooms.goTo("annotate")) || goTo("edit");
  await rooms.goTo("edit");
  const id = /^#edit\/([\w-]+)/.exec(location.hash)?.[1]; // only now: a photo may have been opened meanwhile
  if (id && store.get().document?.id !== id) await actions.documents.open(id);
  else if (!id && store.get().document) await actions.documents.leave();
}

/** @param {AppState["room"]} room */
function goTo(room) {
  const photo = store.get().document;
  if (room === "annotate") location.hash = "annotate";
  else location.hash = photo ? `edit/${photo.id}` : "edit";
}

function showTheme() {
  const { theme } = store.get();
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function showHeat() {
  if (store.get().room === "edit") actions.entries.showHeat();
}

function changeLanguage() {
  setLanguage(store.get().language);
  endPage();
  endPage = drawPage(places, store, actions, goTo);
  rooms.redraw();
}
