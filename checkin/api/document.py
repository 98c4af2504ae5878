"""The description of the interface as OpenAPI 3.1, made of the endpoints themselves."""

from typing import Any

from checkin.api.endpoints import ENDPOINTS, KEY, LONGEST_REASON, PREFIX, REASON, SCHEMAS, Endpoint
from checkin.api.models import SCOPES
from checkin.api.problems import JSON, PROBLEM_JSON

ABOUT = (
    "For the CDC's own systems: a token acts as the CDC does, and whoever reads people says why. Population data come "
    "in; visits never go out to others."
)
_SAYS = {
    400: "A parameter, header or the JSON is not as it should be.",
    401: "No token, or one that is unknown, expired or revoked.",
    403: "The token has not the scope.",
    404: "There is no such case, or no such lookup.",
    409: "It cannot be done as things are.",
    413: "The body is too large.",
    415: "The body is no JSON.",
    422: "A field of the body is not as it should be.",
    429: "Too many; Retry-After says how many seconds to wait.",
    500: "A fault of the server; nothing was done.",
    503: "The database does not answer.",
}
_HEADERS = {
    REASON: {
        "description": "Why these people are read; it stands in the log. Vietnamese letters in UTF-8, percent-encoded.",
        "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_REASON},
    },
    KEY: {
        "description": "Chosen by the sender, once for each case to open: sent again within 24 hours it opens none.",
        "schema": {"type": "string", "minLength": 8, "maxLength": 200, "pattern": "^[!-~]+$"},
    },
}


def document(origin: str) -> dict[str, Any]:
    """The document; `origin` is where this tier answers."""
    paths: dict[str, dict[str, Any]] = {}
    for one in ENDPOINTS:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "checkin", "version": "1", "description": ABOUT},
        "servers": [{"url": origin + PREFIX}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": f"Scopes: {', '.join(SCOPES)}."}
            },
        },
    }


def fails(one: Endpoint) -> list[int]:
    """The statuses with which a call may fail, in order."""
    of_body = (413, 415, 422) if one.body else ()
    return sorted({400, 401, 403, 429, 500, 503, *of_body, *one.fails})


def _operation(one: Endpoint) -> dict[str, Any]:
    parameters = [
        *({"name": "number", "in": "path", "required": True, "schema": {"type": "string"}} for _ in _in_path(one)),
        *({"name": name, "in": "query", "schema": schema} for name, schema in one.query.items()),
        *({"name": name, "in": "header", "required": True, **_HEADERS[name]} for name in headers(one)),
    ]
    body = {"requestBody": {"required": True, "content": _json(one.body)}} if one.body else {}
    return {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"Scope: `{one.scope}`. At most {one.a_minute} a minute and token.",
        "parameters": parameters,
        **body,
        "responses": {
            "201" if one.method == "POST" else "200": {"description": one.gives, "content": _json(one.gives)},
            **{
                str(status): {"description": _SAYS[status], "content": _json("Problem", PROBLEM_JSON)}
                for status in fails(one)
            },
        },
    }


def headers(one: Endpoint) -> list[str]:
    """The headers that a call must have besides that of the token."""
    return [*([REASON] if one.personal else []), *([KEY] if one.body else [])]


def _in_path(one: Endpoint) -> list[str]:
    return ["number"] if "{number}" in one.path else []


def _json(schema: str, kind: str = JSON) -> dict[str, Any]:
    return {kind: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
