"""What a call asks for, checked against the document: its query, headers and body."""

import json
from typing import Any, NoReturn
from urllib.parse import unquote

from flask import request

from checkin.api import shapes
from checkin.api.endpoints import KEY, LONGEST_REASON, REASON, SCHEMAS, Endpoint
from checkin.api.problems import JSON, Problem
from checkin.api.shapes import Fault

MOST_BODY = 16 * 1024
SHORTEST_KEY, LONGEST_KEY = 8, 200


def query(endpoint: Endpoint) -> dict[str, Any]:
    """The parameters of the address, by name, with what stands for one that was not sent; None where nothing does."""
    found: list[Fault] = []
    values = {name: schema.get("default") for name, schema in endpoint.query.items()}
    for name, sent in request.args.lists():
        schema = endpoint.query.get(name)
        if schema is None:
            # Nothing personal belongs in an address, and so nothing of it is repeated.
            there = ", ".join(endpoint.query) or "none"
            found.append(Fault("query", f"has a parameter that there is not; there are: {there}"))
        elif len(sent) > 1:
            found.append(Fault(name, "is there more than once"))
        else:
            values[name] = shapes.from_text(schema, sent[0])
            found += shapes.faults(schema, values[name], SCHEMAS, name)
    if found:
        raise Problem("query", faults=found[: shapes.MOST_FAULTS])
    return values


def reason() -> str:
    """Why these people are read."""
    sent = request.headers.get(REASON, "")
    try:
        # A header is bytes, given to us as Latin letters: in it stands UTF-8, as it is or percent-encoded.
        text = unquote(sent.encode("latin-1").decode(), errors="strict").strip()
    except ValueError:
        raise Problem("reason", faults=[Fault(REASON, "must be UTF-8, percent-encoded or as it is")]) from None
    if not text or len(text) > LONGEST_REASON or not text.isprintable():
        why = f"must be a text of 1 to {LONGEST_REASON} characters that says why these people are read"
        raise Problem("reason", faults=[Fault(REASON, why)])
    return text


def key() -> str:
    """Under which the sender keeps this request."""
    sent = request.headers.get(KEY, "")
    if not SHORTEST_KEY <= len(sent) <= LONGEST_KEY or not all("!" <= letter <= "~" for letter in sent):
        raise Problem("key", faults=[Fault(KEY, f"must be {SHORTEST_KEY} to {LONGEST_KEY} visible ASCII characters")])
    return sent


def body(endpoint: Endpoint) -> tuple[dict[str, Any], bytes]:
    """The body as the document describes it, and as it was sent."""
    if request.mimetype != JSON:
        raise Problem("type")
    data = request.get_data()
    if len(data) > MOST_BODY:
        raise Problem("large", f"At most {MOST_BODY} bytes.")
    try:
        value = json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Problem("json") from None
    found = shapes.faults(SCHEMAS[endpoint.body], value, SCHEMAS, "")
    if found:
        raise Problem("body", faults=[Fault(one.field or "body", one.detail) for one in found])
    return value, data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object each of whose fields is there once: else two readers take it for two different things."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _no_number(_text: str) -> NoReturn:
    raise ValueError
