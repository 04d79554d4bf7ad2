// What must not change: asked for with a photo, and sent before anything is made with it.

import { getBytes, query, upload } from "../http.js";
import { createKeep } from "../labels/keep.js";
import { mapFromIds } from "../labels/labelmap.js";

/** @typedef {import("../types").AppStore} AppStore */
/** @typedef {import("../types").Document} Document */
/** @typedef {import("../types").LabelMap} LabelMap */

const SETTLE_MS = 1000; // after a stroke, before what is on the stage is made anew

/** @param {AppStore} store */
export function createKeeping(store) {
  /** @type {LabelMap | null} */
  let known = null; // to the server
  let waiting = 0;
  let sending = Promise.resolve();

  /** @param {Document} document @param {LabelMap} keep */
  async function send({ id }, keep) {
    try {
      /** @type {Document} */
      const changed = await upload(`documents/${id}/keep`, keep.ids, "PUT");
      const { document } = store.get();
      if (document?.id === id) store.update({ document: { ...document, keep: changed.keep } });
    } catch (error) {
      if (known === keep) known = null; // the next request tries once more
      throw error;
    }
  }

  return {
    /** Until the server has what is on the stage. */
    flush() {
      clearTimeout(waiting);
      const { document, keep } = store.get();
      if (!document || !keep || keep === known) return sending;
      known = keep;
      return (sending = sending.catch(() => {}).then(() => send(document, keep)));
    },

    /** What the server has of a document. @param {Document} document @param {number} side of its labels */
    async load(document, side) {
      known = document.keep
        ? mapFromIds(await getBytes(`documents/${document.id}/keep${query({ format: "raw", v: document.keep })}`))
        : createKeep(side);
      return known;
    },

    /** Calls `act` a while after the last stroke. @param {() => void} act */
    watch(act) {
      store.subscribe(({ keep }) => {
        clearTimeout(waiting);
        if (keep && keep !== known) waiting = window.setTimeout(act, SETTLE_MS);
      }, "keep");
    },
  };
}

/** @typedef {ReturnType<typeof createKeeping>} Keeping */
