// Picture sets: list, make, add pictures, label, save, train.

import { get, getBitmap, getBytes, hasEnded, listen, post, put, query, remove, upload } from "../http.js";
import { copied, countRepainted } from "../painting.js";
import { emptyStage } from "../settings.js";
import { t } from "../words.js";
import { createJobs } from "./jobs.js";

/** @typedef {import("../types").AppStore} AppStore */
/** @typedef {import("../types").LabelMap} LabelMap */
/** @typedef {import("../types").PictureSet} PictureSet */
/** @typedef {import("../types").Parts} Parts */
/** @typedef {import("../api").Picture} Picture */

const SEEDS = 100000;

/**
 * @param {AppStore} store @param {import("../types").Stage} stage
 * @param {import("./messages.js").Messages} messages
 */
export function createSets(store, stage, messages) {
  const jobs = createJobs(store);
  /** @type {Map<string, Uint8Array>} what was painted and not saved, by picture */
  const drafts = new Map();
  /** @type {LabelMap | null} what the server has for the picture on the stage */
  let saved = null;
  /** @type {Map<string, () => void>} jobs that go on while the page shows something else */
  const unseen = new Map();
  let following = "";
  let turn = 0; // of showing: a slow answer must not cover a newer picture

  const isHere = () => store.get().room === "annotate";
  const here = () => /** @type {PictureSet} */ (store.get().set);
  const path = (/** @type {string} */ id = here().id) => `sets/${id}`;
  const picture = () => store.get().set?.pictures.find(({ id }) => id === store.get().picture_id) ?? null;

  /** The newest state of a set, unless the page has turned to another one. @param {PictureSet} set */
  async function take(set) {
    const { sets, set: now } = store.get();
    store.update({ sets: sets.map((each) => (each.id === set.id ? set : each)) });
    if (now?.id !== set.id) return;
    store.update({ set });
    if (set.job && set.job !== following) follow(set.job).catch(messages.complain);
    if (!store.get().picture_id || !picture()) await show(next()?.id ?? null);
  }

  async function refresh() {
    if (store.get().set) await take(await get(path()));
  }

  /** @param {string} job */
  async function follow(job) {
    const set = here().id;
    unseen.get(job)?.();
    unseen.delete(job);
    following = job;
    const ended = await jobs.follow(job, false);
    if (following === job) following = "";
    if (store.get().set?.id !== set) return;
    if (ended?.status === "failed") messages.complain(new Error(ended.error ?? t("unknown_error")));
    if (ended?.kind === "branch") await findBundles();
    if (ended) await refresh();
  }

  async function findBundles() {
    store.update({ about: await get("about") });
  }

  /** The page turns to something else. The server stops a job that nobody listens to, so somebody does. */
  function lookAway() {
    const job = following;
    following = "";
    jobs.leave();
    if (!job) return;
    const stop = listen(job, ({ job: now }) => {
      if (!hasEnded(now)) return;
      unseen.delete(job);
      findBundles().catch(messages.complain);
    });
    unseen.set(job, stop);
  }

  /** What to label next: the suggestion, else any that is ready, else the first. */
  function next() {
    const { pictures, suggested } = here();
    const ready = pictures.filter((each) => each.is_ready);
    return ready.find(({ id }) => id === suggested) ?? ready.find((each) => !each.is_labelled) ?? ready[0];
  }

  function keepDraft() {
    const { labels, picture_id } = store.get();
    if (!picture_id || !labels || !saved) return;
    if (countRepainted(labels, saved)) drafts.set(picture_id, labels.ids.slice());
    else drafts.delete(picture_id);
  }

  /** Puts a picture on the stage. @param {string | null} id */
  async function show(id) {
    keepDraft();
    const mine = ++turn;
    saved = null;
    store.update({ picture_id: id });
    const shown = picture();
    if (!shown?.is_ready) return store.update({ ...emptyStage, parts: here().parts, picture_id: id });
    const at = `${path()}/pictures/${shown.id}`;
    const [image, ids, read] = await Promise.all([
      getBitmap(`${at}/image`),
      getBytes(`${at}/labels?format=raw`),
      getBytes(`${at}/labels?format=raw&read=true`),
    ]);
    if (mine !== turn || !isHere()) return;
    const side = here().label_px;
    saved = { side, ids };
    stage.load({ side, ids: (drafts.get(shown.id) ?? ids).slice() }, { side, ids: read });
    store.update({ parts: here().parts, picture: image, before: null, overlay: null });
    await showDoubt();
  }

  async function showDoubt() {
    const { compare, overlay, picture_id } = store.get();
    if (compare === "slider") return store.update({ compare: "off" }); // there is nothing to compare with here
    if (compare !== "heat" || !picture()?.is_ready) return void (overlay && store.update({ overlay: null }));
    const drawn = await getBitmap(`${path()}/pictures/${picture_id}/disagreement`);
    if (isHere() && store.get().picture_id === picture_id) store.update({ overlay: drawn });
  }

  /** @param {string | null} id */
  async function choose(id) {
    keepDraft();
    lookAway();
    saved = null;
    const set = store.get().sets.find((each) => each.id === id) ?? null;
    store.update({ ...emptyStage, set, picture_id: null, job: null, steps: [], parts: set?.parts ?? null });
    if (set) await refresh();
  }

  return {
    ...{ refresh, choose, show, showDoubt, picture },
    hasDraft: (/** @type {string} */ id) => drafts.has(id),
    isPainted: () => countRepainted(store.get().labels, saved) > 0,

    async enter() {
      /** @type {PictureSet[]} */
      const sets = await get("sets");
      const still = sets.find(({ id }) => id === store.get().set?.id) ?? sets[0] ?? null;
      store.update({ sets });
      if (still?.id !== store.get().set?.id || !store.get().picture_id) return choose(still?.id ?? null);
      await refresh();
      if (!saved || !store.get().labels) await show(store.get().picture_id);
    },

    leave() {
      keepDraft();
      lookAway();
    },

    /** @param {string} name @param {string} bundle @param {Parts | null} parts */
    async create(name, bundle, parts) {
      /** @type {PictureSet} */
      const set = await post("sets", { name, bundle, parts });
      store.update({ sets: [set, ...store.get().sets] });
      await choose(set.id);
    },

    async forget() {
      const { id } = here();
      await remove(path());
      store.update({ sets: store.get().sets.filter((each) => each.id !== id), picture_id: null });
      await choose(store.get().sets[0]?.id ?? null);
    },

    /** @param {File[]} files */
    async addPhotos(files) {
      const photos = files.filter((file) => !file.type || file.type.startsWith("image/"));
      if (!photos.length) throw new Error(t("not_a_photo"));
      const at = path();
      for (const [index, file] of photos.entries()) {
        messages.tell(t("batch_uploading", { step: index + 1, total: photos.length }));
        await take(await upload(`${at}/pictures${query({ name: file.name })}`, file));
      }
      messages.dismiss();
    },

    /** @param {number} count */
    async invent(count) {
      const seeds = Array.from({ length: count }, () => Math.floor(Math.random() * SEEDS));
      await take(await post(`${path()}/samples`, { seeds }));
    },

    /** Read a picture again that could not be read. @param {string} id @param {number[] | null} box */
    async readAgain(id, box) {
      await take(await post(`${path()}/pictures/${id}/reading`, { box }));
    },

    /** @param {boolean} isGoingOn to the next picture */
    async save(isGoingOn) {
      const { labels, picture_id } = store.get();
      if (!labels || !saved || !picture_id) return;
      const sent = copied(labels);
      const set = await upload(`${path()}/pictures/${picture_id}/labels`, sent.ids, "PUT");
      drafts.delete(picture_id);
      if (store.get().picture_id === picture_id) saved = sent;
      await take(set);
      messages.tell(t("labels_saved"));
      if (isGoingOn && here().suggested) await show(here().suggested);
    },

    /** @param {string} id @param {boolean} is_test */
    async use(id, is_test) {
      await take(await put(`${path()}/pictures/${id}/use`, { is_test }));
    },

    /** @param {string} id */
    async forgetPicture(id) {
      await remove(`${path()}/pictures/${id}`);
      drafts.delete(id);
      if (store.get().picture_id === id) (saved = null), store.update({ picture_id: null });
      await refresh();
    },

    /** @param {Parts} parts @returns {Promise<PictureSet | void>} nothing where it was refused */
    async setParts(parts) {
      /** @type {PictureSet} */
      const set = await put(`${path()}/parts`, parts);
      if (set.parts.classes.length < here().parts.classes.length) (drafts.clear(), (saved = null)); // ids may be gone
      await take(set);
      store.update({ parts: set.parts, part: Math.min(store.get().part, set.parts.classes.length - 1) });
      if (!saved) await show(store.get().picture_id);
      return set;
    },

    /** @param {string} bundle @param {number} max_steps */
    async train(bundle, max_steps) {
      const job = await post(`${path()}/training`, { bundle, max_steps });
      await follow(/** @type {{ id: string }} */ (job).id);
    },

    stop: () => jobs.stop(),
  };
}

/** @typedef {ReturnType<typeof createSets>} Sets */
