// Which room has the stage and the right panel. A room leaves the stage as if it had not been there.

import { fill } from "./dom.js";
import { emptyStage } from "./settings.js";
import { t } from "./words.js";

/** @typedef {import("./types").AppState} AppState */
/** @typedef {import("./types").AppStore} AppStore */

/**
 * What a room's maker may give back.
 * @typedef {object} Room
 * @property {() => void} [enter] the stage and `element` are this room's from now on
 * @property {() => void} [leave] not any more
 * @property {() => void} [destroy] before it is made anew, in another language
 */

/**
 * A room that is loaded when it is first wanted.
 * @typedef {object} LaterRoom
 * @property {HTMLElement} element the right panel, while the room is here
 * @property {() => Promise<(element: HTMLElement) => Room | void>} make rejects where the room is not installed
 */

/** @param {AppStore} store @param {{ edit: Room, annotate: LaterRoom }} rooms */
export function createRooms(store, rooms) {
  /** @type {Room | null} */
  let annotate = null;
  let isMade = false;
  /** @type {Partial<AppState>} */
  let aside = emptyStage; // the stage of the room that is not here

  /** The other room's stage for this one's. */
  function swapStage() {
    const state = store.get();
    const kept = Object.keys(emptyStage).map((key) => [key, state[/** @type {keyof AppState} */ (key)]]);
    store.update({ ...aside, job: null, steps: [], message: null });
    aside = { ...Object.fromEntries(kept), isBusy: false };
  }

  async function makeAnnotate() {
    if (isMade) return true;
    try {
      const make = await rooms.annotate.make();
      annotate = make(rooms.annotate.element) ?? {};
      return (isMade = true);
    } catch (error) {
      console.warn(error);
      return false;
    }
  }

  return {
    /** @param {AppState["room"]} room @returns {Promise<boolean>} whether that is where we are now */
    async goTo(room) {
      if (store.get().room === room) return true;
      if (room === "annotate") {
        rooms.edit.leave?.();
        swapStage();
        store.update({ room });
        if (await makeAnnotate()) {
          annotate?.enter?.();
          return true;
        }
        store.update({ room: "edit" });
        swapStage();
        store.update({ message: { text: t("room_missing"), kind: "error" } });
      } else {
        annotate?.leave?.();
        swapStage();
        store.update({ room });
      }
      rooms.edit.enter?.();
      return store.get().room === room;
    },

    /** The words have changed. */
    async redraw() {
      if (!isMade) return;
      annotate?.destroy?.();
      fill(rooms.annotate.element);
      isMade = false;
      if ((await makeAnnotate()) && store.get().room === "annotate") annotate?.enter?.();
    },
  };
}
