// The filled part of a range's line: from `origin` to its value.

/** @param {HTMLInputElement} range @param {number} origin a value; the line is filled from there */
export function fillRange(range, origin) {
  const [least, most] = [Number(range.min), Number(range.max)];
  /** @param {number} value */
  const share = (value) => Math.min(1, Math.max(0, (value - least) / (most - least || 1)));
  const [from, to] = [share(origin), share(range.valueAsNumber)].sort((a, b) => a - b);
  range.style.setProperty("--from", place(from));
  range.style.setProperty("--to", place(to));
}

/** The thumb's middle cannot reach the ends: half its width stays free. @param {number} share */
const place = (share) =>
  share === 0 ? "0%" : share === 1 ? "100%" : `calc(7px + (100% - 14px) * ${share.toFixed(4)})`;
