"""Which language a page speaks, and that an English page speaks English all through."""

import re
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from checkin import clock, i18n
from checkin.db import db
from checkin.places import queries as places
from tests import cast, factories
from tests.conftest import NOW
from tests.i18n.reading import VIETNAMESE, vietnamese_lines, words
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
    """A supermarket and a clinic with visitors, a case; codes by kind, and the names of the province's communes."""
    app = world.app()
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        owner = factories.account(session, vault, "owner", OWNER)
        factories.account(session, vault, "cdc", CDC)
        factories.account(session, vault, "admin", ADMIN)
        shop = factories.venue(session, vault, "Bach Dang Store", owner=owner, address="12 Tran Phu")
        clinic = factories.venue(session, vault, "Bach Dang Clinic", kind="health", address="14 Tran Phu")
        factories.check_in(app, session, vault, shop, cast.coughing(PERSON), at=NOW - HOUR)
        factories.case(session, "Mine worker")
        found = {
            "shop": factories.code_of(session, shop),
            "clinic": factories.code_of(session, clinic),
            "shop_id": str(shop.id),
            "names": {name for row in session.query(Place.name, Place.full_name) for name in row}
            | {app.config.get("cdc", "CDC Quảng Ninh")},
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


def declare(client, code, **changes):
    fields = cast.form(
        full_name="Anna Smith", nationality="GB", submission=factories.submission(client, code), **changes
    )
    return client.post(f"/v/{code}", data=fields)


def test_a_page_is_vietnamese_unless_asked_otherwise(client):
    page = client.get("/").text
    assert '<html lang="vi">' in page and VIETNAMESE.search(words(page))


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("en", "en"),
        ("en-GB,en;q=0.9,vi;q=0.5", "en"),
        ("vi-VN,vi;q=0.9,en;q=0.5", "vi"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "en"),
        ("fr", "vi"),
        ("*", "vi"),
        ("en;q=0", "vi"),
        ("", "vi"),
        (";;;q=,,", "vi"),
        ("x" * 10_000, "vi"),
    ],
)
def test_the_browser_decides_first(client, header, code):
    page = client.get("/", headers={"Accept-Language": header})
    assert f'<html lang="{code}">' in page.text
    assert "lang=" not in page.headers.get("Set-Cookie", "")


@pytest.mark.parametrize("path", ["/", "/privacy", "/zones", "/sign-in", "/sign-up", "/nowhere", "/v/nocode"])
def test_a_page_in_english_needs_no_cookie(world, path):
    with clock.fixed(NOW):
        client = world.app().test_client(use_cookies=False)
        assert '<html lang="en">' in client.get(f"{path}?lang=en").text
        assert '<html lang="vi">' in client.get(path).text


def test_a_choice_is_remembered_and_can_be_taken_back(client):
    client.get("/?lang=en")
    assert '<html lang="en">' in client.get("/privacy", headers={"Accept-Language": "vi"}).text
    client.get("/?lang=vi")
    assert '<html lang="vi">' in client.get("/privacy", headers=ENGLISH).text


def test_the_cookie_of_the_choice_holds_a_language_and_nothing_else(client):
    cookie = client.get("/?lang=en").headers["Set-Cookie"]
    assert cookie.startswith("lang=en;") and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert "lang=" not in client.get("/?lang=en").headers.get("Set-Cookie", "")


def test_a_cache_is_told_what_the_page_depends_on(client):
    asked = {name.strip() for line in client.get("/").headers.getlist("Vary") for name in line.split(",")}
    assert {"Accept-Language", "Cookie"} <= asked


@given(st.text(max_size=20))
@example("EN")
@example("en\x00")
@example("\u200fen")
@example("../../en")
@example("e" * 10_000)
def test_a_language_that_there_is_not_is_passed_over(_sqlite, wish):
    if wish in i18n.LANGUAGES:
        return
    app = _sqlite.app()
    with app.test_request_context("/", query_string={"lang": wish}, headers={"Cookie": "lang=xx", **ENGLISH}):
        assert i18n.chosen_locale() == "en"


def test_outside_a_request_the_locale_is_vietnamese():
    assert i18n.chosen_locale() == "vi"


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


@pytest.mark.parametrize("path", ["/venues/", "/venues/new", "/venues/{shop_id}", "/venues/{shop_id}/edit"])
def test_the_pages_of_an_owner_are_english(english, place, path):
    factories.sign_in(english, OWNER)
    assert_english(english.get(path.format(**place)), place)


@pytest.mark.parametrize("path", ["/lookup/", "/lookup/?by=person", "/cases/", "/overview/"])
def test_the_pages_of_the_cdc_are_english(english, place, path):
    factories.sign_in(english, CDC)
    assert_english(english.get(path), place)


@pytest.mark.parametrize("path", ["/accounts/", "/audit/", "/overview/"])
def test_the_pages_of_the_administrator_are_english(english, place, path):
    factories.sign_in(english, ADMIN)
    assert_english(english.get(path), place)


@pytest.mark.parametrize(
    ("how", "asked"),
    [
        ("place", {"venue": "Bach Dang Store", "start": "2026-11-20T08:00", "end": "2026-11-20T10:30"}),
        ("place", {"venue": "Bach Dang Store", "start": "2026-11-15T08:00", "end": "2026-11-20T10:30"}),
        ("place", {"venue": "Bach Dang Clinic", "start": "2026-11-20T08:00", "end": "2026-11-20T10:30"}),
        (
            "place",
            {
                "kind": "supermarket",
                "commune": factories.HONG_GAI,
                "start": "2026-11-20T08:00",
                "end": "2026-11-20T10:30",
            },
        ),
        ("person", {"phone": "0912345678", "full_name": "Anne Smith", "birth_year": "1985"}),
        ("person", {"phone": "0999999999"}),
    ],
)
def test_what_a_lookup_finds_is_english(english, place, how, asked):
    factories.sign_in(english, CDC)
    bound = {"case": "F0-0001", "reason": "Contact tracing", "csrf_token": factories.token(english, "/lookup/")}
    answer = english.post(f"/lookup/{how}", data=bound | asked)
    assert answer.status_code == 303
    assert_english(english.get(answer.location), place)


@pytest.mark.parametrize("how", ["place", "person"])
def test_a_lookup_refused_is_english(english, place, how):
    factories.sign_in(english, CDC)
    answer = english.post(f"/lookup/{how}", data={"csrf_token": factories.token(english, "/lookup/")})
    assert answer.status_code == 422
    assert_english(answer, place)


@pytest.mark.parametrize("path", ["/v/{shop}", "/lookup/"])
def test_the_same_page_in_vietnamese_does_have_such_letters(client, place, path):
    """The eye of these tests sees: without English the words are found."""
    if path == "/lookup/":
        factories.sign_in(client, CDC)
    assert len(vietnamese_lines(client.get(path.format(**place)).text, place["names"])) > 10


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


@pytest.mark.parametrize(("code", "shown"), [("vi", "1.284"), ("en", "1,284")])
def test_thousands_are_parted_as_the_language_does(world, code, shown):
    with world.app().test_request_context(f"/?lang={code}"):
        assert i18n.format_count(1284) == shown


@given(st.integers(min_value=0, max_value=10**15), st.sampled_from(["vi", "en"]))
@example(999, "vi")
@example(1000, "en")
@example(0, "vi")
def test_a_number_keeps_its_digits_in_groups_of_three(_sqlite, number, code):
    with _sqlite.app().test_request_context(f"/?lang={code}"):
        shown = i18n.format_count(number)
    mark = {"vi": ".", "en": ","}[code]
    assert shown.replace(mark, "") == str(number)
    assert re.fullmatch(rf"\d{{1,3}}({re.escape(mark)}\d{{3}})*", shown)


@pytest.mark.parametrize(("code", "shown"), [("vi", "Thứ sáu 20/11/2026"), ("en", "Friday 20/11/2026")])
def test_the_weekday_is_the_province_s(world, code, shown):
    with world.app().test_request_context(f"/?lang={code}"):
        assert i18n.format_weekday(NOW) == shown


@pytest.mark.parametrize(("hours", "shown"), [(13.49, "Friday 20/11/2026"), (13.5, "Saturday 21/11/2026")])
def test_the_weekday_changes_at_midnight_of_the_province(world, hours, shown):
    with world.app().test_request_context("/?lang=en"):
        assert i18n.format_weekday(NOW + timedelta(hours=hours)) == shown
