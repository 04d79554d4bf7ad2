// The open document's timeline: show an entry, go to one, repaint, apply vectors.

import { ApiError, get, getBitmap, getBytes, post, postForBitmap, put, query, upload } from "../http.js";
import { latestOnly } from "../latest.js";
import { isEdited, modeOf, stepsAgain } from "../pasting.js";
import { carryPainting, copied, countRepainted } from "../painting.js";
import { entryHeat, entryImage, entryLabels } from "../pictures.js";
import { t } from "../words.js";

/** @typedef {import("../types").AppStore} AppStore */
/** @typedef {import("../types").Document} Document */
/** @typedef {import("../types").Job} Job */

export const REFINE_STEPS = 30;
const SETTLE_MS = 500; // after a slider is let go, before it makes an entry

/**
 * @param {AppStore} store @param {import("../types").Stage} stage
 * @param {import("./jobs.js").Jobs} jobs @param {import("./messages.js").Messages} messages
 * @param {import("./keep.js").Keeping} keeping
 */
export function createEntries(store, stage, jobs, messages, keeping) {
  let beforeIs = ""; // which photo `before` shows
  let settling = 0;
  let hasMoved = false; // a slider that has not made its entry yet
  /** @type {Promise<unknown>} */
  let composing = Promise.resolve(); // a document has one job at a time

  /** @param {string} id */
  const isStill = (id) => store.get().document?.id === id && store.get().room === "edit";

  /** The current entry onto the stage, under whatever is painted and not applied. */
  async function show() {
    const { document } = store.get();
    if (!document?.is_open) return;
    const { id, current } = document;
    const photo = entryImage(document, document.entries[0].id);
    const [picture, ids, before] = await Promise.all([
      getBitmap(entryImage(document, current)),
      getBytes(entryLabels(document, current)),
      photo === beforeIs ? store.get().before : getBitmap(photo),
    ]);
    if (!isStill(id) || store.get().document?.current !== current) return;
    const base = { side: Math.round(Math.sqrt(ids.length)), ids };
    const isOther = photo !== beforeIs;
    const kept = isOther ? await keeping.load(document, base.side) : store.get().keep;
    if (!isStill(id)) return;
    const { labels, base: was, keep } = store.get();
    stage.load(isOther ? copied(base) : carryPainting(labels, was, base), base, isOther ? kept : keep);
    beforeIs = photo;
    store.update({ before });
    if (!hasMoved) {
      const pasteMode = modeOf(document, store.get().pasteChosen);
      store.update({ picture, pasteMode, strengths: strengthsOf(document) }); // else the hand on a slider wins
    }
    await showHeat();
  }

  async function showHeat() {
    const { compare, document, overlay } = store.get();
    if (compare !== "heat" || !document?.is_open) return void (overlay && store.update({ overlay: null }));
    const drawn = await getBitmap(entryHeat(document, document.current));
    if (isStill(document.id) && store.get().compare === "heat") store.update({ overlay: drawn });
  }

  /** Follows a job of this document to its end, then shows what it made. @param {Job} job @param {boolean} isBusy */
  async function finish(job, isBusy) {
    const id = job.document ?? store.get().document?.id ?? "";
    const ended = await jobs.follow(job.id, isBusy, job);
    if (!ended || !isStill(id)) return;
    const isSaid = ended.kind === "open"; // by cover.js
    if (ended.status === "failed" && !isSaid) messages.complain(refusalOf(ended));
    /** @type {[Document, import("../types").Vector[]]} */
    const [document, vectors] = await Promise.all([
      get(`documents/${id}`),
      get(`vectors${query({ bundle: bundleName() })}`),
    ]);
    if (!isStill(id)) return;
    // An edit's painting is used up; what a composition found on the stage stays.
    if (ended.kind === "edit" && ended.entry !== null) forgetPainting();
    store.update({ document, vectors });
    await show();
  }

  const bundleName = () => store.get().document?.bundle;

  function forgetPainting() {
    const { base } = store.get();
    if (base) store.update({ labels: copied(base) });
  }

  const preview = latestOnly(
    async (/** @type {{ id: string, strengths: Record<string, number> }} */ { id, strengths }) => {
      try {
        await keeping.flush();
        return await postForBitmap(`documents/${id}/preview`, { strengths, paste_mode: store.get().pasteMode });
      } catch (error) {
        messages.complain(error);
        return null;
      }
    },
    (picture, { id }) => {
      if (picture && isStill(id) && hasMoved) store.update({ picture });
    },
  );

  /** The sliders' sum becomes an entry, once the one before it is there. @param {number} [refine_steps] */
  function compose(refine_steps = 0) {
    const { document } = store.get();
    return (composing = composing.catch(() => {}).then(() => document && composeNow(document.id, refine_steps)));
  }

  /** @param {string} id @param {number} refine_steps */
  async function composeNow(id, refine_steps) {
    const { document, strengths, pasteMode } = store.get();
    if (!document?.is_open || document.id !== id) return;
    clearTimeout(settling);
    hasMoved = false;
    const set = Object.fromEntries(Object.entries(strengths).filter(([, value]) => value !== 0));
    const composition = { strengths: set, refine_steps, paste_mode: pasteMode };
    await keeping.flush();
    await finish(await post(`documents/${document.id}/compositions`, composition), refine_steps > 0);
  }

  return {
    show,
    showHeat,
    finish,
    forget() {
      keeping.flush().catch(messages.complain);
      clearTimeout(settling);
      hasMoved = false;
      beforeIs = "";
    },

    /** @param {number} entry */
    async goTo(entry) {
      const { document, isBusy } = store.get();
      if (!document || isBusy) return;
      clearTimeout(settling);
      hasMoved = false;
      /** @type {Document} */
      const changed = await put(`documents/${document.id}/current`, { entry });
      if (!isStill(document.id)) return;
      store.update({ document: changed });
      await show();
    },

    /** Learn the vector that makes the photo's parts those on the stage. @param {string} [name] */
    async apply(name) {
      const before = store.get();
      if (!before.document?.is_open || before.isBusy || !countRepainted(before.labels, before.base)) return;
      if (hasMoved) await compose();
      const { document, labels, base, pasteMode } = store.get();
      if (!document || !labels || !countRepainted(labels, base)) return;
      store.update({ isBusy: true }); // from here on, not only once the job answers
      const count = document.entries.filter((each) => each.kind === "repainted").length + 1;
      try {
        await keeping.flush();
        const how = query({ name: name || t("edit_name", { count }), paste_mode: pasteMode });
        await finish(await upload(`documents/${document.id}/edits${how}`, labels.ids), true);
      } finally {
        if (store.get().document?.id === document.id) store.update({ isBusy: false });
      }
    },

    /** A slider moves. @param {string} vector @param {number} strength */
    move(vector, strength) {
      const { document, strengths } = store.get();
      if (!document?.is_open) return;
      clearTimeout(settling);
      hasMoved = true;
      const moved = { ...strengths, [vector]: strength };
      store.update({ strengths: moved });
      preview({ id: document.id, strengths: moved });
    },

    /** A slider is let go. */
    settle() {
      clearTimeout(settling);
      if (hasMoved) settling = window.setTimeout(() => compose().catch(messages.complain), SETTLE_MS);
    },

    /**
     * How edits come into the photo from now on. What is on the stage is made anew so, as an entry of its own.
     * @param {import("../types").PasteMode} mode
     */
    async setMode(mode) {
      const { document, strengths, pasteMode, isBusy } = store.get();
      if (isBusy) return;
      store.update({ pasteMode: mode, pasteChosen: mode });
      if (!document?.is_open || mode === pasteMode || !isEdited(strengths)) return;
      await compose(stepsAgain(document, strengths));
    },

    /** What must not change is something else: what is on the stage is made anew with it. */
    async makeAnew() {
      await keeping.flush();
      const { document, strengths, isBusy, room } = store.get();
      if (!document?.is_open || isBusy || room !== "edit" || !isEdited(strengths)) return;
      await compose(stepsAgain(document, strengths));
    },

    async resetStrengths() {
      const { document } = store.get();
      if (!document?.is_open) return;
      hasMoved = true;
      store.update({ strengths: {} });
      preview({ id: document.id, strengths: {} });
      await compose();
    },

    /** Back from another room: what happened to the document meanwhile. */
    async resume() {
      const { document } = store.get();
      if (!document) return;
      /** @type {Document} */
      const now = await get(`documents/${document.id}`);
      if (!isStill(document.id)) return;
      store.update({ document: now });
      await show();
      if (now.job && isStill(now.id)) await finish(await get(`jobs/${now.job}`), true);
    },

    refine: () => compose(REFINE_STEPS),
    stop: () => jobs.stop(),
  };
}

/** @param {Job} job that has failed */
function refusalOf({ error, error_code, error_fields }) {
  return new ApiError(error ?? t("unknown_error"), error_code ?? "", 0, error_fields);
}

/** @param {Document} document */
function strengthsOf(document) {
  const entry = document.entries.find((each) => each.id === document.current);
  return { ...entry?.composition.strengths };
}

/** @typedef {ReturnType<typeof createEntries>} Entries */
