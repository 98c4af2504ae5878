"""Which language a page speaks, and how each language writes numbers and days."""

import re
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from checkin import clock, i18n
from tests.conftest import NOW
from tests.i18n.reading import VIETNAMESE, words

ENGLISH = {"Accept-Language": "en-GB,en;q=0.9"}


@pytest.fixture(scope="module")
def mute(_sqlite):
    """An application that is asked nothing of a database."""
    return _sqlite.app()


@pytest.fixture
def world(sqlite):
    """The language of a page does not depend on the database: one is enough."""
    return sqlite


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
def test_a_language_that_there_is_not_is_passed_over(mute, wish):
    if wish in i18n.LANGUAGES:
        return
    with mute.test_request_context("/", query_string={"lang": wish}, headers={"Cookie": "lang=xx", **ENGLISH}):
        assert i18n.chosen_locale() == "en"


def test_the_languages_are_those_that_have_a_catalogue(tmp_path):
    assert i18n.languages_in(i18n.FOLDER) == i18n.LANGUAGES == {"vi": "Tiếng Việt", "en": "English"}
    for code in ("zh", "vi", "en"):
        (tmp_path / code / "LC_MESSAGES").mkdir(parents=True)
        (tmp_path / code / "LC_MESSAGES" / "messages.po").touch()
    assert list(i18n.languages_in(tmp_path).items())[::2] == [("vi", "Tiếng Việt"), ("zh", "中文")]


def test_outside_a_request_the_locale_is_vietnamese():
    assert i18n.chosen_locale() == "vi"


@pytest.mark.parametrize(("code", "shown"), [("vi", "1.284"), ("en", "1,284")])
def test_thousands_are_parted_as_the_language_does(mute, code, shown):
    with mute.test_request_context(f"/?lang={code}"):
        assert i18n.format_count(1284) == shown


@given(st.integers(min_value=0, max_value=10**15), st.sampled_from(["vi", "en"]))
@example(999, "vi")
@example(1000, "en")
@example(0, "vi")
def test_a_number_keeps_its_digits_in_groups_of_three(mute, number, code):
    with mute.test_request_context(f"/?lang={code}"):
        shown = i18n.format_count(number)
    mark = {"vi": ".", "en": ","}[code]
    assert shown.replace(mark, "") == str(number)
    assert re.fullmatch(rf"\d{{1,3}}({re.escape(mark)}\d{{3}})*", shown)


@pytest.mark.parametrize(("code", "shown"), [("vi", "Thứ sáu 20/11/2026"), ("en", "Friday 20/11/2026")])
def test_the_weekday_is_the_province_s(mute, code, shown):
    with mute.test_request_context(f"/?lang={code}"):
        assert i18n.format_weekday(NOW) == shown


@pytest.mark.parametrize(("hours", "shown"), [(13.49, "Friday 20/11/2026"), (13.5, "Saturday 21/11/2026")])
def test_the_weekday_changes_at_midnight_of_the_province(mute, hours, shown):
    with mute.test_request_context("/?lang=en"):
        assert i18n.format_weekday(NOW + timedelta(hours=hours)) == shown
