// Photos: send, invent, open, open again, delete.

import { get, post, query, remove, upload } from "../http.js";
import { emptyStage } from "../settings.js";
import { t } from "../words.js";

/** @typedef {import("../types").AppStore} AppStore */
/** @typedef {import("../types").Document} Document */
/** @typedef {import("../api").Opening} Opening */

const MEGABYTE = 2 ** 20;

/**
 * @param {AppStore} store @param {import("./entries.js").Entries} entries
 * @param {import("./jobs.js").Jobs} jobs
 */
export function createDocuments(store, entries, jobs) {
  /** @type {Promise<void> | null} */
  let beginning = null;
  let isLeaving = 0; // counts what was opened, so that a slow answer does not open over a newer one

  /** What the studio offers, once; people may choose a photo before it is there. */
  function begin() {
    beginning ??= get("about").then(
      (about) => store.update({ about, bundle: known(about) }),
      (error) => {
        beginning = null; // asked again by the next who needs it
        throw error;
      },
    );
    return beginning;
  }

  /** The bundle that was chosen last, if it is still there. @param {import("../api").About} about */
  function known(about) {
    const names = about.bundles.map(({ name }) => name);
    return names.includes(store.get().bundle) ? store.get().bundle : (names[0] ?? "");
  }

  async function list() {
    store.update({ documents: await get("documents") });
  }

  function clearStage() {
    jobs.leave();
    entries.forget();
    store.update({ ...emptyStage, strengths: {}, job: null, steps: [] });
  }

  /** Puts a document on the stage, and waits for its job if one runs. @param {Document} document */
  async function enter(document) {
    isLeaving++;
    if (store.get().document?.id !== document.id) clearStage();
    const bundle = store.get().about?.bundles.find(({ name }) => name === document.bundle);
    store.update({ document, bundle: document.bundle, parts: bundle?.parts ?? null });
    location.hash = `edit/${document.id}`;
    const vectors = get(`vectors${query({ bundle: document.bundle })}`);
    const shown = document.is_open ? entries.show() : Promise.resolve();
    if (!document.job) await shown;
    else shown.catch(() => {}); // a job is at it: what it makes is shown at its end
    store.update({ vectors: await vectors });
    if (!document.job || store.get().document?.id !== document.id) return;
    await entries.finish(await get(`jobs/${document.job}`), true);
    await list();
  }

  function leave() {
    isLeaving++;
    clearStage();
    store.update({ document: null, vectors: [] });
    if (location.hash.startsWith("#edit")) history.pushState(null, "", "#");
    return list();
  }

  return {
    begin,
    list,
    enter,
    leave,

    /** @param {string} id */
    async open(id) {
      const turn = ++isLeaving;
      const document = await get(`documents/${id}`);
      if (turn === isLeaving) await enter(/** @type {Document} */ (document));
    },

    /** @param {File} file */
    async send(file) {
      if (file.type && !file.type.startsWith("image/")) throw new Error(t("not_a_photo"));
      await begin();
      const limit = store.get().about?.limits.upload_bytes ?? Infinity;
      if (file.size > limit) {
        throw new Error(
          t("too_large", { megabytes: Math.ceil(file.size / MEGABYTE), limit: Math.floor(limit / MEGABYTE) }),
        );
      }
      store.update({ message: { text: t("uploading"), kind: "info" } });
      const name = file.name || t("photo");
      /** @type {Document} */
      const document = await upload(`documents${query({ bundle: store.get().bundle, name })}`, file);
      store.update({ message: null });
      await enter(document);
    },

    /** A picture from a random number. */
    async invent() {
      await begin();
      const seed = Math.floor(Math.random() * 100000);
      await enter(await post("samples", { bundle: store.get().bundle, seed }));
    },

    /** @param {Partial<Opening>} how */
    async reopen(how) {
      const { document } = store.get();
      if (!document) return;
      const opening = { box: document.box, fidelity: document.fidelity, judge: document.judge, ...how };
      await enter(await post(`documents/${document.id}/opening`, opening));
    },

    /** @param {string} id */
    async forget(id) {
      await remove(`documents/${id}`);
      if (store.get().document?.id === id) await leave();
      else await list();
    },

    /** Everything of this visitor. */
    async forgetEverything() {
      await remove("visitors/me");
      clearStage();
      store.update({ document: null, vectors: [], documents: [], sets: [], set: null, picture_id: null });
      store.update({ room: "edit", message: { text: t("forgotten"), kind: "info" } });
      history.pushState(null, "", "#");
      await post("visitors");
      store.update({ about: await get("about") });
    },
  };
}
