// How edits come into the photo: chosen by hand, remembered, and as the current entry has it.
import assert from "node:assert/strict";
import test from "node:test";

Object.assign(globalThis, { window: globalThis, innerWidth: 1400, createImageBitmap: async () => ({}) });
globalThis.navigator ??= { language: "en" }; // of Node 20

const { createEntries } = await import("../../src/editgan/studio/web/actions/entries.js");
const { createKeeping } = await import("../../src/editgan/studio/web/actions/keep.js");
const { modeOf, stepsAgain } = await import("../../src/editgan/studio/web/pasting.js");
const { initialState, rememberSettings } = await import("../../src/editgan/studio/web/settings.js");
const { createStore } = await import("../../src/editgan/studio/web/state.js");

/** A document's timeline: strengths, mode and refinement of each entry. */
function timeline(...entries) {
  const made = entries.map(([strengths, paste_mode = "motion", refine_steps = 0], id) => ({
    ...{ id, kind: id ? "vectors" : "opened", composition: { strengths, paste_mode, refine_steps } },
  }));
  return { id: "d", bundle: "b", is_open: true, entries: made, current: made.length - 1 };
}

/** Entries with a server that makes an entry of each composition; `asked` is what it was sent. */
function room(document) {
  const asked = [];
  const server = { document };
  globalThis.fetch = async (path, { method = "GET", body } = {}) => {
    if (method !== "GET") asked.push([path, body && JSON.parse(body)]);
    const [{ id, entries }, sent] = [server.document, body && JSON.parse(body)];
    if (path.endsWith("/compositions")) {
      const entry = { id: entries.length, kind: "vectors", composition: sent };
      server.document = { ...server.document, entries: [...entries, entry], current: entry.id };
      return Response.json({ id: "j", document: id, kind: "compose", status: "done", entry: entry.id });
    }
    if (path.endsWith("/current")) server.document = { ...server.document, current: sent.entry };
    if (/labels|image/.test(path)) return new Response(new Uint8Array(4));
    return Response.json(path.includes("vectors?") ? [] : server.document);
  };
  const store = createStore({ ...initialState(), document }, (run) => run());
  const stage = { load: () => {} };
  const messages = { complain: (error) => assert.fail(error) };
  const entries = createEntries(store, stage, { follow: async (_id, _busy, job) => job }, messages, createKeeping(store));
  return { asked, entries, store };
}

test("an edit says how it was made, and where there is none the last choice holds", () => {
  assert.equal(modeOf(timeline([{}, "difference"]), "motion"), "motion");
  assert.equal(modeOf(timeline([{ v: 0 }, "difference"]), "replace"), "replace");
  assert.equal(modeOf(timeline([{}], [{ v: 1 }, "difference"]), "motion"), "difference");
});

test("what was refined is refined again, unless a slider has moved", () => {
  const document = timeline([{}], [{ v: 1 }, "motion", 30]);
  assert.equal(stepsAgain(document, { v: 1, w: 0 }), 30);
  assert.equal(stepsAgain(document, { v: 0.5 }), 0);
  assert.equal(stepsAgain(document, { v: 1, w: 1 }), 0);
});

test("another way makes the same edit anew as an entry, and going back brings the old way back", async () => {
  const { asked, entries, store } = room(timeline([{}], [{ v: 0.5 }]));
  await entries.show();
  await entries.setMode("difference");
  const composition = { strengths: { v: 0.5 }, refine_steps: 0, paste_mode: "difference" };
  assert.deepEqual(asked, [["/api/documents/d/compositions", composition]]);
  assert.deepEqual([store.get().document.current, store.get().pasteMode], [2, "difference"]);
  await entries.goTo(1);
  assert.deepEqual([store.get().pasteMode, store.get().pasteChosen], ["motion", "difference"]);
  await entries.setMode("motion"); // it is so already
  assert.equal(asked.length, 2); // the entry, and the way back
});

test("without an edit a choice makes nothing, but what is made next is made so", async () => {
  const { asked, entries, store } = room(timeline([{}]));
  await entries.show();
  await entries.setMode("replace");
  assert.deepEqual([asked, store.get().pasteMode], [[], "replace"]);
  entries.move("v", 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(asked.pop(), ["/api/documents/d/preview", { strengths: { v: 1 }, paste_mode: "replace" }]);
  await entries.resetStrengths();
  assert.equal(asked.pop()[1].paste_mode, "replace");
});

test("a choice is remembered, what an entry says is not", () => {
  const kept = new Map();
  globalThis.localStorage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text) };
  const store = createStore(initialState(), (run) => run());
  rememberSettings(store);
  store.update({ pasteMode: "replace" });
  assert.deepEqual([initialState().pasteMode, initialState().pasteChosen], ["geometry", "geometry"]);
  store.update({ pasteChosen: "difference" });
  assert.equal(initialState().pasteChosen, "difference");
  store.update({ pasteChosen: "motion" }); // by an older version
  assert.equal(initialState().pasteChosen, "geometry");
});
