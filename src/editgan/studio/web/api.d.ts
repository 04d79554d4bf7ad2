// Made by scripts/api_types.py from studio/schemas.py; do not edit.

/** Read once, when the page loads. */
export interface About {
  software: string;
  bundles: BundleInfo[];
  limits: Limits;
}

/** A batch and what has become of it. */
export interface Batch {
  id: string;
  job: string;
  done: string[];
  failed: Record<string, string>;
}

/** One class of pictures that can be edited. */
export interface BundleInfo {
  name: string;
  subject: string;
  resolution: number;
  picture_px: number;
  parts: Parts;
  finds_subject: boolean;
  own: boolean;
}

/** What is done to a photo: a sum of vectors, each at its strength, and perhaps a clean-up. */
export interface Composition {
  strengths: Record<string, number>;
  paste_mode: "difference" | "replace" | "motion" | "geometry";
  refine_steps: number;
}

/** Go to another entry of the timeline. */
export interface Current {
  entry: number;
}

/** A photo (or a sample) and its timeline. */
export interface Document {
  id: string;
  name: string;
  bundle: string;
  kind: "photo" | "sample";
  seed: number | null;
  truncation_psi: number;
  width: number;
  height: number;
  is_open: boolean;
  fidelity: "standard" | "high";
  judge: "default" | "features" | "lite1";
  box: [number, number, number, number] | null;
  frame: [number, number][] | null;
  view_px: number;
  reconstruction_psnr_db: number | null;
  warning: string | null;
  remarks: string[];
  error: string | null;
  error_code: string | null;
  job: string | null;
  keep: string | null;
  entries: Entry[];
  current: number;
  created: number;
}

/** One state of a document: the timeline is a list of them. */
export interface Entry {
  id: number;
  kind: "opened" | "repainted" | "vectors" | "refined";
  title: string;
  composition: Composition;
  vector: string | null;
  figures: Figures;
  warnings: string[];
  keeps: boolean;
  created: number;
}

/** What an edit did. PSNRs are in dB; None where nothing differs, or where it does not apply. */
export interface Figures {
  target_iou_before: number | null;
  target_iou_after: number | null;
  seen_iou_before: number | null;
  seen_iou_after: number | null;
  seen_share: number | null;
  shape_distance: number | null;
  strange_part: string | null;
  outside_psnr_db: number | null;
  pasted_outside_max_abs_diff: number | null;
  region_share: number | null;
  unmoved_share: number | null;
  seconds: number | null;
}

/** Long work. Poll it, or listen to its events. */
export interface Job {
  id: string;
  kind: "open" | "edit" | "compose" | "batch" | "picture" | "branch";
  status: "queued" | "running" | "done" | "stopped" | "failed";
  position: number;
  step: number;
  total: number;
  note: string;
  seconds: number;
  error: string | null;
  error_code: string | null;
  error_fields: Record<string, string | number | number>;
  document: string | null;
  entry: number | null;
  batch: string | null;
  picture_set: string | null;
  picture: string | null;
}

/** One server-sent event of a job (event: job). Newest state; the steps since the last event. */
export interface JobEvent {
  job: Job;
  steps: JobStep[];
  frame: string | null;
}

/** One step of a descent or a training. */
export interface JobStep {
  index: number;
  terms: Record<string, number>;
}

/** What the server takes. */
export interface Limits {
  upload_bytes: number;
  megapixels: number;
  documents: number;
  batch: number;
  kept_hours: number;
}

/** How well the new branch reads the test pictures. */
export interface Measured {
  miou: number | null;
  iou: Record<string, number>;
  left_out: string[];
  pictures: number;
  bundle: string;
}

/** The same composition on several documents, which are opened first if they are not. */
export interface NewBatch {
  documents: string[];
  composition: Composition;
  format: "png" | "jpeg" | "webp";
  strip_metadata: boolean;
}

/** Start labelling for a bundle. Without parts, the bundle's. */
export interface NewPictureSet {
  name: string;
  bundle: string;
  parts: Parts | null;
}

/** A picture that the generator invents. */
export interface NewSample {
  bundle: string;
  seed: number;
  truncation_psi: number;
  judge: "default" | "features" | "lite1";
}

/** Pictures that the generator invents, to label. */
export interface NewSamples {
  seeds: number[];
  truncation_psi: number;
}

/** Keep what an entry learnt under a name. */
export interface NewVector {
  name: string;
}

/** Open again: with another frame, nearer to the photo, or with another judge. */
export interface Opening {
  box: [number, number, number, number] | null;
  fidelity: "standard" | "high";
  judge: "default" | "features" | "lite1";
}

/** One class of a label map. */
export interface Part {
  id: number;
  name: string;
  color: [number, number, number];
}

/** All classes, ids 0, 1, 2, ... in order; groups name several at once. */
export interface Parts {
  classes: Part[];
  groups: Record<string, string[]>;
}

/** A picture to label, as its generator sees it. */
export interface Picture {
  id: string;
  name: string;
  is_ready: boolean;
  is_labelled: boolean;
  is_test: boolean;
  disagreement: number | null;
  error: string | null;
  error_code: string | null;
  photo_size: [number, number] | null;
}

/** Read a picture again that could not be read: with a frame around its subject, or as before. */
export interface PictureFrame {
  box: [number, number, number, number] | null;
}

/** Pictures of one class, their labels, and the branch learnt from them. */
export interface PictureSet {
  id: string;
  name: string;
  bundle: string;
  parts: Parts;
  label_px: number;
  pictures: Picture[];
  suggested: string | null;
  job: string | null;
  measured: Measured | null;
  created: number;
}

/** Whether a picture teaches or measures. */
export interface PictureUse {
  is_test: boolean;
}

/** Where an edit lies, in shares of the frame. */
export interface Place {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** What every refusal answers. */
export interface Problem {
  error: string;
  code: string;
  fields: Record<string, string | number | number>;
}

/** What a slider sends while it moves. */
export interface Strengths {
  strengths: Record<string, number>;
  paste_mode: "difference" | "replace" | "motion" | "geometry";
}

/** Train a branch on what was labelled. */
export interface Training {
  bundle: string;
  max_steps: number;
}

/** An edit vector of the library. */
export interface Vector {
  id: string;
  name: string;
  bundle: string;
  opposite: string | null;
  source: "built-in" | "own";
  is_saved: boolean;
  classes: string[];
  strengths: [number, number];
  place: Place | null;
}
