import assert from "node:assert/strict";
import test from "node:test";

import { latestOnly } from "../../src/editgan/studio/web/latest.js";

/** Requests that the test answers when it likes. */
function slow() {
  const asked = [];
  const shown = [];
  const ask = (args) => new Promise((resolve, reject) => asked.push({ args, resolve, reject }));
  const send = latestOnly(ask, (result, args) => shown.push([args, result]));
  return { asked, shown, send };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("the newest request wins: one in flight, the newest after it, none in between", async () => {
  const { asked, shown, send } = slow();
  for (const value of [1, 2, 3, 4]) send(value);
  assert.deepEqual(asked.map(({ args }) => args), [1]);
  asked[0].resolve("one");
  await turn();
  assert.deepEqual(asked.map(({ args }) => args), [1, 4]);
  asked[1].resolve("four");
  await turn();
  assert.deepEqual(shown, [[1, "one"], [4, "four"]]);
});

test("a request with nothing in flight is asked at once", async () => {
  const { asked, shown, send } = slow();
  const done = send("a");
  asked[0].resolve("A");
  await done;
  send("b");
  assert.deepEqual([asked.length, shown], [2, [["a", "A"]]]);
});

test("an error reaches the caller and does not jam what comes after", async () => {
  const { asked, shown, send } = slow();
  const done = send(1);
  asked[0].reject(new Error("no network"));
  await assert.rejects(done, /no network/);
  send(2);
  asked[1].resolve("two");
  await turn();
  assert.deepEqual(shown, [[2, "two"]]);
});
