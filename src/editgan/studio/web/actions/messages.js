// The quiet line at the bottom of the page.

import { sentence } from "../words.js";

/** @typedef {import("../types").AppStore} AppStore */

/** @param {AppStore} store */
export function createMessages(store) {
  return {
    /** @param {string} text */
    tell: (text) => store.update({ message: { text, kind: "info" } }),
    /** @param {unknown} error */
    complain: (error) => store.update({ message: { text: sentence(error), kind: "error" } }),
    dismiss: () => store.update({ message: null }),
  };
}

/** @typedef {ReturnType<typeof createMessages>} Messages */

/**
 * The same actions, whose refusals are told instead of thrown.
 * @template {Record<string, (...args: any[]) => any>} A
 * @param {A} actions @param {Messages} messages
 * @returns {A}
 */
export function guarded(actions, messages) {
  const wrapped = Object.entries(actions).map(([name, act]) => [
    name,
    (/** @type {any[]} */ ...args) => {
      try {
        const result = act(...args);
        return result instanceof Promise ? result.catch(messages.complain) : result;
      } catch (error) {
        messages.complain(error);
      }
    },
  ]);
  return Object.fromEntries(wrapped);
}
