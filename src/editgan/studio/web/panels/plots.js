// A small line for each term of what is minimised, with its latest value.

import { fill, h } from "../dom.js";
import { number } from "../words.js";

/** @typedef {import("../types").JobStep} JobStep */

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 100;
const HEIGHT = 24;
const MOST_POINTS = 120;

/** @param {HTMLElement} element */
export function createPlots(element) {
  /** @type {Map<string, { line: SVGPolylineElement, value: HTMLElement }>} */
  const plots = new Map();

  /** @param {string} term */
  function add(term) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    const line = document.createElementNS(SVG, "polyline");
    svg.append(line);
    const value = h("span", { class: "number" });
    const name = h("bdi", { class: "term" }, term.replaceAll("_", " "));
    element.append(h("figure", { "data-term": term }, h("figcaption", null, name, value), svg));
    const plot = { line, value };
    plots.set(term, plot);
    return plot;
  }

  /** @param {JobStep[]} steps */
  return function draw(steps) {
    if (!steps.length) {
      plots.clear();
      return fill(element);
    }
    for (const term of Object.keys(steps[steps.length - 1].terms)) {
      const values = steps.map(({ terms }) => terms[term]).filter(Number.isFinite);
      const { line, value } = plots.get(term) ?? add(term);
      line.setAttribute("points", points(values));
      value.textContent = short(values[values.length - 1]);
    }
  };
}

/** @param {number[]} values */
function points(values) {
  const stride = Math.max(1, Math.ceil(values.length / MOST_POINTS));
  const kept = values.filter((_, i) => i % stride === 0 || i === values.length - 1);
  const [least, most] = [Math.min(...kept), Math.max(...kept)];
  const y = (/** @type {number} */ value) => HEIGHT - 1 - ((value - least) / (most - least || 1)) * (HEIGHT - 2);
  return kept
    .map((value, i) => `${((i / Math.max(1, kept.length - 1)) * WIDTH).toFixed(1)},${y(value).toFixed(1)}`)
    .join(" ");
}

/** Three significant digits, whatever the scale. @param {number} value */
function short(value) {
  const size = Math.abs(value);
  return number(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.01 ? 3 : 4);
}
