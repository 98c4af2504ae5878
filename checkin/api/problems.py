"""What goes wrong, for a program: `application/problem+json` (RFC 9457), with the fields that are at fault."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response
from werkzeug.http import HTTP_STATUS_CODES

from checkin.api.shapes import Fault

JSON, PROBLEM_JSON = "application/json", "application/problem+json"
TITLES = {
    "token": (401, "No token that opens this"),
    "scope": (403, "The token has not the scope that this needs"),
    "reason": (400, "A reason is needed"),
    "query": (400, "The query of the address is not as it should be"),
    "body": (422, "The body is not as it should be"),
    "json": (400, "The body is no JSON"),
    "type": (415, "The body must be application/json"),
    "large": (413, "The body is too large"),
    "key": (400, "An Idempotency-Key is needed"),
    "key-used": (409, "This Idempotency-Key was used for another request"),
    "case": (404, "There is no such case"),
    "lookup": (404, "There is no such lookup of this token and case"),
    "unlinked": (409, "It is not known who the case is"),
    "person": (422, "Not one person declared this"),
    "doubled": (409, "This person is an open case already"),
    "too-many": (429, "Too many requests"),
}


class Problem(Exception):
    """A request that cannot be answered, and why: a word of TITLES."""

    def __init__(
        self, kind: str, detail: str = "", faults: Sequence[Fault] = (), headers: dict[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(kind)
        self.kind, self.detail, self.faults, self.headers, self.more = kind, detail, faults, headers or {}, more or {}

    def answer(self) -> Response:
        """What is sent."""
        status, title = TITLES[self.kind]
        return _written(status, self.kind, title, self.detail, self.faults, self.headers, self.more)


def of_status(status: int) -> Response:
    """The same for what went wrong before or beside an address of the interface: nothing there, the wrong method, too
    many, the database away, a fault of ours."""
    if status == 503:
        return _written(503, "database", "The database does not answer")
    if status == 429:
        return Problem("too-many").answer()
    return _written(status, "http", HTTP_STATUS_CODES.get(status, "Error"))


def _written(
    status: int, kind: str, title: str, detail: str = "", faults: Sequence[Fault] = (),
    headers: dict[str, str] | None = None, more: Mapping[str, Any] | None = None,
) -> Response:  # fmt: skip
    body: dict[str, Any] = {"type": f"urn:checkin:problem:{kind}", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    if faults:
        body["errors"] = [{"field": fault.field, "detail": fault.detail} for fault in faults]
    body |= more or {}
    return Response(json.dumps(body, ensure_ascii=False), status, headers, content_type=PROBLEM_JSON)
