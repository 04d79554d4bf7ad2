// How edits come into the photo. What is on the stage says how it was made; what was chosen last, how new edits are.

/** @typedef {import("./types").PasteMode} PasteMode */
/** @typedef {import("./types").Document} Document */

/** Those that move the photo's own pixels. @type {PasteMode[]} */
export const MOVING = ["geometry", "motion"];
/** Those to choose from: "motion" is how older entries were moved. */
export const MODES = /** @type {const} */ (["geometry", "difference", "replace"]);

/** Of the current entry, if there is an edit in it. @param {Document} document @param {PasteMode} chosen @returns {PasteMode} */
export function modeOf(document, chosen) {
  const composition = document.entries.find(({ id }) => id === document.current)?.composition;
  return composition && isEdited(composition.strengths) ? composition.paste_mode : chosen;
}

/** @param {Record<string, number>} strengths */
export const isEdited = (strengths) => Object.values(strengths).some((strength) => strength !== 0);

/**
 * Steps to ask for, to have the current entry again in another mode: its own, unless a slider has moved since.
 * @param {Document} document @param {Record<string, number>} strengths
 */
export function stepsAgain(document, strengths) {
  const composition = document.entries.find(({ id }) => id === document.current)?.composition;
  const is = composition?.strengths ?? {};
  const names = new Set([...Object.keys(is), ...Object.keys(strengths)]);
  const isSame = [...names].every((name) => (is[name] ?? 0) === (strengths[name] ?? 0));
  return isSame ? (composition?.refine_steps ?? 0) : 0;
}
