"""What there is under /api/v1: each address once, for the routes, the checks of what is sent, and the document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from checkin.api.models import CASES_READ, CASES_WRITE, CONTACTS, EXPOSURE, NOTICES
from checkin.cases.models import STATES
from checkin.exposure.scoring import BANDS

PREFIX = "/api/v1"
# Of people a page holds so many at most.
MOST = 200
CASES_A_MINUTE, PEOPLE_A_MINUTE, OPENED_A_MINUTE = 120, 60, 30
# Where a reason is given; Vietnamese letters as UTF-8, percent-encoded or as they are.
REASON, KEY = "X-Reason", "Idempotency-Key"
LONGEST_REASON = 200

Schema = dict[str, Any]


def _text(most: int, **more: Any) -> Schema:
    return {"type": "string", "maxLength": most, **more}


def _object(**properties: Schema) -> Schema:
    """An object with these fields, none of them left out, and no others."""
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False,
    }  # fmt: skip


def _needs(names: str, schema: Schema) -> Schema:
    """The same where these fields alone are needed."""
    return {**schema, "required": names.split()}


def _list(of: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{of}"}}


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


DAY, MOMENT, ANY, COUNT = (
    {"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}, {"type": "string"},
    {"type": "integer", "minimum": 0},
)  # fmt: skip
SCORE = {"type": "integer", "minimum": 0, "maximum": 100}
LINK = _or_null({"type": "string", "description": "The next page; null on the last one."})
_FACTS: dict[str, Schema] = {
    "number": {"type": "string", "description": "Such as F0-0187."},
    "title": {"type": "string", "description": "What staff call the case; never who it is."},
    "disease": ANY,
    "state": {"type": "string", "enum": list(STATES)},
    "onset_on": _or_null(DAY),
    "sample_on": _or_null(DAY),
    "isolated_on": _or_null(DAY),
    "opened_at": MOMENT,
    "linked": {"type": "boolean", "description": "Whether it is known here who the case is."},
}
SCHEMAS: dict[str, Schema] = {
    "Case": _object(**_FACTS),
    "CaseFile": _object(
        **_FACTS,
        kept=_object(own=COUNT, met=COUNT, declarations=COUNT),
        followed=_object(call=COUNT, f1=COUNT, f2=COUNT, **{"not": COUNT}, late=COUNT, outside=COUNT),
    ),
    "Cases": _object(cases=_list("Case"), next=LINK),
    "NewCase": _needs("person", _object(
        person=_needs("phone", _object(
            phone=_text(40, minLength=1, description="A number that the person declared."),
            name=_or_null(_text(120, description="Where several people share the number; with the year of birth.")),
            birth_year=_or_null({"type": "integer", "minimum": 1850, "maximum": 2150}),
            id_number=_or_null(_text(20, description="Of a citizen card or passport, where several share the phone.")),
        )),
        title=_text(120, minLength=1, description="What staff call the case; never the person's name."),
        disease=_text(24),
        onset_on=_or_null(DAY),
        sample_on=_or_null({**DAY, "description": "One of both days is needed."}),
        isolated_on=_or_null(DAY),
    )),
    "Encounter": _object(
        venue_code=_or_null(ANY),
        zone=_or_null(ANY),
        **{"from": MOMENT, "to": MOMENT},
        recorded={"type": "boolean", "description": "Whether `to` was recorded; else the latest there can be."},
    ),
    # Both scores: where the disease goes from person to person.
    "Person": _needs("rank name phone certain_minutes possible_minutes encounters", _object(
        rank={"type": "integer", "minimum": 1}, name=ANY, phone=ANY, certain_minutes=COUNT, possible_minutes=COUNT,
        encounters=_list("Encounter"),
        exposure=_object(
            score=SCORE, band={"type": "string", "enum": list(BANDS)}, reasons={"type": "array", "items": ANY}
        ),
        urgency=_object(score=SCORE, reasons={"type": "array", "items": ANY}, may_be_source={"type": "boolean"}),
    )),
    "People": _object(
        case=ANY,
        lookup={"type": "string", "description": "Under which the list stands on record, such as TC-000412."},
        total=COUNT,
        contacts=_list("Person"),
        next=LINK,
    ),
    "Followed": _object(
        id={"type": "string", "format": "uuid"},
        name={"type": "string", "description": "Empty where it cannot be read."},
        phone=ANY,
        birth_year=_or_null({"type": "integer"}),
        home=ANY,
        commune_code=_or_null({"type": "string", "description": "Whose station calls; null: the CDC does."}),
        stage={"type": "string", "enum": ["call", "f1", "f2", "not"]},
        stage_at=MOMENT,
        result=_or_null({"type": "string", "description": "Of the last call: reached, not_reached, refused, moved."}),
        due_at=MOMENT,
        met_on=DAY,
        quarantine_from=_or_null(DAY),
        quarantine_until=_or_null(DAY),
    ),
    "FollowedPeople": _object(case=ANY, contacts=_list("Followed"), next=LINK),
    "Notice": _object(
        number=ANY,
        state={"type": "string", "enum": ["published", "withdrawn", "expired"]},
        severity={"type": "string", "enum": ["inform", "watch", "test", "stay_home"]},
        **{"from": MOMENT, "to": MOMENT},
        venue=ANY, zone=_or_null(ANY), commune=ANY, commune_code=ANY, words_vi=ANY, words_en=_or_null(ANY),
        published_at=_or_null(MOMENT), expires_at=_or_null(MOMENT), withdrawn_at=_or_null(MOMENT),
    ),
    "Notices": _object(notices=_list("Notice")),
    "Candidate": _object(
        name={"type": "string", "description": "Shortened; empty where it cannot be read."},
        birth_year=_or_null({"type": "integer"}),
    ),
    # The people: where several share what was told of one.
    "Problem": _needs("type title status", _object(
        type={"type": "string", "description": "urn:checkin:problem: and a word that stays the same."},
        title=ANY, status={"type": "integer"}, detail=ANY,
        errors={"type": "array", "items": _object(field=ANY, detail=ANY)},
        people=_list("Candidate"),
    )),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An address and method: who may call it, what it takes and gives."""

    name: str
    method: str
    # Below PREFIX, as the document writes it.
    path: str
    summary: str
    scope: str
    # Names of schemas.
    gives: str
    body: str = ""
    query: Mapping[str, Schema] = field(default_factory=dict)
    # Reads who somebody is: wants a reason, and leaves an entry in the log before the first row.
    personal: bool = False
    a_minute: int
    fails: tuple[int, ...] = ()

    @property
    def rule(self) -> str:
        """The address as Flask writes it."""
        return self.path.replace("{", "<").replace("}", ">")


_LIMIT: Schema = {"type": "integer", "minimum": 1, "maximum": MOST, "default": 100}
_AFTER: Schema = {"type": "integer", "minimum": 0, "default": 0}
ENDPOINTS = (
    Endpoint(
        name="list_cases", method="GET", path="/cases", scope=CASES_READ, gives="Cases", a_minute=CASES_A_MINUTE,
        summary="The line list of cases, in the order they were opened; nobody's name is in it.",
        query={
            "after": {**_AFTER, "description": "Cases opened after this one: the figures of its number."},
            "limit": _LIMIT,
            "state": {"type": "string", "enum": list(STATES)},
        },
    ),
    Endpoint(
        name="open_case", method="POST", path="/cases", scope=CASES_WRITE, gives="Case", body="NewCase",
        summary="Open a confirmed case of a person whom the store knows, and keep what belongs to it.",
        a_minute=OPENED_A_MINUTE, fails=(409,),
    ),
    Endpoint(
        name="show_case", method="GET", path="/cases/{number}", scope=CASES_READ, gives="CaseFile", fails=(404,),
        summary="A case, how much is kept for it, and how many of its contacts stand where.", a_minute=CASES_A_MINUTE,
    ),
    Endpoint(
        name="list_contacts", method="GET", path="/cases/{number}/contacts", scope=EXPOSURE, gives="People",
        summary="Whom the case can have met, ranked, with where and when. The first page begins a lookup and brings "
        "what is kept up to date; `next` leads through that same list.",
        query={
            "lookup": {"type": "string", "maxLength": 12, "description": "The lookup that the first page began."},
            "after": {**_AFTER, "description": "The last rank of the page before."},
            "limit": _LIMIT,
        },
        personal=True, a_minute=PEOPLE_A_MINUTE, fails=(404, 409),
    ),
    Endpoint(
        name="list_followed", method="GET", path="/cases/{number}/followed", scope=CONTACTS, gives="FollowedPeople",
        summary="Contacts who were given to stations to call: stage, result of the last call, quarantine.",
        query={
            "after": {"type": "string", "format": "uuid", "description": "The last id of the page before."},
            "limit": _LIMIT,
        },
        personal=True, a_minute=PEOPLE_A_MINUTE, fails=(404,),
    ),
    Endpoint(
        name="list_notices", method="GET", path="/notices", scope=NOTICES, gives="Notices", a_minute=CASES_A_MINUTE,
        summary="Public notices: what is in force, then up to fifty that were withdrawn or have expired.",
    ),
)  # fmt: skip
