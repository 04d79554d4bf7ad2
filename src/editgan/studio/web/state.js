// One store for everything that must survive a redraw.

/**
 * @template {object} S
 * @typedef {object} Store
 * @property {() => S} get the present state; never change it in place
 * @property {(patch: Partial<S>) => void} update merges a shallow patch
 * @property {(listener: (state: S, before: S) => void, ...keys: (keyof S)[]) => () => void} subscribe
 *   calls `listener` once a frame at most, after updates that changed one of `keys` (any, without keys);
 *   gives the function that ends it
 */

/**
 * @template {object} S
 * @param {S} initial
 * @param {(run: () => void) => void} [soon] when listeners run; an animation frame by default
 * @returns {Store<S>}
 */
export function createStore(initial, soon = (run) => requestAnimationFrame(run)) {
  let state = initial;
  let seen = initial; // what listeners saw last
  let isWaiting = false;
  /** @type {Set<{listener: (state: S, before: S) => void, keys: (keyof S)[]}>} */
  const subscribers = new Set();

  function tell() {
    isWaiting = false;
    const before = seen;
    const now = state;
    seen = now;
    for (const { listener, keys } of [...subscribers]) {
      if (!keys.length || keys.some((key) => before[key] !== now[key])) listener(now, before);
    }
  }

  return {
    get: () => state,
    update(patch) {
      state = { ...state, ...patch };
      if (isWaiting) return;
      isWaiting = true;
      soon(tell);
    },
    subscribe(listener, ...keys) {
      const subscriber = { listener, keys };
      subscribers.add(subscriber);
      return () => subscribers.delete(subscriber);
    },
  };
}
