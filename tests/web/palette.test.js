import assert from "node:assert/strict";
import test from "node:test";

import { inkOn, luminance, newColor, OKABE_ITO, overlayPixels } from "../../src/editgan/studio/web/labels/palette.js";
import { forSeeds } from "./random.js";

const classes = [
  { id: 0, name: "a", color: [0, 0, 0] },
  { id: 2, name: "b", color: [10, 20, 30] },
];
const parts = { groups: {}, classes };

test("each pixel of the overlay has its class's colour, at the opacity asked for", () => {
  const pixels = overlayPixels({ side: 2, ids: Uint8Array.of(0, 2, 2, 0) }, parts, 0.4);
  assert.deepEqual([...pixels], [0, 0, 0, 102, 10, 20, 30, 102, 10, 20, 30, 102, 0, 0, 0, 102]);
});

test("a class without a colour is transparent", () => {
  assert.deepEqual([...overlayPixels({ side: 1, ids: Uint8Array.of(9) }, parts, 1)], [0, 0, 0, 0]);
});

test("the hovered class stands out, the others stay", () => {
  const pixels = overlayPixels({ side: 2, ids: Uint8Array.of(0, 2, 2, 0) }, parts, 0.4, 2);
  assert.ok(pixels[7] > 102);
  assert.equal(pixels[3], 102);
});

test("forty new classes all get colours, the first twenty-one all different", () => {
  const colors = [[0, 0, 0]];
  for (let count = 0; count < 40; count += 1) colors.push(newColor(colors));
  assert.deepEqual(colors.slice(1, 8), OKABE_ITO);
  assert.equal(new Set(colors.slice(1, 22).map(String)).size, 21);
  assert.ok(colors.flat().every((value) => Number.isInteger(value) && value >= 0 && value <= 255));
});

test("text on any colour has a contrast of at least 4.5", () => {
  forSeeds(300, (random) => {
    const color = [0, 1, 2].map(() => random.whole(0, 255));
    const [light, ink] = [luminance(color), inkOn(color) === "#fff" ? 1 : 0];
    assert.ok((Math.max(light, ink) + 0.05) / (Math.min(light, ink) + 0.05) >= 4.5);
  });
});
