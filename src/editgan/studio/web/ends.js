// Vectors with two ends, whose names often share words. Strings in, strings out.

/** @typedef {{ before: string, low: string, high: string, after: string }} Ends */

/**
 * Both names with the words that they share said once: "brows down" and "brows up" are "brows", "down" and "up".
 * @param {string} low of the end below zero
 * @param {string} high
 * @returns {Ends}
 */
export function endsOf(low, high) {
  const [lows, highs] = [low.split(" "), high.split(" ")];
  const most = Math.min(lows.length, highs.length) - 1; // a word of its own is left to each
  let first = 0;
  while (first < most && lows[first] === highs[first]) first += 1;
  let last = 0;
  while (last < most - first && lows.at(-1 - last) === highs.at(-1 - last)) last += 1;
  /** @param {string[]} words */
  const own = (words) => words.slice(first, words.length - last).join(" ");
  return {
    before: lows.slice(0, first).join(" "),
    low: own(lows),
    high: own(highs),
    after: lows.slice(lows.length - last).join(" "),
  };
}

/**
 * The name of the end at which a vector is.
 * @param {{ name: string, opposite: string | null }} vector
 * @param {number} strength
 */
export const endAt = ({ name, opposite }, strength) => (strength < 0 && opposite !== null ? opposite : name);
