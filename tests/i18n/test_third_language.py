"""A third language is a catalogue and nothing else: every public page offers it, speaks it and writes days as it does."""

import re
from html import unescape
from urllib.parse import urlsplit

import pytest

from checkin import clock, create_app, i18n
from checkin.config import Config
from checkin.db import db
from checkin.places import queries as places
from checkin.venues.codes import new_code
from tests import cast, factories
from tests.calls import pages as calls
from tests.conftest import NOW
from tests.i18n import pseudo
from tests.i18n.reading import words
from tests.worlds import inside, vault_of

pytestmark = pytest.mark.long

PERSON = {"full_name": "Lý", "address": "", "submission": None}
# On every page whatever its language: a code to show, letters of the keyboard, what is measured.
ALWAYS = ("K7QF-3M2P-9XD", "CCCD", "BHYT")


@pytest.fixture
def world(sqlite):
    """The words of a page do not depend on the database: one is enough."""
    return sqlite


@pytest.fixture
def chinese(world, tmp_path, monkeypatch):
    """A browser of Móng Cái's other shore, at a server to which somebody added a catalogue."""
    folder = pseudo.make(tmp_path / "i18n", "zh")
    monkeypatch.setattr(i18n, "FOLDER", folder)
    monkeypatch.setitem(i18n.LANGUAGES, "zh", i18n.languages_in(folder)["zh"])
    app = create_app(Config.from_env(world.env("all")))
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=True)
    with clock.fixed(NOW):
        client = app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "zh-CN,zh;q=0.9,en;q=0.8"
        yield client
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def doors(world):
    """Codes of a shop, of a clinic, and of places that take nobody, by what they are."""
    app = world.app()
    found = {}
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        for what in ("shop", "clinic", "suspended", "closed", "revoked"):
            kind = "health" if what == "clinic" else "supermarket"
            made = factories.venue(session, vault, f"Lý {what}", kind=kind, address="12")
            found[what] = factories.code_of(session, made)
            if what in ("suspended", "closed"):
                made.state = what
                setattr(made, f"{what}_at", NOW)
        session.flush()
        revoked = session.get(factories.Code, found["revoked"])
        revoked.revoked_at = NOW
        names = {commune.full_name for commune in places.communes_of(session, "22")}
        factories.commit()
    return found, names


def narrow_lines(html, names):
    """The lines of a page with a letter that no catalogue has."""
    either = re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))
    lines = [either.sub("", line) for line in words(html, "zh").splitlines()]
    return [line for line in lines if pseudo.NARROW.search(line)]


def test_a_third_language_is_offered_at_the_top_kept_and_taken_back(chinese, doors):
    codes, _names = doors
    page = chinese.get(f"/v/{codes['shop']}?lang=vi").text
    offered = re.findall(r'<a href="([^"]*)" lang="(\w+)" hreflang="\w+">([^<]*)</a>', page)
    assert [(tag, name) for _, tag, name in offered] == [("en", "English"), ("zh", "中文")]
    page = chinese.get(unescape(offered[1][0])).text
    assert '<html lang="zh">' in page
    assert '<html lang="zh">' in chinese.get("/privacy", headers={"Accept-Language": "vi"}).text
    assert '<html lang="vi">' in chinese.get("/?lang=vi").text


def test_days_and_numbers_are_written_as_the_third_language_does(chinese):
    with chinese.application.test_request_context("/?lang=zh"):
        assert i18n.format_day(NOW) == "2026/11/20"
        assert i18n.format_short_day(NOW) == "11/20"
        assert i18n.format_moment(NOW) == "10:30 2026/11/20"
        assert i18n.format_count(1284) == "1,284"


def test_every_public_page_and_state_speaks_the_third_language_all_through(chinese, doors):
    codes, names = doors
    shop = f"/v/{codes['shop']}"
    seen = {}

    def look(state, answer, status=200):
        assert answer.status_code == status, (state, answer.status_code)
        assert '<html lang="zh">' in answer.text, state
        assert "&lt;" not in answer.text, state
        known = (
            names
            | {"CDC Quảng Ninh", "Quảng Ninh", "Lý", "Lý An", "L. An", "L.", "Trần Văn Hưng", *ALWAYS}
            | {f"Lý {what}" for what in codes}
            | set(codes.values())
        )
        seen[state] = narrow_lines(answer.text, known)
        return answer

    def send(state, **changes):
        status = changes.pop("status", 200)
        typed = {"full_name": "Lý", "submission": factories.submission(chinese, codes["shop"])}
        return look(state, chinese.post(shop, data=cast.form(**typed | changes)), status)

    look("form", chinese.get(shop))
    send("errors", full_name="", status=422)
    send("every error", full_name="1", birth_year="1", phone="1", gender=None, commune="", symptoms=None,
         contact_sick=None, travel=None, consent=None, id_number="1", nationality="ZZ", status=422)  # fmt: skip
    send("one more", more="1")
    send("stale", submission="x", status=422)
    send("card", full_name="", card=cast.CCCD_MAN, fill="card")
    send("no card", card="x", fill="card", status=422)
    done = send("help", symptoms="yes", symptom=["cough"])
    send("group", **{"also": "2", "p2-full_name": "Lý An", "p2-birth_year": "2017", "p2-gender": "male",
                     "p2-symptoms": "yes", "p2-symptom": "fever", "p2-contact_sick": "no", "p2-travel": "no"})  # fmt: skip
    done = send("declared", id_number="022085001234")
    look("left", chinese.post(f"{shop}/leave", data={"token": factories.hidden(done.text, "token")}))
    look("again", chinese.get(shop))
    look("no token", chinese.post(f"{shop}/leave", data={}), 400)
    fields = cast.form(full_name="Lý", symptoms="yes", submission=factories.submission(chinese, codes["clinic"]))
    look("screening", chinese.post(f"/v/{codes['clinic']}", data=fields))
    for reason in ("suspended", "closed", "revoked"):
        look(reason, chinese.get(f"/v/{codes[reason]}"), 410)
    look("unknown", chinese.get(f"/v/{new_code()}"), 404)
    look("no code", chinese.get("/v/x"), 404)
    look("mistyped", chinese.get(shop[:-1] + ("2" if shop[-1] != "2" else "3")), 404)
    look("own visits", chinese.get("/me/"))
    for kind in calls.JOURNEY:
        look(kind, chinese.get(f"/declare/{kind}"))
        look(f"{kind} errors", chinese.post(f"/declare/{kind}", data={}), 422)
        look(f"{kind} sent", calls.send(chinese, kind, full_name="Lý"))
    look("asked", chinese.post("/rights/", data={"csrf_token": factories.token(chinese, "/rights/")}), 422)
    look("card of nobody", chinese.post("/c/", data={"csrf_token": factories.token(chinese, "/c/"), "code": "x"}), 422)
    look("forgotten", chinese.post("/forget-me"))
    # And wherever a link leads to from there.
    waiting, walked = ["/", "/no-such-page"], set()
    while waiting:
        path = waiting.pop()
        walked.add(path)
        answer = chinese.get(path)
        if answer.mimetype != "text/html":
            continue
        look(path, answer, answer.status_code)
        for link in re.findall(r'<a [^>]*href="(/[^"#]*)"', answer.text):
            bare = urlsplit(unescape(link)).path
            if bare not in walked and bare not in waiting:
                waiting.append(bare)
    assert {"/privacy", "/zones", "/me/", "/rights/", "/card", "/sign-in", "/sign-up", "/declare/leave"} <= walked
    assert len(seen) > 45
    assert {state: lines for state, lines in seen.items() if lines} == {}
