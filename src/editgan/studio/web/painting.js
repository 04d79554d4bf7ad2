// What was painted, against what was there. Arrays in, arrays out.

/** @typedef {import("./types").LabelMap} LabelMap */

/** How many pixels are repainted. @param {LabelMap | null} labels @param {LabelMap | null} base */
export function countRepainted(labels, base) {
  if (!labels || !base || labels.side !== base.side) return 0;
  let count = 0;
  for (let i = 0; i < labels.ids.length; i++) if (labels.ids[i] !== base.ids[i]) count++;
  return count;
}

/** The share of each class. @param {LabelMap | null} labels */
export function shares(labels) {
  const counts = new Float64Array(256);
  if (!labels) return counts;
  for (const id of labels.ids) counts[id]++;
  return counts.map((count) => count / labels.ids.length);
}

/**
 * The painting that is not applied yet, on top of another entry's labels: a slider must not wipe it away.
 * @param {LabelMap | null} labels @param {LabelMap | null} base @param {LabelMap} next
 * @returns {LabelMap}
 */
export function carryPainting(labels, base, next) {
  if (!labels || !base || labels.side !== next.side || base.side !== next.side) return copied(next);
  const ids = next.ids.map((id, i) => (labels.ids[i] === base.ids[i] ? id : labels.ids[i]));
  return { side: next.side, ids };
}

/** Painting writes into a map; what it began from must stay. @param {LabelMap} map @returns {LabelMap} */
export const copied = ({ side, ids }) => ({ side, ids: ids.slice() });
