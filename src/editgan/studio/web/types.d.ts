// What the front end's own modules share. Server types: api.d.ts.
import type { About, Composition, Document, Entry, Job, JobStep, Parts, PictureSet, Vector } from "./api";
import type { Store } from "./state.js";

/** A square of class ids, row by row. */
export interface LabelMap {
  side: number;
  ids: Uint8Array; // side * side
}

/** How an edit comes into the photo: move its own pixels, draw the difference, or draw the part anew. */
export type PasteMode = Composition["paste_mode"];

/** What a gesture paints on: the parts, or what must not change. */
export type Layer = "labels" | "keep";
export type Layers = Pick<StageState, Layer>;

export type ToolName = "brush" | "eraser" | "fill" | "lasso" | "rectangle" | "eyedropper" | "move" | "pan";

/** What lies on the stage, in either room. The stage draws this and nothing else. */
export interface StageState {
  parts: Parts | null;
  labels: LabelMap | null; // as painted
  base: LabelMap | null; // before painting: what the eraser brings back
  keep: LabelMap | null; // 1 where nothing may change, at a side of its own; null: nothing can be marked here
  showsKeep: boolean; // while it is not what is painted
  canUndo: boolean;
  canRedo: boolean;
  tool: ToolName;
  part: number; // class id that is painted with; KEEP: what must not change
  hovered: number | null; // class id under the pointer, or hovered in the palette: highlighted
  brushPx: number; // diameter, in label pixels ...
  brushSide: number; // ... of label maps of this side
  opacity: number; // 0..1, of the label overlay
  layout: "over" | "beside"; // labels laid over the picture, or beside it
  zoom: number; // 1: the frame fits the stage
  panX: number; // of the frame's centre from the stage's, in CSS pixels
  panY: number;
  before: ImageBitmap | null; // the photo as it was
  picture: ImageBitmap | null; // as it is now: the current entry, a preview, or a frame of a running edit
  overlay: ImageBitmap | null; // heat map or disagreement, drawn over the picture
  compare: "off" | "slider" | "heat";
  comparePosition: number; // 0..1: left of it `before`, right of it `picture` (mirrored in right-to-left pages)
  isBusy: boolean; // an edit runs: no painting
}

export interface AppState extends StageState {
  // the page
  language: "en" | "fa";
  theme: "system" | "light" | "dark";
  room: "edit" | "annotate";
  about: About | null;
  message: { text: string; kind: "error" | "info" } | null;
  // the edit room
  bundle: string; // for the next photo
  documents: Document[];
  document: Document | null;
  job: Job | null; // the document's or the set's
  steps: JobStep[]; // of that job, so far
  vectors: Vector[]; // of the document's bundle
  strengths: Record<string, number>; // as the sliders stand
  pasteMode: PasteMode; // of what is on the stage, and of what is made next
  pasteChosen: PasteMode; // by hand, the last time: where there is no edit yet
  // the annotation room
  sets: PictureSet[];
  set: PictureSet | null;
  picture_id: string | null;
}

export type AppStore = Store<AppState>;

/** One gesture's change: a box of one layer, and its ids before and after. */
export interface Patch {
  layer: Layer;
  left: number;
  top: number;
  width: number;
  height: number;
  before: Uint8Array;
  after: Uint8Array;
}

/** Undo and redo over both layers. A gesture runs from `begin` to `end`; what it changed is one undo. */
export interface History {
  begin(map: LabelMap, layer?: Layer): void; // "labels" by default
  end(map: LabelMap): void; // compares with `begin`; no change, no undo
  undo(layers: Layers): Layers; // with a new map, or the same if there is nothing to undo
  redo(layers: Layers): Layers;
  clear(layer?: Layer): void; // forgets one layer's gestures; both layers' by default
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}

/** The canvas, made by view/stage.js: `createStage(element, store, history)`. */
export interface Stage {
  undo(): void;
  redo(): void;
  /** Grow (px > 0) or shrink (px < 0) the whole part, as one undo. */
  resizePart(px: number): void;
  /** Move the whole part, as one undo. */
  movePart(dx: number, dy: number): void;
  /** Back to `base`, as one undo. */
  reset(): void;
  fit(): void; // zoom 1, centred
  zoomBy(factor: number): void;
  /** Nothing is to be kept, as one undo. */
  clearKeep(): void;
  /** Puts another picture's labels on the stage and forgets the history; but of `keep`, if that is there already. */
  load(labels: LabelMap, base: LabelMap, keep?: LabelMap | null): void;
  destroy(): void;
}

export type { About, Document, Entry, Job, JobStep, Parts, PictureSet, Vector };
