"""The addresses of the interface. Each is declared in `endpoints`; here is what it does."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from checkin import clock, context, errors
from checkin.api import access, asked, endpoints, queries, reading, service
from checkin.api.document import document
from checkin.api.endpoints import ENDPOINTS, Endpoint
from checkin.api.problems import JSON, Problem, of_status
from checkin.api.shapes import Fault
from checkin.cases import opening
from checkin.cases import queries as cases
from checkin.cases.models import Case
from checkin.cases.opening import NotOpened, Who
from checkin.cases.service import CaseFacts
from checkin.contacts import queries as contacts
from checkin.contacts.models import Contact
from checkin.contacts.words import opened
from checkin.db import begin_writing, db
from checkin.errors import DomainError
from checkin.names import clean_name
from checkin.notices import queries as notices
from checkin.people.idnumbers import parse_id_number
from checkin.phones import normalise_phone
from checkin.web import TAKES_JSON, csrf

bp = Blueprint("api", __name__, url_prefix=endpoints.PREFIX)
# The document: what there is.
door = Blueprint("api_document", __name__, url_prefix=endpoints.PREFIX)
# No cookie opens anything here, and so none can be abused.
csrf.exempt(bp)
TAKES_JSON.update((bp.name, door.name))
# Also where no address is matched: a program that asks for what there is not gets no page.
bp.record(lambda setup: errors.speak(setup.app, "/api/", of_status))
USUAL_TITLE, USUAL_DISEASE = "Ca mở qua API", "covid-19"


@dataclass(frozen=True)
class Call:
    """What a call asks for, once it fits the document."""

    query: dict[str, Any]
    reason: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    sent: bytes = b""
    key: str = ""


Answer = tuple[dict[str, Any], int, dict[str, str]]


@door.get("/openapi.json")
def describe() -> ResponseReturnValue:
    return _json(document(context.config().public_origin))


def _view(endpoint: Endpoint, does: Callable[..., Answer]) -> Callable[..., Response]:
    def view(**in_path: str) -> Response:
        access.count(endpoint.a_minute)
        access.must_have(endpoint.scope)
        body, sent = asked.body(endpoint) if endpoint.body else ({}, b"")
        call = Call(
            query=asked.query(endpoint),
            reason=asked.reason() if endpoint.personal else "",
            body=body,
            sent=sent,
            key=asked.key() if endpoint.body else "",
        )
        return _json(*does(call, **in_path))

    return view


def list_cases(call: Call) -> Answer:
    after, limit, state = (call.query[name] for name in ("after", "limit", "state"))
    found = queries.cases(db.session(), after=after, limit=limit, state=state)
    more = {"state": state} if state else {}
    last = found[-1].seq if len(found) == limit else None
    return {"cases": [_facts(case) for case in found], "next": _next("/cases", last, limit=limit, **more)}, 200, {}


def open_case(call: Call) -> Answer:
    session, vault, now = begin_writing(), context.vault(), clock.now()
    facts, who = _facts_of(call.body), _who_of(call.body["person"])
    rules = context.rules(clock.today())
    try:
        opening.check(facts, list(rules["disease"]), clock.today())
    except DomainError as error:
        raise Problem("body", faults=[Fault(*UNFIT[error.reason])]) from None
    bearer = access.here()
    try:
        case_id = service.begin_call(session, vault, now=now, token_id=bearer.id, key=call.key, body=call.sent)
        if case_id is None:
            made = opening.open_known(session, vault, now=now, actor=bearer.actor, facts=facts, who=who, rules=rules)
            service.end_call(session, vault, token_id=bearer.id, key=call.key, case_id=made.id)
            case_id = made.id
        session.commit()
    except NotOpened as error:
        session.rollback()
        access.again()
        opening.sought(session, now=now, actor=bearer.actor, error=error)
        session.commit()
        if error.reason == "doubled":
            raise Problem("doubled", f"It is {error.known}.") from None
        people = [{"name": one.name, "birth_year": one.birth_year} for one in error.told]
        faults = [Fault("person.phone", NOT_ONE[error.reason].format(error.people))]
        raise Problem("person", faults=faults, more={"people": people} if people else {}) from None
    except DomainError:
        session.rollback()
        raise Problem("key-used") from None
    case = queries.case(session, case_id)
    if case is None:
        raise Problem("case")
    return _facts(case), 201, {"Location": f"{endpoints.PREFIX}/cases/{case.number}"}


def show_case(_call: Call, number: str) -> Answer:
    case, session = reading.case_of(number), db.session()
    kept, counts = cases.kept(session, case.id), contacts.counts(session, case.id, clock.now())
    more = {
        "kept": {"own": kept.own, "met": kept.met, "declarations": kept.declarations},
        "followed": {**counts.stages, "late": counts.late, "outside": counts.outside},
    }
    return _facts(case) | more, 200, {}


def list_contacts(call: Call, number: str) -> Answer:
    after, limit = call.query["after"], call.query["limit"]
    page = reading.contacts(number, call.reason, lookup=call.query["lookup"], first=after, limit=limit)
    last = after + limit if after + limit < page["total"] else None
    path = f"/cases/{page['case']}/contacts"
    return page | {"next": _next(path, last, limit=limit, lookup=page["lookup"])}, 200, {}


def list_followed(call: Call, number: str) -> Answer:
    limit, after = call.query["limit"], call.query["after"]
    last = UUID(after) if after else None
    case, found = reading.followed(
        number,
        call.reason,
        lambda session, case: [_followed(one) for one in queries.followed(session, case.id, after=last, limit=limit)],
    )
    more = found[-1]["id"] if len(found) == limit else None
    path = f"/cases/{case.number}/followed"
    return {"case": case.number, "contacts": found, "next": _next(path, more, limit=limit)}, 200, {}


def list_notices(_call: Call) -> Answer:
    session, now = db.session(), clock.now()
    listed = [*notices.in_force(session, now), *notices.past(session, now)]
    where = notices.places_of(session, listed)
    found = [
        {
            "number": one.number, "state": one.state_at(now), "severity": one.severity, "from": _moment(one.start),
            "to": _moment(one.end), "venue": where[one.id].name, "zone": where[one.id].zone,
            "commune": where[one.id].commune, "commune_code": where[one.id].commune_id, "words_vi": one.words_vi,
            "words_en": one.words_en, "published_at": _moment(one.published_at), "expires_at": _moment(one.expires_at),
            "withdrawn_at": _moment(one.withdrawn_at),
        }
        for one in listed
        if one.id in where
    ]  # fmt: skip
    return {"notices": found}, 200, {}


_DOES: dict[str, Callable[..., Answer]] = {
    does.__name__: does for does in (list_cases, open_case, show_case, list_contacts, list_followed, list_notices)
}
for _one in ENDPOINTS:
    bp.add_url_rule(_one.rule, _one.name, _view(_one, _DOES[_one.name]), methods=[_one.method])

UNFIT = {
    "disease": ("disease", "is none that the rules of today know"),
    "title": ("title", "must not be empty"),
    "begun": ("onset_on", "is needed, or sample_on"),
    "future": ("onset_on", "is still to come, or sample_on or isolated_on is"),
    "isolated": ("isolated_on", "is before both onset_on and sample_on"),
}
NOT_ONE = {
    "nobody": "nobody declared this",
    "several": "{} people declared this, see people: say which with name and birth_year, or id_number",
}


def _facts(case: Case) -> dict[str, Any]:
    return {
        "number": case.number, "title": case.title, "disease": case.disease, "state": case.state,
        "onset_on": _day(case.onset_on), "sample_on": _day(case.sample_on), "isolated_on": _day(case.isolated_on),
        "opened_at": _moment(case.opened_at), "linked": case.person_id is not None,
    }  # fmt: skip


def _followed(contact: Contact) -> dict[str, Any]:
    line = opened(context.vault(), contact)
    return {
        "id": str(contact.id),
        "name": line.full_name,
        "phone": "".join(line.phone.split()),
        "birth_year": line.birth_year,
        "home": line.home,
        "commune_code": contact.commune_id,
        "stage": contact.stage,
        "stage_at": _moment(contact.stage_at),
        "result": contact.result,
        "due_at": _moment(contact.due_at),
        "met_on": _day(contact.met_on),
        "quarantine_from": _day(contact.quarantine_from),
        "quarantine_until": _day(contact.quarantine_until),
    }


def _facts_of(body: dict[str, Any]) -> CaseFacts:
    def day(name: str) -> date | None:
        return date.fromisoformat(body[name]) if body.get(name) else None

    return CaseFacts(
        title=clean_name(body.get("title", USUAL_TITLE)),
        disease=body.get("disease", USUAL_DISEASE),
        onset_on=day("onset_on"),
        sample_on=day("sample_on"),
        isolated_on=day("isolated_on"),
    )


def _who_of(person: dict[str, Any]) -> Who:
    name, birth_year, id_number = (person.get(part) for part in ("name", "birth_year", "id_number"))
    if bool(name) != bool(birth_year):
        raise Problem("body", faults=[Fault("person.birth_year", "goes together with person.name")])
    at = "person.phone"
    try:
        phone = normalise_phone(person["phone"])
        at = "person.id_number"
        number = parse_id_number(id_number).value if id_number else ""
    except ValueError as error:
        # The reason is a word of ours, never what was sent.
        raise Problem("body", faults=[Fault(at, f"is no such number: {error}")]) from None
    return Who(phone=phone, name=clean_name(name or ""), birth_year=birth_year, id_number=number)


def _next(path: str, after: object, **more: object) -> str | None:
    if after is None:
        return None
    return f"{endpoints.PREFIX}{path}?{urlencode({'after': after, **more})}"


def _moment(moment: datetime | None) -> str | None:
    return clock.local_text(moment) if moment else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _json(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, headers, content_type=JSON)


@bp.errorhandler(Problem)
def _problem(problem: Problem) -> Response:
    return problem.answer()
