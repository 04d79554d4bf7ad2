// Words and figures in the reader's language. Keys are those of words/en.js; a missing one fails the type check.

import en from "./words/en.js";
import fa, { names } from "./words/fa.js";
import { endAt } from "./ends.js";
import { ApiError } from "./http.js";

/** @typedef {keyof typeof en} Word */
/** @typedef {"en" | "fa"} Language */

/** @type {Record<Language, Record<Word, string>>} */
const WORDS = { en, fa };

/** @type {Language} */
let language = "en";
let whole = new Intl.NumberFormat("en");

/** Also sets the page's language and direction. @param {Language} next */
export function setLanguage(next) {
  language = next;
  whole = new Intl.NumberFormat(locale(), { maximumFractionDigits: 2 });
  document.documentElement.lang = next;
  document.documentElement.dir = next === "fa" ? "rtl" : "ltr";
}

const locale = () => (language === "fa" ? "fa-IR" : "en");

/**
 * @param {Word} key
 * @param {Record<string, string | number>} [values] for {placeholders}; numbers are written in the language's digits
 */
export function t(key, values = {}) {
  return WORDS[language][key].replace(/\{(\w+)\}/g, (_, name) => shown(values[name]));
}

/** @param {string | number | undefined} value */
const shown = (value) => (typeof value === "number" ? whole.format(value) : (value ?? ""));

/** @param {number} value @param {number} [digits] after the point, always so many */
export function number(value, digits = 0) {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(locale(), options).format(value);
}

/**
 * With a sign, as strengths have one.
 * @param {number} value @param {number} [least] digits after the point; two at most
 * @param {"exceptZero" | "never"} [signDisplay]
 */
export function signed(value, least = 2, signDisplay = "exceptZero") {
  const options = { minimumFractionDigits: least, maximumFractionDigits: 2, signDisplay };
  return new Intl.NumberFormat(locale(), options).format(value);
}

/**
 * A vector at a strength: of two ends the one it is at, else with a sign.
 * @param {{ name: string, opposite: string | null }} vector @param {number} strength
 */
export function strengthSaid(vector, strength) {
  const name = isolated(readable(endAt(vector, strength)));
  return `${name} ${vector.opposite === null ? signed(strength, 1) : signed(strength, 1, "never")}`;
}

/** @param {number} share 0..1 */
export function percent(share) {
  const digits = share > 0 && share < 0.1 ? 1 : 0;
  return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: digits }).format(share);
}

/** A part's or a vector's name as people read it: upper_lip, fuller-lips. @param {string} name */
export function readable(name) {
  const key = name.replaceAll("-", "_");
  return (language === "fa" && names[key]) || name.replaceAll("_", " ").replaceAll("-", " ");
}

/** What a bundle's photos show. @param {string} subject */
export function subjectName(subject) {
  return subject === "face" || subject === "cat" ? t(`subject_${subject}`) : readable(subject);
}

/** @param {import("./types").Document} document */
export function documentName({ kind, seed, name }) {
  return kind === "sample" && seed !== null
    ? t("sample_name", { seed: number(seed).replace(/[^\p{Nd}]/gu, "") })
    : name;
}

/** Keeps its own direction inside a sentence of another; as plain text, where no <bdi> fits. @param {string} text */
export const isolated = (text) => `\u2068${text}\u2069`;

/** Ours for what we know by its code, else the server's. @param {unknown} error */
export function sentence(error) {
  if (error instanceof ApiError) {
    const known = error.code === "offline" ? "offline" : `error_${error.code.replaceAll("-", "_")}`;
    if (known in WORDS[language]) return t(/** @type {Word} */ (known), error.fields);
  }
  return error instanceof Error && error.message ? error.message : t("unknown_error");
}
