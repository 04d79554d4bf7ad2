// Vectors with two ends.
import assert from "node:assert/strict";
import test from "node:test";

import { endAt, endsOf } from "../../src/editgan/studio/web/ends.js";

test("words that both ends share are said once", () => {
  const said = (low, high) => Object.values(endsOf(low, high)).join("|");
  assert.equal(said("brows down", "brows up"), "brows|down|up|");
  assert.equal(said("lower hairline", "higher hairline"), "|lower|higher|hairline");
  assert.equal(said("frown", "smile"), "|frown|smile|");
  assert.equal(said("squint", "wider eyes"), "|squint|wider eyes|");
  assert.equal(said("ابروی پایین‌تر", "ابروی بالاتر"), "ابروی|پایین‌تر|بالاتر|");
});

test("each end keeps a word of its own, even where names are alike", () => {
  for (const [low, high] of [["nose", "wider nose"], ["nose", "nose"], ["a b", "a b"], ["a a", "a a a"]]) {
    const ends = endsOf(low, high);
    assert.ok(ends.low && ends.high);
    for (const [own, name] of [[ends.low, low], [ends.high, high]]) {
      assert.equal([ends.before, own, ends.after].filter(Boolean).join(" "), name);
    }
  }
});

test("below zero a vector is at its other end, if that has a name", () => {
  const [one, two] = [{ name: "smile", opposite: null }, { name: "smile", opposite: "frown" }];
  assert.deepEqual([one, two].map((vector) => endAt(vector, -0.5)), ["smile", "frown"]);
  assert.deepEqual([one, two].map((vector) => endAt(vector, 0.5)), ["smile", "smile"]);
});
