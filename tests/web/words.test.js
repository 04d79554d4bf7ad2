// Both languages say the same things.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

import en from "../../src/editgan/studio/web/words/en.js";
import fa from "../../src/editgan/studio/web/words/fa.js";

const web = new URL("../../src/editgan/studio/web/", import.meta.url);
const placeholders = (text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

test("every word is in both languages", () => {
  assert.deepEqual(Object.keys(fa).sort(), Object.keys(en).sort());
});

test("a translation has the placeholders of the original, and no empty sentence", () => {
  for (const [key, text] of Object.entries(en)) {
    assert.deepEqual(placeholders(fa[key]), placeholders(text), key);
    assert.ok(text.trim() && fa[key].trim(), key);
  }
});

test("Persian uses Persian letters: no Arabic yeh or kaf", () => {
  for (const [key, text] of Object.entries(fa)) assert.doesNotMatch(text, /[\u064a\u0643]/, key);
});

test("every word is used somewhere", () => {
  const files = readdirSync(web, { recursive: true }).filter(
    (name) => name.endsWith(".js") && !name.startsWith("words/"),
  );
  const source = files.map((name) => readFileSync(new URL(name, web), "utf8")).join("\n");
  const made = /^(error|room|drop|subject|tool|compare|running|theme|tab)_/; // put together from a name
  for (const key of Object.keys(en)) assert.ok(made.test(key) || source.includes(`"${key}"`), key);
});

test("every error with words of our own is one that the server has", () => {
  const root = new URL("../../src/editgan/", import.meta.url);
  const files = readdirSync(root, { recursive: true }).filter((name) => name.endsWith(".py"));
  const source = files.map((name) => readFileSync(new URL(name, root), "utf8")).join("\n");
  const codes = Object.keys(en).filter((key) => key.startsWith("error_"));
  assert.ok(codes.length);
  for (const key of codes) {
    const code = key.slice("error_".length).replaceAll("_", "-");
    assert.match(source, new RegExp(`code(: str)? ?= ?"${code}"`), key);
  }
});
