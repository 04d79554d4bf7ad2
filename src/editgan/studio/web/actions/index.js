// Everything that the panels can do.

import { createDocuments } from "./documents.js";
import { createEntries } from "./entries.js";
import { createJobs } from "./jobs.js";
import { createKeeping } from "./keep.js";
import { createMessages, guarded } from "./messages.js";
import { createPeek } from "./peek.js";
import { createVectors } from "./vectors.js";

/** @param {import("../types").AppStore} store @param {import("../types").Stage} stage */
export function createActions(store, stage) {
  const messages = createMessages(store);
  const jobs = createJobs(store);
  const keeping = createKeeping(store);
  const entries = createEntries(store, stage, jobs, messages, keeping);
  keeping.watch(() => entries.makeAnew().catch(messages.complain));
  const vectors = createVectors(store, messages);
  return {
    ...{ messages, jobs, stage, peek: createPeek(store) },
    entries: guarded(entries, messages),
    documents: guarded(createDocuments(store, entries, jobs), messages),
    vectors: { ...guarded(vectors, messages), batch: vectors.batch }, // the batch dialog shows its own refusals
  };
}

/** @typedef {ReturnType<typeof createActions>} Actions */
