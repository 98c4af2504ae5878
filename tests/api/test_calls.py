"""Every address of the interface as everybody: what a token opens, what is sent back, and what stands in the log."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock, scope
from checkin.api import service, shapes
from checkin.api.document import document, fails
from checkin.api.endpoints import ENDPOINTS, PREFIX, SCHEMAS
from checkin.api.models import SCOPES, ApiCall, ApiToken
from checkin.audit.entry import Actor
from checkin.audit.models import AuditEntry
from checkin.cases import queries as cases
from checkin.cases.models import Case
from checkin.contacts import service as contacts
from checkin.contacts.words import details_of
from checkin.db import db
from checkin.exposure.models import Lookup
from checkin.ids import new_id
from checkin.venues.models import Venue
from checkin.web import limiter
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ACTOR = Actor.command("tests")
ONSET = str((NOW - DAY).date())
NEW = {"person": {"phone": "0912 345 678"}, "onset_on": ONSET, "title": "Ca từ hệ thống tỉnh"}
WHY = {"X-Reason": "Truy v%E1%BA%BFt"}


def token(session, *scopes, days=30, now=NOW):
    scope.enter(session, scope.SYSTEM)
    made, secret = service.create(
        session, now=now, actor=ACTOR, name="Hệ thống tỉnh", scopes=scopes or SCOPES, days=days
    )
    factories.commit()
    return made.id, secret


def shop(app):
    """Ánh Tuyết and Hưng at one market."""
    session, vault = db.session(), vault_of(app)
    market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
    factories.check_in(app, session, vault, market, cast.healthy(cast.NEIGHBOUR), at=NOW - 2 * DAY - HOUR)
    factories.check_in(app, session, vault, market, cast.coughing(), at=NOW - 2 * DAY)
    factories.commit()


def given(app, number="F0-0001"):
    """Hưng and another one given to a station."""
    session, vault = db.session(), vault_of(app)
    officer = factories.account(session, vault, "cdc", cast.CDC)
    case = cases.by_number(session, number)
    scope.bind(session, case.id)
    for name in ("Trần Văn Hưng", "Lê Thị Na"):
        person = new_id(NOW)
        details = details_of(name=name, phone="0904 118 226", birth_year=1971, home="Hà Tu", met=[])
        one = contacts.Given(person, factories.HA_TU, NOW.date(), details)
        contacts.assign(
            session, vault, now=NOW, actor=officer.actor, case=case, people=[one], rules=factories.rules(app)
        )
    factories.commit()


@pytest.fixture
def api(world):
    """What calls the interface: `api(method, path, secret, **more)`."""
    app = world.app()
    with inside(app):
        shop(app)
        app.secret = token(db.session())[1]
    client = app.test_client()

    def call(method, path, secret=None, *, headers=None, **more):
        shown = {"Authorization": f"Bearer {app.secret if secret is None else secret}"} if secret != "" else {}
        with clock.fixed(NOW):
            return client.open(PREFIX + path, method=method, headers={**shown, **(headers or {})}, **more)

    call.app = app
    return call


def opened(api, body=NEW, key="khoa-so-0001", **more):
    return api("POST", "/cases", json=body, headers={"Idempotency-Key": key}, **more)


def entries(session):
    rows = sa.select(
        AuditEntry.action, AuditEntry.actor, AuditEntry.case_number, AuditEntry.reason, AuditEntry.rows
    ).order_by(AuditEntry.seq)
    return [tuple(row) for row in session.execute(rows.order_by(AuditEntry.seq))]


def fits(answer, schema):
    assert shapes.faults(SCHEMAS[schema], answer.json, SCHEMAS) == [], answer.json


def test_a_case_is_opened_read_and_its_people_listed_with_an_entry_before_each(api):
    answer = opened(api)
    assert (answer.status_code, answer.location) == (201, "/api/v1/cases/F0-0001"), answer.text
    fits(answer, "Case")
    assert answer.json["linked"] and answer.json["onset_on"] == ONSET and answer.json["state"] == "confirmed"
    listed = api("GET", "/cases")
    fits(listed, "Cases")
    assert [case["number"] for case in listed.json["cases"]] == ["F0-0001"] and listed.json["next"] is None
    file = api("GET", "/cases/f0-1")
    fits(file, "CaseFile")
    assert file.json["kept"] == {"own": 1, "met": 1, "declarations": 2}
    people = api("GET", "/cases/F0-0001/contacts", headers=WHY)
    fits(people, "People")
    (hung,) = people.json["contacts"]
    assert (hung["rank"], hung["name"], hung["phone"]) == (1, "Trần Văn Hưng", "0904118226") and hung["encounters"]
    assert people.json["total"] == 1 and people.json["next"] is None
    with inside(api.app):
        given(api.app)
    followed = api("GET", "/cases/F0-0001/followed", headers=WHY)
    fits(followed, "FollowedPeople")
    assert {one["name"] for one in followed.json["contacts"]} == {"Trần Văn Hưng", "Lê Thị Na"}
    assert {one["stage"] for one in followed.json["contacts"]} == {"call"}
    with inside(api.app):
        said = [entry for entry in entries(db.session()) if entry[1].startswith("API")]
        name = "API: Hệ thống tỉnh"
        assert said == [
            ("case.open", name, "F0-0001", None, None),
            ("case.link", name, "F0-0001", None, None),
            ("case.freeze", name, "F0-0001", None, 2),
            ("lookup.case", name, "F0-0001", "Truy vết", None),
            ("case.freeze", name, "F0-0001", None, 2),
            ("lookup.read", name, "F0-0001", "Truy vết", None),
            ("lookup.shown", name, "F0-0001", "Truy vết", 1),
            ("case.contacts", name, "F0-0001", "Truy vết", None),
            ("case.contacts", name, "F0-0001", "Truy vết", 2),
        ]


CALLS = {
    "list_cases": ("/cases", {}),
    "open_case": ("/cases", {"json": NEW, "headers": {"Idempotency-Key": "khoa-so-0002"}}),
    "show_case": ("/cases/F0-0001", {}),
    "list_contacts": ("/cases/F0-0001/contacts", {"headers": WHY}),
    "list_followed": ("/cases/F0-0001/followed", {"headers": WHY}),
    "list_notices": ("/notices", {}),
}


def test_each_address_opens_for_its_scope_alone_and_for_no_token_that_is_gone(sqlite):
    app = sqlite.app()
    with inside(app):
        session = db.session()
        shop(app)
        factories.account(session, vault_of(app), "cdc", cast.CDC)
        secrets = {"": "", "unknown": "checkin_" + "x" * 43, "no token of ours": "Basic", "letters": "checkin_ố"}
        secrets["expired"] = token(session, now=NOW - 40 * DAY)[1]
        gone, secrets["revoked"] = token(session)
        scope.enter(session, scope.SYSTEM)
        service.revoke(session, now=NOW, actor=ACTOR, token_id=gone)
        factories.commit()
        by_scope = {one: token(session, one)[1] for one in SCOPES}
        case = factories.case(session)
        factories.commit()
        assert case.number == "F0-0001"
    signed_in = app.test_client()
    with clock.fixed(NOW):
        factories.sign_in(signed_in, cast.CDC)
    client = app.test_client()
    before = sums(app)
    for endpoint in ENDPOINTS:
        path, more = CALLS[endpoint.name]
        sent = {**more.get("headers", {})}
        body = {"json": more["json"]} if "json" in more else {}
        with clock.fixed(NOW):
            for kind, secret in secrets.items():
                shown = {"Authorization": f"Bearer {secret}".encode().decode("latin-1")} if secret else {}
                answer = client.open(PREFIX + path, method=endpoint.method, headers={**sent, **shown}, **body)
                assert (endpoint.name, kind, answer.status_code) == (endpoint.name, kind, 401)
                assert answer.headers["WWW-Authenticate"].startswith("Bearer") and "Set-Cookie" not in answer.headers
                fits(answer, "Problem")
            # Nor does the session of an officer, nor a token in the address or body.
            answer = signed_in.open(f"{PREFIX}{path}", method=endpoint.method, headers=sent, **body)
            assert answer.status_code == 401
            url = f"{PREFIX}{path}?access_token={by_scope[endpoint.scope]}"
            assert client.open(url, method=endpoint.method, headers=sent, **body).status_code == 401
            for scope_of, secret in by_scope.items():
                if scope_of == endpoint.scope:
                    continue
                shown = {"Authorization": f"Bearer {secret}"}
                answer = client.open(PREFIX + path, method=endpoint.method, headers={**sent, **shown}, **body)
                assert (endpoint.name, scope_of, answer.status_code) == (endpoint.name, scope_of, 403)
                assert endpoint.scope in answer.headers["WWW-Authenticate"] and answer.content_type.startswith(
                    "application/problem+json"
                )
    assert sums(app) == before
    for endpoint in ENDPOINTS:
        path, more = CALLS[endpoint.name]
        shown = {"Authorization": f"Bearer {by_scope[endpoint.scope]}", **more.get("headers", {})}
        with clock.fixed(NOW):
            answer = client.open(
                PREFIX + path, method=endpoint.method, headers=shown, **{n: v for n, v in more.items() if n == "json"}
            )
        # Of the case at hand it is not known who it is.
        wanted = {"open_case": 201, "list_contacts": 409}.get(endpoint.name, 200)
        assert (endpoint.name, answer.status_code) == (endpoint.name, wanted), answer.text
        fits(answer, endpoint.gives if wanted < 400 else "Problem")


def sums(app):
    with inside(app):
        count = lambda table: db.session().scalar(sa.select(sa.func.count()).select_from(table))  # noqa: E731
        return [count(table) for table in (Case, Lookup, ApiCall)]


def test_a_token_is_revoked_at_once_and_its_use_is_noted(sqlite):
    app = sqlite.app()
    with inside(app):
        made, secret = token(db.session())
    client, shown = app.test_client(), {"Authorization": f"bearer  {secret}"}
    with clock.fixed(NOW):
        assert client.get(f"{PREFIX}/cases", headers=shown).status_code == 200
    with inside(app):
        one = db.session().get_one(ApiToken, made)
        assert one.used_at == NOW and secret.encode() not in one.token_hash and one.state(NOW + 31 * DAY) == "expired"
        scope.enter(db.session(), scope.SYSTEM)
        service.revoke(db.session(), now=NOW, actor=ACTOR, token_id=made)
        factories.commit()
    with clock.fixed(NOW):
        assert client.get(f"{PREFIX}/cases", headers=shown).status_code == 401


@pytest.fixture
def one(sqlite, request):
    """The interface on SQLite, with a case."""
    made = request.getfixturevalue("api_on_sqlite")
    assert opened(made).status_code == 201
    return made


@pytest.fixture
def api_on_sqlite(sqlite):
    app = sqlite.app()
    with inside(app):
        shop(app)
        app.secret = token(db.session())[1]
    client = app.test_client()

    def call(method, path, *, headers=None, **more):
        with clock.fixed(NOW):
            shown = {"Authorization": f"Bearer {app.secret}", **(headers or {})}
            return client.open(PREFIX + path, method=method, headers=shown, **more)

    call.app = app
    return call


def test_a_request_sent_again_opens_one_case(one):
    again = opened(one)
    assert (again.status_code, again.json["number"]) == (201, "F0-0001")
    other = opened(one, {**NEW, "title": "Khác"})
    assert (other.status_code, other.json["type"]) == (409, "urn:checkin:problem:key-used")
    doubled = opened(one, key="khoa-so-khac")
    assert (doubled.status_code, doubled.json["detail"]) == (409, "It is F0-0001.")
    # What was refused took no key.
    assert opened(one, key="khoa-so-khac").status_code == 409
    with inside(one.app):
        assert db.session().scalar(sa.select(sa.func.count()).select_from(ApiCall)) == 1
        assert [entry[0] for entry in entries(db.session()) if "sought" in entry[0]] == ["case.sought"] * 2


FAULTS = [
    ({}, ["person"]),
    ({"person": {}}, ["person.phone"]),
    ({"person": {"phone": "0912345678"}}, ["onset_on"]),
    (NEW | {"person": {"phone": "12"}}, ["person.phone"]),
    (NEW | {"person": {"phone": 912345678}}, ["person.phone"]),
    (NEW | {"person": {"phone": "0912345678", "id_number": "x"}}, ["person.id_number"]),
    (NEW | {"person": {"phone": "0912345678", "name": "An"}}, ["person.birth_year"]),
    (NEW | {"person": {"phone": "0909999999"}}, ["person.phone"]),
    (NEW | {"onset_on": "20/11/2026"}, ["onset_on"]),
    (NEW | {"onset_on": "2026-W47-5"}, ["onset_on"]),
    (NEW | {"onset_on": str((NOW + 2 * DAY).date())}, ["onset_on"]),
    (NEW | {"isolated_on": "2020-01-01"}, ["isolated_on"]),
    (NEW | {"disease": "plague"}, ["disease"]),
    (NEW | {"title": " \u200b "}, ["title"]),
    (NEW | {"title": "x" * 121}, ["title"]),
    (NEW | {"title": "a\u0000b"}, ["title"]),
    (NEW | {"title": "\ud800"}, ["title"]),
    (NEW | {"Nguyễn Văn A": 1}, ["body"]),
    (NEW | {"person": [1]}, ["person"]),
    ([NEW], ["body"]),
    (None, ["body"]),
]


def test_a_body_that_is_wrong_says_in_which_field_and_repeats_nothing(api_on_sqlite):
    headers = {"Idempotency-Key": "khoa-so-0001", "Content-Type": "application/json"}
    for body, fields in FAULTS:
        answer = api_on_sqlite("POST", "/cases", data=json.dumps(body), headers=headers)
        assert (answer.status_code, [fault["field"] for fault in answer.json["errors"]]) == (422, fields), body
        fits(answer, "Problem")
        assert "Nguyễn" not in answer.text and "909999999" not in answer.text
    assert sums(api_on_sqlite.app)[0] == 0


HOSTILE = [
    (b"", 400), (b"{", 400), (b"\xff\xfe", 400), (b"[" * 9000, 400), (b'{"person": NaN}', 400), (b"9" * 5000, 400),
    (b'{"title": "a", "title": "b"}', 400), (b'"' + b"a" * 20_000 + b'"', 413), (b" " * 2_000_000, 413),
]  # fmt: skip


def test_a_hostile_body_is_refused(api_on_sqlite):
    headers = {"Idempotency-Key": "khoa-so-0001", "Content-Type": "application/json"}
    for number, (body, status) in enumerate(HOSTILE):
        answer = api_on_sqlite("POST", "/cases", data=body, headers=headers)
        assert answer.status_code == status, number
        fits(answer, "Problem")


def test_what_is_no_json_or_comes_from_another_site_is_refused(api_on_sqlite):
    key = {"Idempotency-Key": "khoa-so-0001"}
    assert api_on_sqlite("POST", "/cases", data={"title": "x"}, headers=key).status_code == 415
    foreign = api_on_sqlite("POST", "/cases", json=NEW, headers=key | {"Origin": "https://evil.example"})
    assert foreign.status_code == 403 and foreign.content_type == "application/problem+json"
    assert api_on_sqlite("POST", "/cases", json=NEW).json["errors"][0]["field"] == "Idempotency-Key"
    for bad in ("ngắn", "x" * 201, "có dấu cách ở đây"):
        sent = {"Idempotency-Key": bad.encode().decode("latin-1")}
        assert api_on_sqlite("POST", "/cases", json=NEW, headers=sent).status_code == 400, bad


QUERIES = [
    ("/cases?limit=0", "limit"), ("/cases?limit=201", "limit"), ("/cases?limit=x", "limit"), ("/cases?after=-1", "after"),
    ("/cases?after=9999999999", "after"), ("/cases?state=dead", "state"), ("/cases?phone=0912345678", "query"),
    ("/cases?limit=1&limit=2", "limit"), ("/cases/F0-0001/followed?after=1", "after"), ("/notices?a=1", "query"),
    ("/cases/F0-0001/contacts?lookup=TC-00000000000000", "lookup"),
]  # fmt: skip


def test_a_query_that_is_wrong_says_in_which_parameter(one):
    for path, field in QUERIES:
        answer = one("GET", path, headers=WHY)
        assert (answer.status_code, [fault["field"] for fault in answer.json["errors"]]) == (400, [field]), path
        assert "0912345678" not in answer.text


def test_whoever_reads_people_says_why(one):
    for path in ("/cases/F0-0001/contacts", "/cases/F0-0001/followed"):
        for why in (None, "", "   ", "x" * 201, "a%00b", "%FF"):
            answer = one("GET", path, headers={} if why is None else {"X-Reason": why})
            assert (answer.status_code, answer.json["errors"][0]["field"]) == (400, "X-Reason"), why
        assert one("GET", path.replace("0001", "0009"), headers=WHY).json["type"] == "urn:checkin:problem:case"
    raw = {"X-Reason": "Truy vết lại".encode().decode("latin-1")}
    assert one("GET", "/cases/F0-0001/contacts", headers=raw).status_code == 200
    with inside(one.app):
        assert [entry[3] for entry in entries(db.session()) if entry[0] == "lookup.case"] == ["Truy vết lại"]


def test_pages_lead_through_all_once(one):
    with inside(one.app):
        session, vault = db.session(), vault_of(one.app)
        market = session.scalars(sa.select(Venue)).first()
        for number in range(5):
            who = cast.Identity(full_name=f"Người {'ABCDE'[number]}", birth_year=1990, gender="male", phone=f"+8490411800{number}",
                                province_id="22", commune_id="06652")  # fmt: skip
            factories.check_in(
                one.app, session, vault, market, cast.healthy(who), at=NOW - 2 * DAY - number * timedelta(minutes=3)
            )
            factories.case(session, f"Ca {number}")
        factories.commit()
        given(one.app)
    for path, headers, name in (
        ("/cases", {}, "cases"),
        ("/cases/F0-0001/contacts", WHY, "contacts"),
        ("/cases/F0-0001/followed", WHY, "contacts"),
    ):
        whole = one("GET", path, headers=headers).json[name]
        there, address = [], f"{path}?limit=2"
        while address:
            page = one("GET", address, headers=headers)
            assert page.status_code == 200, page.text
            there += page.json[name]
            address = page.json["next"] and page.json["next"].removeprefix(PREFIX)
        assert there == whole and len(whole) in {6, 2}, path
    first = one("GET", "/cases/F0-0001/contacts?limit=2", headers=WHY).json["next"].removeprefix(PREFIX)
    assert one("GET", first, headers={"X-Reason": "khac"}).status_code == 400
    assert one("GET", first.replace("F0-0001", "F0-0002"), headers=WHY).json["type"] == "urn:checkin:problem:lookup"
    with inside(one.app):
        # Another token does not go on where this one began.
        one.app.secret = token(db.session())[1]
    assert one("GET", first, headers=WHY).status_code == 404


def test_too_many_calls_are_refused_by_token_and_route_and_too_many_wrong_tokens_by_network(one, monkeypatch):
    monkeypatch.setattr(limiter, "enabled", True)
    for _ in range(60):
        assert one("GET", "/cases/F0-0009/followed", headers=WHY).status_code == 404
    # Neither another letter case nor another case of the same route makes a new counter.
    stopped = one("GET", "/cases/f0-1/followed", headers=WHY)
    assert stopped.status_code == 429 and 0 < int(stopped.headers["Retry-After"]) <= 60
    fits(stopped, "Problem")
    assert one("GET", "/cases").status_code == 200
    wrong = [one("GET", "/cases", headers={"Authorization": f"Bearer checkin_{n}"}).status_code for n in range(31)]
    assert wrong == [401] * 30 + [429]
    assert one("GET", "/cases").status_code == 200


def test_the_document_and_the_routes_say_the_same(sqlite):
    app = sqlite.app("staff")
    # Programs that say of every call that it is JSON ask as well.
    answer = app.test_client().get(f"{PREFIX}/openapi.json", content_type="application/json")
    told = answer.json
    assert told["openapi"] == "3.1.0" and answer.content_type == "application/json"
    documented = {(path, method.upper()) for path, methods in told["paths"].items() for method in methods}
    routes = {
        (rule.rule.removeprefix(PREFIX).replace("<", "{").replace(">", "}"), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.endpoint != "api_document.describe"
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert documented == routes and len(routes) == len(ENDPOINTS) == len(CALLS)
    assert told == document(told["servers"][0]["url"].removesuffix(PREFIX))
    names = json.dumps(told).split("#/components/schemas/")[1:]
    assert {name.partition('"')[0] for name in names} <= set(told["components"]["schemas"])
    for endpoint in ENDPOINTS:
        operation = told["paths"][endpoint.path][endpoint.method.lower()]
        assert {int(status) for status in operation["responses"]} == {*fails(endpoint), 201 if endpoint.body else 200}
        asked = {(one["in"], one["name"]) for one in operation["parameters"]}
        assert asked == {
            *(("path", "number") for _ in [1] if "{number}" in endpoint.path),
            *(("query", name) for name in endpoint.query),
            *(("header", "X-Reason") for _ in [1] if endpoint.personal),
            *(("header", "Idempotency-Key") for _ in [1] if endpoint.body),
        }
    assert not any(rule.rule.startswith("/api/") for rule in sqlite.app("public").url_map.iter_rules())


@pytest.mark.postgresql
def test_as_the_staff_role_with_its_own_rights(postgresql):
    with inside(postgresql.app()):
        shop(postgresql.app())
        session, vault = db.session(), vault_of(postgresql.app())
        child = replace(cast.NEIGHBOUR, full_name="Trần Minh Khôi", birth_year=2017)
        market = session.scalars(sa.select(Venue)).one()
        factories.check_in(postgresql.app(), session, vault, market, cast.healthy(child), at=NOW - 8 * DAY)
        factories.commit()
    staff = postgresql.app("staff")
    runner = staff.test_cli_runner()
    with clock.fixed(NOW):
        made = runner.invoke(args=["api-tokens", "create", "--name", "Tỉnh", *(f"--scope={one}" for one in SCOPES)])
    assert made.exit_code == 0, made.output
    secret = made.stdout.strip()
    client, shown = staff.test_client(), {"Authorization": f"Bearer {secret}", "Idempotency-Key": "khoa-so-0001", **WHY}
    with clock.fixed(NOW):
        answers = [client.post(f"{PREFIX}/cases", json=NEW, headers=shown) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201], answers[0].text
        answers = [
            client.get(PREFIX + path, headers=shown)
            for path in ("/cases", "/cases/F0-0001", "/cases/F0-0001/contacts", "/cases/F0-0001/followed", "/notices")
        ]
        assert [answer.status_code for answer in answers] == [200] * 5, [answer.text for answer in answers]
        assert [one["name"] for one in answers[2].json["contacts"]] == ["Trần Văn Hưng"]
        shared = {**NEW, "person": {"phone": cast.NEIGHBOUR.phone}}
        several = client.post(f"{PREFIX}/cases", json=shared, headers=shown | {"Idempotency-Key": "khoa-so-0003"})
        assert [one["birth_year"] for one in several.json["people"]] == [2017, 1971], several.text
        listed = runner.invoke(args=["api-tokens", "list"]).stdout
        assert "Tỉnh" in listed and "in use" in listed and secret not in listed
        revoked = runner.invoke(args=["api-tokens", "revoke", listed.split()[0]])
        assert revoked.stdout == "revoked\n"
        assert client.get(f"{PREFIX}/cases", headers=shown).status_code == 401
        again = runner.invoke(args=["api-tokens", "revoke", listed.split()[0]])
        assert again.exit_code == 1 and "revoked before" in again.output
