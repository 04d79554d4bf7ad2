// The library of edit vectors, and a composition on many photos.

import { get, hasEnded, listen, patch, post, query, remove, upload } from "../http.js";
import { t } from "../words.js";

/** @typedef {import("../types").AppStore} AppStore */
/** @typedef {import("../types").Vector} Vector */
/** @typedef {import("../api").NewBatch} NewBatch */

/** @param {AppStore} store @param {import("./messages.js").Messages} messages */
export function createVectors(store, messages) {
  async function list() {
    const bundle = store.get().document?.bundle;
    if (bundle) store.update({ vectors: await get(`vectors${query({ bundle })}`) });
  }

  return {
    /** Give what an entry learnt a name. @param {number} entry @param {string} name */
    async save(entry, name) {
      const { document } = store.get();
      if (!document) return;
      await post(`documents/${document.id}/entries/${entry}/vector`, { name });
      messages.tell(t("vector_saved", { name }));
      await list();
    },

    /** @param {File} file a .safetensors file */
    async add(file) {
      const bundle = store.get().document?.bundle;
      await upload(`vectors${query({ bundle, name: file.name.replace(/\.safetensors$/, "") })}`, file);
      await list();
    },

    /** @param {string} id @param {string} name */
    async rename(id, name) {
      await patch(`vectors/${id}`, { name });
      await list();
    },

    /** @param {string} id */
    async forget(id) {
      await remove(`vectors/${id}`);
      await list();
    },

    /**
     * The current composition on every file: send them, then one batch.
     * @param {File[]} files @param {NewBatch["format"]} format
     * @param {(progress: {phase: "sending" | "working", step: number, total: number}) => void} onProgress
     * @returns {Promise<{ id: string, failed: Record<string, string>, documents: string[] }>}
     */
    async batch(files, format, onProgress) {
      const { document, strengths, pasteMode } = store.get();
      const entry = document?.entries.find((each) => each.id === document.current);
      if (!document || !entry) throw new Error(t("batch_nothing"));
      /** @type {string[]} */
      const documents = [];
      for (const [index, file] of files.entries()) {
        onProgress({ phase: "sending", step: index + 1, total: files.length });
        const sent = await upload(`documents${query({ bundle: document.bundle, name: file.name })}`, file);
        documents.push(/** @type {{ id: string }} */ (sent).id);
      }
      const set = Object.fromEntries(Object.entries(strengths).filter(([, value]) => value !== 0));
      const composition = { ...entry.composition, strengths: set, paste_mode: pasteMode };
      /** @type {import("../api").Batch} */
      const batch = await post("batches", { documents, composition, format });
      await new Promise((ended) => {
        listen(batch.job, ({ job }) => {
          onProgress({ phase: "working", step: job.step, total: job.total });
          if (hasEnded(job)) ended(job);
        });
      });
      /** @type {import("../api").Batch} */
      const result = await get(`batches/${batch.id}`);
      return { id: batch.id, failed: result.failed, documents };
    },
  };
}
