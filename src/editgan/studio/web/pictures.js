// Where a document's pictures are.

import { query, url } from "./http.js";

/** @typedef {import("./types").Document} Document */

// A photo that is opened again has other pictures at the same addresses: this keeps the browser's cache honest.
/** @param {Document} document */
const version = (document) =>
  `${document.fidelity}-${document.judge}-${document.box?.map(Math.round).join("-") ?? "found"}`;

/** @param {Document} document @param {number} entry */
export const entryImage = (document, entry) =>
  `documents/${document.id}/entries/${entry}/image${query({ v: version(document) })}`;

/** @param {Document} document @param {number} entry */
export const entryHeat = (document, entry) =>
  `documents/${document.id}/entries/${entry}/heat${query({ v: version(document) })}`;

/** @param {Document} document @param {number} entry */
export const entryLabels = (document, entry) => `documents/${document.id}/entries/${entry}/labels?format=raw`;

/** @param {Document} document @param {number} size of its longer side */
export const photoUrl = (document, size) => url(`documents/${document.id}/photo?size=${size}`);

/** @param {Document} document @param {string} vector @param {number} strength */
export const vectorThumbnail = (document, vector, strength) =>
  url(`documents/${document.id}/vectors/${vector}/thumbnail${query({ strength, v: version(document) })}`);

/** Small, for lists. An invented picture is its first entry, and nothing before that. @param {Document} document */
export function thumbnail(document) {
  if (document.kind === "photo") return photoUrl(document, 256);
  return document.is_open ? url(entryImage(document, document.entries[0].id)) : null;
}
