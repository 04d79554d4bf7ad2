// The picture without its parts over it, while nobody paints: during an edit, and when sliders are in use.

/** @typedef {import("../types").AppStore} AppStore */

const LINGER_MS = 2500; // after an edit, so that it is seen

/** @param {AppStore} store */
export function createPeek(store) {
  /** @type {Set<string>} */
  const reasons = new Set();
  let kept = 0; // the opacity to come back to
  let lingering = 0;

  /** @param {string} reason @param {boolean} is */
  function peek(reason, is) {
    const wasPeeking = reasons.size > 0;
    if (is) reasons.add(reason);
    else reasons.delete(reason);
    if (!wasPeeking && is) {
      kept = store.get().opacity;
      store.update({ opacity: 0 });
    } else if (wasPeeking && !reasons.size && store.get().opacity === 0) {
      store.update({ opacity: kept }); // unless somebody moved it meanwhile
    }
  }

  store.subscribe(
    ({ job, isBusy }) => {
      clearTimeout(lingering);
      if (isBusy && job?.kind === "edit") peek("edit", true);
      else if (reasons.has("edit")) lingering = window.setTimeout(() => peek("edit", false), LINGER_MS);
    },
    "job",
    "isBusy",
  );
  return peek;
}
