"""Whether a value has the shape that the document promises: the part of JSON Schema that the document uses."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

Schema = Mapping[str, Any]
_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "null": type(None),
}  # fmt: skip
_FORMATS: dict[str, Callable[[str], object]] = {
    "date": date.fromisoformat,
    "date-time": datetime.fromisoformat,
    "uuid": UUID,
}
# More of them helps nobody who reads them.
MOST_FAULTS = 20


@dataclass(frozen=True)
class Fault:
    """A field, as `person.phone`, the name of a query's parameter or of a header, and what is wrong with it."""

    field: str
    detail: str


def faults(schema: Schema, value: object, known: Mapping[str, Schema], field: str = "") -> list[Fault]:
    """What is wrong with a value, none for one that fits; `known` are the schemas that references name."""
    found = []
    for fault in _faults(schema, value, known, field):
        found.append(fault)
        if len(found) == MOST_FAULTS:
            break
    return found


def from_text(schema: Schema, text: str) -> object:
    """A parameter of an address as its schema means it; text stays text where it is none of that."""
    if schema.get("type") == "integer" and re.fullmatch(r"\d{1,9}", text, re.ASCII):
        return int(text)
    return text


def _faults(schema: Schema, value: object, known: Mapping[str, Schema], field: str) -> Iterator[Fault]:
    if "$ref" in schema:
        schema = known[schema["$ref"].rpartition("/")[2]]
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(_is(kind, value) for kind in kinds):
        yield Fault(field, f"must be {' or '.join(kinds)}")
    elif isinstance(value, dict):
        yield from _of_object(schema, value, known, field)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _faults(schema["items"], one, known, f"{field}[{number}]")
    elif isinstance(value, str):
        yield from _of_text(schema, value, field)
    elif isinstance(value, int) and not isinstance(value, bool):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        if not low <= value <= high:
            yield Fault(field, f"must be between {low} and {high}")


def _is(kind: str, value: object) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _of_object(schema: Schema, value: dict[str, object], known: Mapping[str, Schema], field: str) -> Iterator[Fault]:
    properties, before = schema["properties"], f"{field}." if field else ""
    for name in schema.get("required", ()):
        if name not in value:
            yield Fault(before + name, "is missing")
    for name, one in value.items():
        if name in properties:
            yield from _faults(properties[name], one, known, before + name)
        else:
            # Not the name that was sent: whatever stands in it would come back, and into logs of who asked.
            yield Fault(field or "body", f"has a field that there is not; there are {', '.join(properties)}")


def _of_text(schema: Schema, value: str, field: str) -> Iterator[Fault]:
    if len(value) > schema.get("maxLength", len(value)):
        yield Fault(field, f"must be at most {schema['maxLength']} characters long")
    elif len(value.strip()) < schema.get("minLength", 0):
        yield Fault(field, "must not be empty")
    elif not value.isprintable():
        yield Fault(field, "must be text without control characters")
    elif "enum" in schema and value not in schema["enum"]:
        yield Fault(field, f"must be one of {', '.join(schema['enum'])}")
    elif "pattern" in schema and not re.search(schema["pattern"], value):
        yield Fault(field, f"must match {schema['pattern']}")
    elif schema.get("format") in _FORMATS and not _parses(schema["format"], value):
        yield Fault(field, f"must be a {schema['format']}, such as {EXAMPLES[schema['format']]}")


EXAMPLES = {
    "date": "2026-11-20",
    "date-time": "2026-11-20T10:30:00+07:00",
    "uuid": "01936d3c-8f00-7abc-8def-0123456789ab",
}


def _parses(kind: str, value: str) -> bool:
    if kind == "date" and not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        return False  # the library also reads weeks
    try:
        _FORMATS[kind](value)
    except ValueError:
        return False
    return True
