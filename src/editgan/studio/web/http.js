// The only file that speaks HTTP. Paths are given below /api: get("about"), post("samples", {...}).

/** @typedef {import("./api").JobEvent} JobEvent */
/** @typedef {import("./api").Job} Job */

const ROOT = "/api/";
const RETRY_MS = [500, 1000, 2000, 4000, 8000];

/** A refusal, with the server's own sentence. `code` is for programs: "visitor", "limit", "no-subject", ... */
export class ApiError extends Error {
  /**
   * @param {string} sentence @param {string} code @param {number} status 0: the server did not answer
   * @param {Record<string, string | number>} [fields] values of the sentence
   */
  constructor(sentence, code, status, fields = {}) {
    super(sentence);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
    this.fields = fields;
  }
}

/** @param {string} path such as "documents/ID/photo?size=256"; for links and pictures */
export function url(path) {
  return ROOT + path;
}

/** @param {Record<string, string | number | null | undefined>} values nulls are left away */
export function query(values) {
  const present = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return present.length ? `?${new URLSearchParams(present.map(([key, value]) => [key, String(value)]))}` : "";
}

/**
 * One request. A visitor whose cookie the server no longer knows is made anew, once.
 * @param {string} path @param {RequestInit} [init]
 */
export async function send(path, init = {}) {
  const response = await ask(path, init);
  if (response.ok) return response;
  const refusal = await refused(response);
  if (refusal.code !== "visitor" || path === "visitors") throw refusal;
  await send("visitors", { method: "POST" });
  const again = await ask(path, init);
  if (!again.ok) throw await refused(again);
  return again;
}

/** @param {string} path @param {RequestInit} init */
async function ask(path, init) {
  try {
    return await fetch(url(path), { credentials: "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError("", "offline", 0); // its sentence comes from words/
  }
}

/** @param {Response} response */
async function refused(response) {
  const problem = await response.json().catch(() => ({}));
  return new ApiError(
    problem.error ?? `${response.status} ${response.statusText}`,
    problem.code ?? "",
    response.status,
    problem.fields,
  );
}

/** @param {string} path @param {string} method @param {unknown} [body] */
async function json(path, method, body) {
  const init =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const response = await send(path, { method, ...init });
  return response.status === 204 ? null : response.json();
}

/** @template T @param {string} path @returns {Promise<T>} */
export const get = (path) => json(path, "GET");
/** @template T @param {string} path @param {unknown} [body] @returns {Promise<T>} */
export const post = (path, body) => json(path, "POST", body);
/** @template T @param {string} path @param {unknown} [body] @returns {Promise<T>} */
export const put = (path, body) => json(path, "PUT", body);
/** @template T @param {string} path @param {unknown} [body] @returns {Promise<T>} */
export const patch = (path, body) => json(path, "PATCH", body);
/** @template T @param {string} path @returns {Promise<T>} a Job for jobs, else null */
export const remove = (path) => json(path, "DELETE");

/**
 * Bytes up, JSON down.
 * @template T
 * @param {string} path @param {Blob | Uint8Array} bytes @param {string} [method]
 * @returns {Promise<T>}
 */
export async function upload(path, bytes, method = "POST") {
  const type = bytes instanceof Blob && bytes.type ? bytes.type : "application/octet-stream";
  const body = /** @type {BodyInit} */ (bytes);
  return (await send(path, { method, body, headers: { "content-type": type } })).json();
}

/** @param {string} path */
export async function getBytes(path) {
  return new Uint8Array(await (await send(path)).arrayBuffer());
}

/** @param {string} path @param {RequestInit} [init] */
export async function getBitmap(path, init) {
  return createImageBitmap(await (await send(path, init)).blob());
}

/** POST JSON, get a picture. @param {string} path @param {unknown} body */
export function postForBitmap(path, body) {
  const headers = { "content-type": "application/json" };
  return getBitmap(path, { method: "POST", body: JSON.stringify(body), headers });
}

/** A data: URL as a bitmap; fetch may not read those under our CSP. @param {string} data */
export async function bitmapOf(data) {
  const [head, text] = data.split(",", 2);
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return createImageBitmap(new Blob([bytes], { type: /^data:([^;]+)/.exec(head)?.[1] }));
}

/** @param {Job} job */
export const hasEnded = (job) => job.status === "done" || job.status === "stopped" || job.status === "failed";

/**
 * A job's events until it ends, over reconnects. Steps that a reconnect repeats are taken out.
 * @param {string} jobId
 * @param {(event: JobEvent) => void} onEvent the last one has a job that has ended
 * @returns {() => void} stops listening; the job goes on
 */
export function listen(jobId, onEvent) {
  let isOver = false;
  let lastStep = -1;
  let failures = 0;
  /** @type {EventSource | null} */
  let source = null;

  function over() {
    isOver = true;
    source?.close();
  }
  /** @param {JobEvent} event */
  function take(event) {
    if (isOver) return;
    failures = 0;
    const steps = event.steps.filter((step) => step.index > lastStep);
    lastStep = steps.at(-1)?.index ?? lastStep;
    if (hasEnded(event.job)) over();
    onEvent({ ...event, steps });
  }
  async function recover() {
    source?.close();
    await new Promise((done) => setTimeout(done, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]));
    if (isOver) return;
    try {
      const job = await get(`jobs/${jobId}`);
      if (hasEnded(job)) take({ job, steps: [], frame: null });
      else connect();
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) take(gone(jobId, error.message));
      else recover();
    }
  }
  function connect() {
    source = new EventSource(url(`jobs/${jobId}/events`));
    source.addEventListener("job", (event) => take(JSON.parse(/** @type {MessageEvent} */ (event).data)));
    source.onerror = () => isOver || recover();
  }
  connect();
  return over;
}

/** What is left of a job that the server has forgotten. @param {string} id @param {string} error @returns {JobEvent} */
function gone(id, error) {
  const job = { id, kind: /** @type {const} */ ("edit"), status: /** @type {const} */ ("failed"), error };
  const nothing = { document: null, entry: null, batch: null, picture_set: null, picture: null, error_code: null };
  return { job: { ...job, ...nothing, error_fields: {}, position: 0, step: 0, total: 0, note: "", seconds: 0 }, steps: [], frame: null };
}
