// The one job that the page follows: its progress, its steps, its frames.

import { bitmapOf, hasEnded, listen, remove } from "../http.js";
import { latestOnly } from "../latest.js";

/** @typedef {import("../types").AppStore} AppStore */
/** @typedef {import("../types").Job} Job */

/** @param {AppStore} store */
export function createJobs(store) {
  /** @type {string | null} */
  let followed = null;
  let leave = () => {};

  const draw = latestOnly(
    async (/** @type {{ id: string, frame: string }} */ { frame }) => bitmapOf(frame),
    (picture, { id }) => {
      if (followed === id) store.update({ picture }); // else a late frame would cover the result
    },
  );

  /**
   * Until it ends. Gives null if the page turned to something else meanwhile.
   * @param {string} id @param {boolean} [isBusy] whether painting waits for it
   * @param {Job | null} [known] to show before its first event
   * @returns {Promise<Job | null>}
   */
  function follow(id, isBusy = true, known = null) {
    leave();
    followed = id;
    store.update({ job: known, steps: [], isBusy });
    return new Promise((resolve) => {
      const stopListening = listen(id, ({ job, steps, frame }) => {
        store.update({ job, steps: [...store.get().steps, ...steps] });
        if (frame) draw({ id, frame });
        if (hasEnded(job)) finish(job);
      });
      /** @param {Job | null} job */
      function finish(job) {
        stopListening();
        if (followed === id) followed = null;
        leave = () => {};
        store.update({ isBusy: false, ...(job ? {} : { job: null, steps: [] }) });
        resolve(job);
      }
      leave = () => finish(null);
    });
  }

  return {
    follow,
    /** Look away; the job goes on. */
    leave: () => leave(),
    /** A queued job goes away, a running edit keeps its best so far. */
    async stop() {
      if (followed) await remove(`jobs/${followed}`);
    },
  };
}

/** @typedef {ReturnType<typeof createJobs>} Jobs */
