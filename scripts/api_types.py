"""Writes the front end's types from the studio's schemas: src/editgan/studio/web/api.d.ts.

scripts/api_types.py            writes the file
scripts/api_types.py --check    fails if it is stale
"""

import inspect
import sys
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from editgan.studio import schemas

FILE = Path(__file__).parents[1] / "src/editgan/studio/web/api.d.ts"
HEADER = "// Made by scripts/api_types.py from studio/schemas.py; do not edit.\n\n"
SIMPLE = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def declarations() -> str:
    """One interface for each message, as the server sends it."""
    messages = [
        value
        for value in vars(schemas).values()
        if inspect.isclass(value) and issubclass(value, schemas.Message) and value.model_fields
    ]
    _, found = models_json_schema([(message, "serialization") for message in messages])
    return HEADER + "\n".join(_interface(name, schema) for name, schema in found["$defs"].items())


def _interface(name: str, schema: dict[str, Any]) -> str:
    lines = [f"/** {schema['description'].splitlines()[0]} */", f"export interface {name} {{"]
    lines += [f"  {field}: {_type(value)};" for field, value in schema.get("properties", {}).items()]
    return "\n".join([*lines, "}", ""])


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema or "const" in schema:
        return " | ".join(f'"{value}"' for value in schema.get("enum", [schema.get("const")]))
    if "anyOf" in schema:
        return " | ".join(map(_type, schema["anyOf"]))
    if schema.get("type") == "array":
        if "prefixItems" in schema:
            return f"[{', '.join(map(_type, schema['prefixItems']))}]"
        inner = _type(schema["items"])
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties") or next(iter(schema["patternProperties"].values()))
        return f"Record<string, {_type(values)}>"
    return SIMPLE[schema["type"]]


def main() -> None:
    """Writes or checks."""
    text = declarations()
    if "--check" in sys.argv[1:]:
        if not FILE.exists() or FILE.read_text() != text:
            sys.exit(f"{FILE} is stale; run scripts/api_types.py")
        return
    FILE.write_text(text)


if __name__ == "__main__":
    main()
