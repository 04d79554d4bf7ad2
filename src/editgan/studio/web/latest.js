// The newest request wins: one in flight, the newest waiting, the rest forgotten.

/**
 * @template A, R
 * @param {(args: A) => Promise<R>} ask
 * @param {(result: R, args: A) => void} show
 * @returns {(args: A) => Promise<void>} while one is in flight, further calls only leave their arguments and
 *   resolve at once; a failure reaches the caller unless something newer is waiting by then
 */
export function latestOnly(ask, show) {
  /** @type {{ args: A } | null} */
  let waiting = null;
  let busy = false;
  return async (args) => {
    waiting = { args };
    if (busy) return;
    busy = true;
    try {
      while (waiting) {
        const { args: next } = /** @type {{ args: A }} */ (waiting);
        waiting = null;
        try {
          show(await ask(next), next);
        } catch (error) {
          if (!waiting) throw error;
        }
      }
    } finally {
      busy = false;
    }
  };
}
