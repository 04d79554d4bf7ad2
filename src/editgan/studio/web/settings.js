// How the page begins, and what of it this browser remembers.

/** @typedef {import("./types").AppState} AppState */
/** @typedef {import("./types").AppStore} AppStore */

const KEY = "editgan-studio";
const OPACITY = 0.5;
const WIDE = 1200; // px: room for the parts beside the photo

/** @type {(keyof AppState)[]} */
const REMEMBERED = ["language", "theme", "bundle", "tool", "brushPx", "brushSide", "opacity", "layout", "pasteChosen"];

/** @returns {AppState} */
export function initialState() {
  return {
    ...{ parts: null, labels: null, base: null, keep: null, showsKeep: true, canUndo: false, canRedo: false },
    ...{
      tool: "brush",
      part: 1,
      hovered: null,
      brushPx: 4,
      brushSide: 64,
      opacity: OPACITY,
      layout: innerWidth >= WIDE ? "beside" : "over",
    },
    ...{ zoom: 1, panX: 0, panY: 0, before: null, picture: null, overlay: null },
    ...{ compare: "off", comparePosition: 0.5, isBusy: false },
    ...{ language: navigator.language.startsWith("fa") ? "fa" : "en", theme: "system", room: "edit" },
    ...{ about: null, message: null, bundle: "", documents: [], document: null, job: null, steps: [] },
    ...{ pasteMode: "geometry", pasteChosen: "geometry" },
    ...{ vectors: [], strengths: {}, sets: [], set: null, picture_id: null },
    ...remembered(),
  };
}

/** @returns {Partial<AppState>} */
function remembered() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    if (kept.pasteChosen === "motion") delete kept.pasteChosen; // what moving was before it knew the geometry
    return Object.fromEntries(REMEMBERED.filter((key) => key in kept).map((key) => [key, kept[key]]));
  } catch {
    return {}; // storage is switched off, or holds something else
  }
}

/** @param {AppStore} store */
export function rememberSettings(store) {
  store.subscribe(
    (state) => {
      try {
        const opacity = state.opacity || (remembered().opacity ?? OPACITY); // nought while the picture is looked at
        const settings = Object.fromEntries(REMEMBERED.map((key) => [key, state[key]]));
        localStorage.setItem(KEY, JSON.stringify({ ...settings, opacity }));
      } catch {
        // not remembered, then
      }
    },
    ...REMEMBERED,
  );
}

/** The brush stays as large in the picture when label maps of another side come. @param {AppStore} store */
export function scaleBrush(store) {
  store.subscribe(({ labels, brushPx, brushSide }) => {
    if (!labels || labels.side === brushSide) return;
    const px = Math.max(1, Math.round((brushPx * labels.side) / brushSide));
    store.update({ brushPx: px, brushSide: labels.side });
  }, "labels");
}

/** Everything that belongs to what lies on the stage: put aside when another room takes it. */
export const emptyStage = {
  ...{ parts: null, labels: null, base: null, keep: null, canUndo: false, canRedo: false, hovered: null },
  ...{ before: null, picture: null, overlay: null, compare: /** @type {const} */ ("off"), isBusy: false },
};

/** For a view whose life is shorter than the page's: `end` ends all its subscriptions. @param {AppStore} store */
export function scoped(store) {
  /** @type {(() => void)[]} */
  const ends = [];
  /** @type {AppStore["subscribe"]} */
  const subscribe = (listener, ...keys) => {
    const end = store.subscribe(listener, ...keys);
    ends.push(end);
    return end;
  };
  return { store: { ...store, subscribe }, end: () => ends.splice(0).forEach((end) => end()) };
}
