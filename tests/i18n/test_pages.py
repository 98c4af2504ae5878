"""An English page speaks English all through."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.db import db
from checkin.places import queries as places
from checkin.venues.models import Venue
from tests import cast, factories
from tests.conftest import NOW
from tests.i18n.reading import vietnamese_lines, words
from tests.worlds import inside, vault_of

HOUR = timedelta(hours=1)
ENGLISH = {"Accept-Language": "en-GB,en;q=0.9"}
# What people typed is in ASCII here, so that every Vietnamese letter left over comes from a text.
OWNER, CDC, ADMIN = (
    ("0912000111", "three bowls of soup a day"),
    ("hanh@cdc", "a long phrase for Hanh"),
    ("khoa@cdc", "a long phrase for Khoa"),
)
PERSON = cast.Identity(
    full_name="Anna Smith",
    birth_year=1985,
    gender="female",
    phone="+84912345678",
    province_id="22",
    commune_id="06652",
    address="12 Tran Phu",
    nationality="GB",
)
SICK = {
    "symptoms": "yes",
    "symptom": ["cough", "fever"],
    "contact_sick": "yes",
    "travel": "yes",
    "travel_where": "Hai Phong",
}


@pytest.fixture
def world(sqlite):
    """The words of a page do not depend on the database: one is enough."""
    return sqlite


@pytest.fixture
def place(world):
    """A supermarket with a visitor, a clinic, a case; codes by kind, and the names of the province's communes."""
    app = world.app()
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        shop = factories.venue(session, vault, "Bach Dang Store", address="12 Tran Phu")
        clinic = factories.venue(session, vault, "Bach Dang Clinic", kind="health", address="14 Tran Phu")
        factories.check_in(app, session, vault, shop, cast.coughing(PERSON), at=NOW - HOUR)
        factories.case(session, "Mine worker")
        found = {
            "shop": factories.code_of(session, shop),
            "clinic": factories.code_of(session, clinic),
            "names": {commune.full_name for commune in places.communes_of(session, "22")} | {"Quảng Ninh"},
        }
        factories.commit()
    return found


@pytest.fixture
def english(world):
    """A browser that wants English."""
    with clock.fixed(NOW):
        client = world.app().test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = ENGLISH["Accept-Language"]
        yield client


def assert_english(answer, place):
    assert '<html lang="en">' in answer.text
    assert vietnamese_lines(answer.text, place["names"]) == []


def sign_in(world, client, role, who):
    with clock.fixed(NOW), inside(world.app()):
        factories.account(db.session(), vault_of(world.app()), role, who)
        factories.commit()
    factories.sign_in(client, who)


def declare(client, code, **changes):
    typed = {"full_name": "Anna Smith", "nationality": "GB", "submission": factories.submission(client, code)}
    return client.post(f"/v/{code}", data=cast.form(**typed | changes))


def test_the_other_language_is_one_tap_away_and_named_in_itself(client, place):
    page = client.get(f"/v/{place['shop']}?new=1").text
    link = re.search(r'<a [^>]*href="([^"]*lang=en[^"]*)"[^>]*>([^<]*)</a>', page)
    assert link and link[2].strip() == "English"
    page = client.get(link[1]).text
    assert '<html lang="en">' in page
    assert re.search(r'<a [^>]*lang="vi"[^>]*>\s*Tiếng Việt', page)


def test_what_the_visitor_chose_goes_on_without_cookies_to_the_result(world, place):
    with clock.fixed(NOW):
        client = world.app().test_client(use_cookies=False)
        page = client.get(f"/v/{place['shop']}?lang=en").text
        action = re.search(r'<form[^>]*method="post"[^>]*action="([^"]*)"', page)[1]
        fields = cast.form(full_name="Anna Smith", submission=factories.hidden(page, "submission"))
        assert "DECLARED" in client.post(action, data=fields).text


@pytest.mark.parametrize(
    "path", ["/", "/privacy", "/zones", "/sign-in", "/sign-up", "/nowhere", "/v/nocode", "/v/{shop}", "/v/{clinic}"]
)
def test_a_public_page_is_english_all_through(english, place, path):
    assert_english(english.get(path.format(**place)), place)


def test_the_form_with_every_field_missing_is_english(english, place):
    fields = {"submission": factories.submission(english, place["shop"])}
    answer = english.post(f"/v/{place['shop']}", data=fields)
    assert answer.status_code == 422
    assert_english(answer, place)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("phone", "0912"),
        ("birth_year", "9999"),
        ("full_name", "A" * 10_000),
        ("id_number", "12"),
        ("card", "\u200f\x00"),
        ("card", "x|y"),
    ],
)
def test_an_error_of_the_form_is_english(english, place, name, value):
    answer = declare(english, place["shop"], **{name: value})
    assert_english(answer, place)


@pytest.mark.parametrize(
    ("where", "changes", "says"),
    [
        ("shop", {}, "DECLARED"),
        ("shop", SICK, "ASK STAFF FOR HELP"),
        ("clinic", SICK, "PLEASE USE THE SCREENING ENTRANCE"),
        ("shop", {"id_number": "022071004321"}, "does not match"),
    ],
)
def test_the_result_is_english(english, place, where, changes, says):
    answer = declare(english, place[where], **changes)
    assert answer.status_code == 200
    assert says in words(answer.text)
    assert_english(answer, place)


def test_the_second_visit_and_leaving_are_english(english, place):
    result = declare(english, place["shop"])
    again = english.get(f"/v/{place['shop']}")
    assert "have had no symptoms" in words(again.text)
    assert_english(again, place)
    left = english.post(f"/v/{place['shop']}/leave", data={"token": factories.hidden(result.text, "token")})
    assert "Exit time recorded" in words(left.text)
    assert_english(left, place)
    assert_english(english.post("/forget-me"), place)


def test_the_pages_of_an_owner_are_english(english, place, world):
    with clock.fixed(NOW), inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        owner = factories.account(session, vault, "owner", OWNER)
        own = factories.venue(session, vault, "Ha Long Cafe", kind="food", owner=owner, address="16 Tran Phu").id
        factories.commit()
    factories.sign_in(english, OWNER)
    for path in ("/venues/", "/venues/new", f"/venues/{own}", f"/venues/{own}/edit", f"/venues/{own}/numbers"):
        assert_english(english.get(path), place)
    for path in ("/venues/new", f"/venues/{own}/zones"):
        answer = english.post(path, data={"csrf_token": factories.token(english, "/venues/new")})
        assert answer.status_code == 422
        assert_english(answer, place)


def test_the_pages_of_the_cdc_are_english(english, place, world):
    sign_in(world, english, "cdc", CDC)
    for path in ("/lookup/", "/lookup/?by=person", "/cases/", "/overview/"):
        assert_english(english.get(path), place)


def test_the_pages_of_the_administrator_are_english(english, place, world):
    sign_in(world, english, "admin", ADMIN)
    pages = (
        "/accounts/",
        "/accounts/invitations/",
        "/audit/",
        "/audit/unusual",
        "/approvals/",
        "/requests/",
        "/messages/",
    )
    for path in (*pages, "/overview/", "/account"):
        assert_english(english.get(path), place)
    page = "/accounts/invitations/"
    answer = english.post(page, data={"csrf_token": factories.token(english, page)})
    assert answer.status_code == 422
    assert_english(answer, place)


def test_signing_in_wrongly_is_answered_in_english(english, place):
    fields = {"login": "nobody", "password": "x", "csrf_token": factories.token(english, "/sign-in")}
    answer = english.post("/sign-in", data=fields)
    assert "Wrong user name or password." in words(answer.text)
    assert_english(answer, place)


def test_what_a_lookup_finds_is_english(english, place, world):
    sign_in(world, english, "cdc", CDC)
    morning = {"start": "2026-11-20T08:00", "end": "2026-11-20T10:30"}
    bound = {"case": "F0-0001", "reason": "Contact tracing", "csrf_token": factories.token(english, "/lookup/")}
    for how, asked in (
        ("place", morning | {"venue": "Bach Dang Store"}),
        ("place", morning | {"venue": "Bach Dang Store", "start": "2026-11-15T08:00"}),
        ("place", morning | {"venue": "Bach Dang Clinic"}),
        ("place", morning | {"kind": "supermarket", "commune": factories.HONG_GAI}),
        ("person", {"phone": "0912345678", "full_name": "Anne Smith", "birth_year": "1985"}),
        ("person", {"phone": "0999999999"}),
    ):
        answer = english.post(f"/lookup/{how}", data=bound | asked)
        assert answer.status_code == 303, asked
        assert_english(english.get(answer.location), place)
    assert_english(english.get("/lookup/"), place)


def test_the_pages_of_a_case_are_english(english, place, world):
    sign_in(world, english, "cdc", CDC)
    with clock.fixed(NOW), inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        shop = session.scalars(sa.select(Venue).where(Venue.name == "Bach Dang Store")).one()
        other = replace(PERSON, full_name="Paul Jones", phone="+84912345679")
        factories.check_in(world.app(), session, vault, shop, cast.healthy(other), at=NOW - HOUR)
        factories.commit()
    token = factories.token(english, "/lookup/")
    assert_english(english.get("/cases/F0-0001"), place)
    asked = {"case": "F0-0001", "reason": "Contact tracing", "csrf_token": token, "phone": "0912345678"}
    found = english.post("/lookup/person", data=asked).location
    person = factories.hidden(english.get(found).text, "person")
    where = found.replace("/lookup/", "/cases/found/")
    chosen = {"person": person, "csrf_token": token}
    assert_english(english.post(where, data=chosen), place)
    assert_english(english.post(where, data=chosen | {"title": ""}), place)
    linked = english.post(where, data=chosen | {"case": "F0-0001"})
    assert_english(english.get(linked.location), place)
    assert_english(english.get(found), place)
    assert_english(english.post("/cases/F0-0001/lookup", data={"csrf_token": token}), place)
    met = english.post("/cases/F0-0001/lookup", data={"csrf_token": token, "reason": "Contact tracing"})
    page = english.get(met.location)
    assert "Paul Jones" in page.text
    assert_english(page, place)
    english.post("/cases/F0-0001/unlink", data={"csrf_token": token})
    assert_english(english.get(met.location), place)


def test_a_lookup_refused_is_english(english, place, world):
    sign_in(world, english, "cdc", CDC)
    for how in ("place", "person"):
        answer = english.post(f"/lookup/{how}", data={"csrf_token": factories.token(english, "/lookup/")})
        assert answer.status_code == 422
        assert_english(answer, place)


def test_the_same_pages_in_vietnamese_do_have_such_letters(client, place, world):
    """The eye of these tests sees: without English the words are found."""
    sign_in(world, client, "cdc", CDC)
    for path in (f"/v/{place['shop']}", "/lookup/", "/cases/", "/overview/"):
        assert len(vietnamese_lines(client.get(path).text, place["names"])) > 10, path


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<p>Gửi</p>", ["Gửi"]),
        ("<p>Gu\u031b\u0309i</p>", ["Gửi"]),
        ('<p translate="no">Gửi <b>tờ</b></p><p>khai</p>', []),
        ('<a lang="vi">Tiếng Việt</a>', []),
        ('<html lang="vi"><p>Gửi</p>', ["Gửi"]),
        ("<select><option>Phường Hà Tu</option></select><p>Gửi", ["Gửi"]),
        ('<input aria-label="Gửi"><p>Send', ["Gửi"]),
        ('<span translate="no"><img alt="Gửi">x</span>', []),
        ("<p>Send</p><p>Phường Hà Tu</p>", []),
        ("<p>Phường</p>", ["Phường"]),
    ],
)
def test_what_is_left_is_found_wherever_it_stands(html, found):
    assert vietnamese_lines(html, {"Phường Hà Tu", "Hà Tu"}) == found
