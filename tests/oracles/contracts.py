"""What OpenAPI 3.1 and JSON Schema (2020-12) say of a description and of an answer, as far as ours uses them.

Written from the two specifications; a word that is not known here is an error, so that nothing passes unlooked at.
"""

import re
from datetime import date, datetime
from uuid import UUID

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
TYPES = {"object", "array", "string", "boolean", "integer", "number", "null"}
KEYWORDS = {
    "type", "properties", "required", "additionalProperties", "items", "enum", "$ref", "minimum", "maximum",
    "minLength", "maxLength", "pattern", "format", "description", "default",
}  # fmt: skip
FORMATS = {
    "date": lambda text: re.fullmatch(r"\d{4}-\d\d-\d\d", text) and date.fromisoformat(text),
    # With its offset (RFC 3339).
    "date-time": lambda text: re.search(r"(Z|[+-]\d\d:\d\d)$", text) and datetime.fromisoformat(text),
    "uuid": lambda text: re.fullmatch(r"[0-9a-f-]{36}", text) and UUID(text),
}


def resolved(document, schema):
    """What a reference within the document leads to."""
    while "$ref" in schema:
        assert set(schema) == {"$ref"} and schema["$ref"].startswith("#/"), schema
        found = document
        for part in schema["$ref"][2:].split("/"):
            found = found[part]
        schema = found
    return schema


def misfits(document, schema, value, at="$"):
    """What of a value is not as the schema says, as texts; none for one that fits."""
    schema = resolved(document, schema)
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    kind = kind_of(value)
    if kind not in kinds and not (kind == "integer" and "number" in kinds):
        return [f"{at} is {kind}, not {kinds}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at} is none of {schema['enum']}")
    if kind == "object":
        found += [f"{at}.{name} is missing" for name in schema.get("required", ()) if name not in value]
        for name, one in value.items():
            if name in schema.get("properties", {}):
                found += misfits(document, schema["properties"][name], one, f"{at}.{name}")
            elif schema.get("additionalProperties", True) is False:
                found.append(f"{at}.{name} is not described")
    elif kind == "array":
        for number, one in enumerate(value):
            found += misfits(document, schema["items"], one, f"{at}[{number}]")
    elif kind == "string":
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            found.append(f"{at} is {len(value)} letters long")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            found.append(f"{at} does not match {schema['pattern']}")
        if "format" in schema and not _has_format(schema["format"], value):
            found.append(f"{at} is no {schema['format']}")
    elif kind in {"integer", "number"} and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        found.append(f"{at} is {value}")
    return found


def kind_of(value):
    """The JSON type of a value."""
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    return "null" if value is None else kinds[type(value)]


def _has_format(name, value):
    try:
        return bool(FORMATS[name](value))
    except ValueError:
        return False


def check(document):
    """Fails where a document is no OpenAPI 3.1, or has a part that is not looked at here."""
    _has(document, "openapi info paths", "servers security components")
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    _has(document["info"], "title version", "description")
    for server in document["servers"]:
        _has(server, "url", "description")
    components = document["components"]
    _has(components, "", "schemas securitySchemes")
    for name, schema in components["schemas"].items():
        assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
        _schema(document, schema)
    for scheme in components["securitySchemes"].values():
        _has(scheme, "type scheme", "description bearerFormat")
        assert scheme["type"] == "http"
    for needed in document["security"]:
        assert set(needed) <= set(components["securitySchemes"])
    ids = []
    for path, item in document["paths"].items():
        assert path.startswith("/") and set(item) <= METHODS, path
        for operation in item.values():
            _operation(document, path, operation)
            ids.append(operation["operationId"])
    assert len(ids) == len(set(ids))


def _operation(document, path, operation):
    _has(operation, "operationId responses", "summary description parameters requestBody")
    there = [(one["in"], one["name"]) for one in operation["parameters"]]
    assert len(there) == len(set(there))
    in_path = {name for where, name in there if where == "path"}
    assert in_path == set(re.findall(r"\{(.+?)\}", path)), path
    for one in operation["parameters"]:
        _has(one, "name in schema", "required description")
        assert one["in"] in {"path", "query", "header"} and (one["in"] != "path" or one["required"] is True)
        # OpenAPI passes over parameters with these names.
        assert one["name"].lower() not in {"accept", "content-type", "authorization"}
        _schema(document, one["schema"])
    if "requestBody" in operation:
        _has(operation["requestBody"], "content", "required description")
        _content(document, operation["requestBody"]["content"])
    assert operation["responses"]
    for status, response in operation["responses"].items():
        assert re.fullmatch(r"[1-5]\d\d|default", status)
        _has(response, "description", "content headers")
        _content(document, response.get("content", {}))


def _content(document, content):
    for kind, media in content.items():
        assert re.fullmatch(r"[a-z]+/[a-z+-]+", kind)
        _has(media, "schema", "")
        _schema(document, media["schema"])


def _schema(document, schema):
    assert set(schema) <= KEYWORDS, set(schema) - KEYWORDS
    if "$ref" in schema:
        resolved(document, schema)
        return
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    assert kinds and set(kinds) <= TYPES and len(set(kinds)) == len(kinds)
    assert schema.get("format", "date") in FORMATS and re.compile(schema.get("pattern", ""))
    properties = schema.get("properties", {})
    assert set(schema.get("required", ())) <= set(properties)
    for one in properties.values():
        _schema(document, one)
    if "array" in kinds:
        _schema(document, schema["items"])
    if "default" in schema:
        assert misfits(document, {k: v for k, v in schema.items() if k != "default"}, schema["default"]) == []
    if "enum" in schema:
        assert schema["enum"] and len(set(schema["enum"])) == len(schema["enum"])


def _has(thing, needed, allowed):
    needed, allowed = set(needed.split()), set(allowed.split())
    assert needed <= set(thing) <= needed | allowed, (set(thing), needed)
