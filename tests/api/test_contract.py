"""The description at /api/v1/openapi.json is kept: each answer that it promises is given, and is as it says."""

import json
from dataclasses import replace

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.api import access
from checkin.api.endpoints import PREFIX
from checkin.db import db
from checkin.web import limiter
from tests import cast, factories
from tests.api.test_calls import CALLS, NEW, given, opened, shop, token
from tests.conftest import NOW
from tests.oracles import contracts
from tests.worlds import inside, vault_of

KEYED = {"Idempotency-Key": "khoa-so-0001"}


@pytest.fixture
def app(sqlite):
    """With a market, an open case whose person is known, its contacts, and one of whom nobody knows who it is."""
    app = sqlite.app()
    with inside(app):
        shop(app)
        app.secret, app.narrow = (token(db.session(), *scopes)[1] for scopes in ((), ("notices:read",)))
        app.cases_only = token(db.session(), "cases:read")[1]
    assert opened(caller(app)).status_code == 201
    with inside(app):
        given(app)
        factories.case(db.session())
        factories.commit()
    return app


def caller(app):
    client = app.test_client()

    def call(method, path, secret=None, *, headers=None, **more):
        shown = {"Authorization": f"Bearer {app.secret if secret is None else secret}"} if secret != "" else {}
        with clock.fixed(NOW):
            return client.open(PREFIX + path, method=method, headers={**shown, **(headers or {})}, **more)

    return call


def kept(document, operation, answer):
    """The answer is one that the operation promises, with a body as the document describes it."""
    promised = operation["responses"][str(answer.status_code)]["content"]
    assert list(promised) == [answer.mimetype], answer.text
    assert contracts.misfits(document, promised[answer.mimetype]["schema"], answer.json) == []


def test_each_operation_of_the_document_gives_each_answer_that_it_promises(app, monkeypatch):
    call = caller(app)
    document = call("GET", "/openapi.json", "").json
    contracts.check(document)
    count = 0
    for path, item in document["paths"].items():
        for method, operation in item.items():
            for status in operation["responses"]:
                with monkeypatch.context() as broken:
                    answer = provoked(call, broken, app, path, method, operation, int(status))
                assert (operation["operationId"], answer.status_code) == (operation["operationId"], int(status))
                kept(document, operation, answer)
                count += 1
    assert count == sum(len(one["responses"]) for item in document["paths"].values() for one in item.values()) > 40


def provoked(call, broken, app, path, method, operation, status):
    """What an operation answers where this has happened to it."""
    address, more = CALLS[operation["operationId"]]
    more = {"headers": {}, **more}
    if status == 400:
        return call(method, f"{address}?phone=0912345678", **more)
    if status == 401:
        return call(method, address, "", **more)
    if status == 403:
        narrow = app.cases_only if operation["operationId"] == "list_notices" else app.narrow
        return call(method, address, narrow, **more)
    if status == 404:
        return call(method, path.format(number="F0-0009"), **more)
    if status == 409:
        # The person is an open case already; of the other case it is not known who it is.
        return call(method, path.format(number="F0-0002"), **more)
    if status == 413:
        return call(method, address, headers=more["headers"], json={"title": "a" * 20_000})
    if status == 415:
        return call(method, address, headers=more["headers"], data={"title": "a"})
    if status == 422:
        return call(method, address, headers=more["headers"], json={})
    if status == 429:
        broken.setattr(limiter, "enabled", True)
        broken.setattr("checkin.throttle.count", lambda *_args, **_more: 10_000)
    if status == 500:
        broken.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
        broken.setattr(access, "must_have", fails_with(KeyError("0912345678")))
    if status == 503:
        broken.setattr(access, "must_have", fails_with(sa.exc.OperationalError("SELECT", {}, Exception())))
    if status == 201:
        more |= {"json": NEW | {"person": {"phone": cast.NEIGHBOUR.phone}}}
    return call(method, address, **more)


def fails_with(error):
    def fail(*_args, **_more):
        raise error

    return fail


def test_whatever_goes_wrong_under_api_is_said_in_json(app):
    call = caller(app)
    document = call("GET", "/openapi.json", "").json
    problem = {"$ref": "#/components/schemas/Problem"}
    large = b'"' + b"a" * 2_000_000 + b'"'
    foreign = {"Origin": "https://evil.example"}
    for status, method, path, more in (
        (404, "GET", "/../..", {}),
        (404, "GET", "/nothing", {}),
        (404, "GET", "", {}),
        (404, "GET", "/cases/F0-0001/nothing", {}),
        (404, "POST", "/nothing", {"json": NEW}),
        (404, "POST", "/nothing", {"data": {"title": "x"}}),
        (405, "DELETE", "/cases", {}),
        (405, "POST", "/notices", {"json": NEW}),
        (405, "PATCH", "/cases/F0-0001", {"json": NEW}),
        (405, "PUT", "/openapi.json", {"json": {}}),
        (413, "POST", "/cases", {"data": large, "headers": {"Content-Type": "application/json"}}),
        (413, "POST", "/cases", {"data": {"title": "a" * 2_000_000}}),
        (415, "POST", "/cases", {"data": b"<a/>", "headers": {"Content-Type": "text/xml"}}),
        (415, "POST", "/cases", {"data": b"", "headers": KEYED}),
        (403, "POST", "/cases", {"json": NEW, "headers": foreign}),
        (400, "GET", "/cases", {"environ_overrides": {"HTTP_HOST": "x" * 300}}),
    ):
        answer = call(method, path, **more)
        assert (path, answer.status_code, answer.mimetype) == (path, status, "application/problem+json"), answer.text
        assert contracts.misfits(document, problem, answer.json) == [] and answer.json["status"] == status
        assert answer.headers["Cache-Control"] == "no-store" and ("Allow" in answer.headers) is (status == 405)
    # And the pages stay pages.
    with clock.fixed(NOW):
        for path in ("/nothing", "/apis/x", "/accounts/api-tokens/nothing"):
            answer = app.test_client().get(path)
            assert answer.mimetype == "text/html" and answer.status_code in {302, 404}, path


def test_of_several_with_one_number_it_says_who_there_is_and_guesses_nobody(app):
    call = caller(app)
    child = replace(cast.NEIGHBOUR, full_name="Trần Minh Khôi", birth_year=2017)
    with inside(app):
        session, vault = db.session(), vault_of(app)
        place = factories.venue(session, vault, "Nhà sách")
        factories.check_in(app, session, vault, place, cast.healthy(child), at=NOW)
        factories.commit()
    new = NEW | {"person": {"phone": "0904118226"}}
    answer = call("POST", "/cases", json=new, headers={"Idempotency-Key": "khoa-so-0009"})
    assert (answer.status_code, answer.json["type"]) == (422, "urn:checkin:problem:person")
    assert answer.json["people"] == [
        {"name": "Trần M. K.", "birth_year": 2017},
        {"name": "Trần V. H.", "birth_year": 1971},
    ]
    assert "name and birth_year" in answer.json["errors"][0]["detail"] and "0904118226" not in answer.text
    document = call("GET", "/openapi.json", "").json
    kept(document, document["paths"]["/cases"]["post"], answer)
    new["person"] |= {"name": "tran minh khoi", "birth_year": 2017}
    assert call("POST", "/cases", json=new, headers={"Idempotency-Key": "khoa-so-0009"}).status_code == 201


def test_the_oracle_finds_what_is_not_as_described():
    document = {"components": {"schemas": {"Day": {"type": "string", "format": "date"}}}}
    schema = {
        "type": "object", "required": ["on"], "additionalProperties": False,
        "properties": {
            "on": {"$ref": "#/components/schemas/Day"},
            "many": {"type": "array", "items": {"type": ["integer", "null"], "minimum": 1, "maximum": 2}},
            "word": {"type": "string", "enum": ["a"]},
        },
    }  # fmt: skip
    good = {"on": "2026-11-20", "many": [1, None], "word": "a"}
    assert contracts.misfits(document, schema, good) == []
    for wrong in ({}, {"on": "20/11/2026"}, {"on": 1}, {"many": [0]}, {"many": [True]}, {"word": "b"}, {"x": 1}):
        changed = good | wrong if wrong else {}
        assert len(contracts.misfits(document, schema, json.loads(json.dumps(changed)))) == 1, wrong
