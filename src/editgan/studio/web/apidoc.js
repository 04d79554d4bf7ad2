// The page at /api/docs: the server's OpenAPI schema, made readable. The schema is in English, and so is the page.

import { fill, h } from "./dom.js";

/** @typedef {Record<string, any>} Json the schema is whatever the server says */

const METHODS = ["get", "post", "put", "patch", "delete"];

/** @type {Json} */
const api = await (await fetch("/api/openapi.json")).json();
const operations = Object.entries(api.paths).flatMap(([path, item]) =>
  METHODS.filter((method) => method in item).map((method) => ({ path, method, operation: item[method] })),
);
const schemas = Object.entries(api.components?.schemas ?? {});

fill(
  at("contents"),
  h("h2", null, "Requests"),
  h(
    "ul",
    null,
    operations.map(({ path, method }) =>
      h("li", null, h("a", { href: `#${idOf(method, path)}` }, badge(method), " ", path)),
    ),
  ),
  h("h2", null, "Shapes"),
  h(
    "ul",
    { class: "shapes" },
    schemas.map(([name]) => h("li", null, h("a", { href: `#${name}` }, name))),
  ),
);
fill(
  at("operations"),
  operations.map(section),
  h("h2", null, "Shapes"),
  schemas.map(([name, schema]) => shape(name, schema)),
);
document.getElementById(location.hash.slice(1))?.scrollIntoView(); // the browser looked before it was there

/** @param {string} id */
function at(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @param {string} method @param {string} path */
function idOf(method, path) {
  return `${method}${path.replace(/[^\w]+/g, "-")}`;
}

/** @param {string} method */
function badge(method) {
  return h("span", { class: "method", "data-method": method }, method.toUpperCase());
}

/** @param {{ path: string, method: string, operation: Json }} each */
function section({ path, method, operation }) {
  return h(
    "section",
    { id: idOf(method, path) },
    h("h3", null, badge(method), h("code", null, path)),
    h("p", null, operation.description ?? operation.summary ?? ""),
    table(
      "Parameters",
      (operation.parameters ?? []).map((/** @type {Json} */ each) => [
        h("code", null, each.name),
        h("span", null, type(each.schema), each.required ? "" : " (optional)", fallback(each.schema)),
        each.description ?? each.in,
      ]),
    ),
    bodies("Body", operation.requestBody?.content),
    Object.entries(operation.responses ?? {})
      .filter(([status]) => status !== "422" && status !== "4XX")
      .map(([status, response]) => bodies(`Answer ${status}`, response.content)),
  );
}

/** @param {string} title @param {Json} [content] */
function bodies(title, content) {
  const kinds = Object.entries(content ?? {});
  if (!kinds.length) return null;
  const lines = kinds.map(([mime, { schema }]) => h("p", null, h("code", null, mime), " ", schema ? type(schema) : ""));
  return h("div", { class: "body" }, h("h4", null, title), lines);
}

/** @param {string} name @param {Json} schema */
function shape(name, schema) {
  const rows = Object.entries(schema.properties ?? {}).map(([field, property]) => [
    h("code", null, field),
    h("span", null, type(property), schema.required?.includes(field) ? "" : " (optional)", fallback(property)),
    property.description ?? "",
  ]);
  return h("section", { id: name }, h("h3", null, name), h("p", null, schema.description ?? ""), table("", rows));
}

/** @param {string} title @param {(string | Node)[][]} rows */
function table(title, rows) {
  if (!rows.length) return null;
  return h(
    "div",
    { class: "body" },
    title && h("h4", null, title),
    h(
      "table",
      null,
      h(
        "tbody",
        null,
        rows.map((row) =>
          h(
            "tr",
            null,
            row.map((cell) => h("td", null, cell)),
          ),
        ),
      ),
    ),
  );
}

/** @param {Json} schema */
function fallback({ default: value } = {}) {
  return value === undefined || value === null ? "" : `, ${JSON.stringify(value)} by default`;
}

/** A schema in a few words, with links to shapes. @param {Json} schema @returns {Node} */
function type(schema) {
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return h("a", { href: `#${name}` }, name);
  }
  const several = schema.anyOf ?? schema.oneOf;
  if (several) return joined(several.map(type), " or ");
  if (schema.enum)
    return joined(
      schema.enum.map((/** @type {unknown} */ value) => h("code", null, JSON.stringify(value))),
      " or ",
    );
  if (schema.const !== undefined) return h("code", null, JSON.stringify(schema.const));
  if (schema.prefixItems) return h("span", null, "[", joined(schema.prefixItems.map(type), ", "), "]");
  if (schema.type === "array") return h("span", null, "list of ", type(schema.items ?? {}));
  if (schema.additionalProperties) return h("span", null, "names with ", type(schema.additionalProperties));
  return h("span", null, [schema.type ?? "anything", limits(schema)].filter(Boolean).join(" "));
}

/** @param {Json} schema */
function limits({ minimum, maximum }) {
  if (minimum === undefined && maximum === undefined) return "";
  return `${minimum ?? "…"} to ${maximum ?? "…"}`;
}

/** @param {Node[]} nodes @param {string} between */
function joined(nodes, between) {
  return h(
    "span",
    null,
    nodes.flatMap((node, i) => (i ? [between, node] : [node])),
  );
}
