import assert from "node:assert/strict";
import test from "node:test";

import {
  dividerX,
  frameIn,
  paneAt,
  panBy,
  panesOf,
  panToShow,
  pinch,
  positionAt,
  toLabels,
  toStage,
  visibleBox,
  zoomAbout,
} from "../../src/editgan/studio/web/view/geometry.js";
import { forSeeds } from "./random.js";

const FIT = { zoom: 1, panX: 0, panY: 0 };

function near(one, other) {
  for (const key of Object.keys(other)) {
    assert.ok(Math.abs(one[key] - other[key]) < 1e-6, `${key}: ${one[key]} is not ${other[key]}`);
  }
}

function anyPaneAndView(random) {
  const layout = random.whole(0, 1) ? "over" : "beside";
  const panes = panesOf(random.whole(50, 1500), random.whole(50, 1500), layout, random.whole(0, 1) === 1);
  const pane = panes[random.whole(0, panes.length - 1)];
  const view = { zoom: 1 + random.next() * 8, panX: random.next() * 200 - 100, panY: random.next() * 200 - 100 };
  return { pane, view: panBy(pane, view, 0, 0) };
}

test("labels to stage and back is where it began", () => {
  forSeeds(100, (random) => {
    const { pane, view } = anyPaneAndView(random);
    const at = random.place(64);
    const frame = frameIn(pane, view);
    near(toLabels(frame, 64, toStage(frame, 64, at)), at);
  });
});

test("zoom 1 fits the frame into its pane, in the middle", () => {
  assert.deepEqual(frameIn(panesOf(700, 500, "over")[0], FIT), { left: 100, top: 0, size: 500 });
});

test("what is under the pointer stays there while zooming", () => {
  forSeeds(100, (random) => {
    const { pane, view } = anyPaneAndView(random);
    const inFrame = { x: 20 + random.next() * 24, y: 20 + random.next() * 24 };
    const at = toStage(frameIn(pane, view), 64, inFrame);
    const closer = zoomAbout(pane, view, at, 1 + random.next());
    if (Math.abs(at.x - pane.left - pane.width / 2) > pane.width / 2) return; // out of sight
    if (Math.abs(at.y - pane.top - pane.height / 2) > pane.height / 2) return;
    near(toLabels(frameIn(pane, closer), 64, at), inFrame);
  });
});

test("zoom stays between fitting and 32 times", () => {
  const [pane] = panesOf(700, 700, "over");
  assert.equal(zoomAbout(pane, FIT, { x: 1, y: 1 }, 0.01).zoom, 1);
  assert.equal(zoomAbout(pane, FIT, { x: 1, y: 1 }, 1e9).zoom, 32);
});

test("the picture cannot be panned out of sight, nor lost when the stage becomes smaller", () => {
  forSeeds(100, (random) => {
    const { pane, view } = anyPaneAndView(random);
    const far = panBy(pane, view, random.next() * 1e5 - 5e4, random.next() * 1e5 - 5e4);
    const smaller = { ...pane, width: pane.width / 3, height: pane.height / 3 };
    for (const [where, how] of [[pane, far], [smaller, far], [pane, { zoom: 0, panX: 1e6, panY: -1e6 }]]) {
      const visible = visibleBox(where, frameIn(where, how));
      assert.ok(visible.width > 0 && visible.height > 0);
    }
  });
});

test("two fingers keep what lies under them", () => {
  const [pane] = panesOf(700, 700, "over");
  const from = [{ x: 200, y: 300 }, { x: 400, y: 300 }];
  const to = [{ x: 180, y: 340 }, { x: 480, y: 340 }];
  const [before, after] = [frameIn(pane, FIT), frameIn(pane, pinch(pane, FIT, from, to))];
  for (const finger of [0, 1]) near(toLabels(after, 64, to[finger]), toLabels(before, 64, from[finger]));
});

test("two panes are side by side on a wide stage and stacked on a tall one, never overlapping", () => {
  const [first, second] = panesOf(1000, 600, "beside");
  assert.ok(first.left + first.width <= second.left && first.width === second.width);
  const [upper, lower] = panesOf(400, 900, "beside");
  assert.ok(upper.top + upper.height <= lower.top && upper.height === lower.height);
});

test("the picture comes first in reading direction", () => {
  for (const isRightToLeft of [false, true]) {
    const panes = panesOf(1000, 600, "beside", isRightToLeft);
    const [picture, labels] = ["picture", "labels"].map((shows) => panes.find((pane) => pane.shows === shows));
    assert.equal(picture.left > labels.left, isRightToLeft);
    assert.equal(paneAt(panes, { x: 990, y: 10 }).shows, isRightToLeft ? "picture" : "labels");
  }
});

test("both panes show the same detail: the same place in each is the same label", () => {
  const view = { zoom: 3, panX: 40, panY: -25 };
  const [first, second] = panesOf(1000, 600, "beside");
  const shift = second.left - first.left;
  const at = { x: 200, y: 300 };
  near(toLabels(frameIn(second, view), 64, { x: at.x + shift, y: at.y }), toLabels(frameIn(first, view), 64, at));
});

test("the compare slider's position and its place agree in both reading directions", () => {
  const visible = { left: 100, top: 0, width: 400, height: 300 };
  assert.equal(dividerX(visible, 0.25, false), 200);
  assert.equal(dividerX(visible, 0.25, true), 400);
  for (const isRightToLeft of [false, true]) {
    assert.equal(positionAt(visible, dividerX(visible, 0.25, isRightToLeft), isRightToLeft), 0.25);
    assert.deepEqual([-900, 9000].map((x) => positionAt(visible, x, isRightToLeft)), isRightToLeft ? [1, 0] : [0, 1]);
  }
});

test("a cross-hair that leaves the pane brings the picture after it, and otherwise nothing moves", () => {
  const [pane] = panesOf(700, 700, "over");
  const view = { zoom: 4, panX: 0, panY: 0 };
  assert.deepEqual(panToShow(pane, view, { x: 350, y: 350 }, 20), view);
  assert.equal(panToShow(pane, view, { x: 720, y: 350 }, 20).panX, -40);
});
