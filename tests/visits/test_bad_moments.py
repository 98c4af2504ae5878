"""What goes wrong between the scan and the result, without a browser: nothing is lost, and nothing counts twice."""

import re
import shutil
from datetime import timedelta
from html import unescape
from unicodedata import normalize

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.config import ROOT
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.rules import RuleBook
from checkin.venues.models import Venue
from checkin.venues.queries import known_door
from checkin.visits.models import Visit
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of

DONE, HELP = "ĐÃ KHAI BÁO", "CẦN HỖ TRỢ"
MINUTE = timedelta(minutes=1)
COUGHS = {"symptoms": "yes", "symptom": "cough"}
CHILD = {"full_name": "Trần Minh An", "birth_year": "2017", "gender": "male", "id_number": "", "phone": "0912345678"}
SON = {f"p2-{name}": value for name, value in CHILD.items() if name != "phone"}
SON |= {"also": "2", "p2-symptoms": "no", "p2-contact_sick": "no", "p2-travel": "no"}
MIDNIGHT = clock.day_bounds(clock.to_local(NOW).date())[1]


@pytest.fixture
def code(world):
    app = world.app()
    with clock.fixed(NOW), inside(app):
        code = factories.code_of(db.session(), factories.venue(db.session(), vault_of(app)))
        factories.commit()
    return code


@pytest.fixture
def stricter_tomorrow(world, tmp_path):
    """From midnight a sore throat is urgent, and the form asks about 21 days."""
    app = world.app()
    folder = shutil.copytree(ROOT / "checkin" / "rules" / "data", tmp_path / "rules")
    for section, old, new in (
        ("triage", 'sore_throat = "watch"', 'sore_throat = "urgent"'),
        ("lookback", "declared_days = 14", "declared_days = 21"),
    ):
        was = (folder / f"{section}-2026-01-01.toml").read_text()
        assert old in was
        (folder / f"{section}-2026-11-21.toml").write_text(was.replace(old, new))
    before = app.extensions["checkin_rules"]
    app.extensions["checkin_rules"] = RuleBook.load(folder)
    yield
    app.extensions["checkin_rules"] = before


def open_form(client, code, at=NOW, query="?new=1"):
    """A page opened at a moment: its submission."""
    with clock.fixed(at):
        return factories.submission(client, code, query)


def send(client, code, submission, at=NOW, **changes):
    with clock.fixed(at):
        return client.post(f"/v/{code}", data=cast.form(submission=submission, **changes))


def stored(world, *columns):
    with inside(world.app()):
        return db.session.execute(sa.select(*columns)).all()


def declarations(world):
    """What was declared, oldest first, each opened."""
    app = world.app()
    with inside(app):
        rows = db.session.scalars(sa.select(Declaration).order_by(Declaration.made_at, Declaration.id)).all()
        return [(vault_of(app).open(row.details), row) for row in rows]


def value(html, name):
    tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', html)
    found = re.search(r'value="([^"]*)"', tag[0]) if tag else None
    return unescape(found[1]) if found else None


def test_two_tabs_of_one_form_are_one_stay_and_two_declarations(client, code, world):
    first, second = open_form(client, code), open_form(client, code)
    assert DONE in send(client, code, second, NOW + MINUTE).text
    assert DONE in send(client, code, first, NOW + 2 * MINUTE).text
    assert len(stored(world, Visit.id)) == 1
    assert [row.flags for _, row in declarations(world)] == [[], []]


def test_cookies_lost_between_page_and_send_cost_nothing(client, code, world):
    send(client, code, open_form(client, code))
    submission = open_form(client, code, query="?change=1")
    for name in ("me", "device"):
        client.delete_cookie(name)
    answer = send(client, code, submission, NOW + MINUTE, full_name="Trần Văn Hưng", **COUGHS)
    assert answer.status_code == 200 and HELP in answer.text
    assert [row.triage for _, row in declarations(world)] == ["routine", "watch"]


def test_where_cookies_are_refused_every_visit_is_as_the_first_and_a_family_leaves_together(world, code):
    client = world.app().test_client(use_cookies=False)
    for hour in (0, 2):
        at = NOW + timedelta(hours=hour)
        with clock.fixed(at):
            page = client.get(f"/v/{code}").text
        assert value(page, "full_name") == "" and 'name="confirm"' not in page
        answer = send(client, code, factories.hidden(page, "submission"), at, **SON)
        assert answer.text.count(f"<b>{DONE}</b>") == 2
        tokens = re.findall(r'name="token" value="([^"]*)"', answer.text)
        with clock.fixed(at + MINUTE):
            left = client.post(f"/v/{code}/leave", data={"token": tokens})
        assert "Đã ghi giờ ra" in left.text
    assert [left is not None for (left,) in stored(world, Visit.left_at)] == [True] * 4


@pytest.mark.parametrize("known", [False, True], ids=["the form", "one confirmation"])
def test_a_page_left_open_over_midnight_is_of_the_day_on_which_it_is_sent(client, code, world, known):
    if known:
        send(client, code, open_form(client, code))
    before, after = MIDNIGHT - MINUTE, MIDNIGHT + MINUTE
    submission = open_form(client, code, before, "" if known else "?new=1")
    with clock.fixed(after):
        sent = {"submission": submission, "confirm": "yes"} if known else cast.form(submission=submission)
        answer = client.post(f"/v/{code}", data=sent)
    assert DONE in answer.text and "Thứ bảy 21/11/2026" in answer.text
    assert max(at for (at,) in stored(world, Visit.entered_at)) == after
    assert declarations(world)[-1][1].made_at == after


def test_a_page_left_open_over_a_change_of_rules_is_judged_by_those_of_the_moment(
    client, code, world, stricter_tomorrow
):
    early = send(client, code, open_form(client, code), MIDNIGHT - 2 * MINUTE, symptoms="yes", symptom="sore_throat")
    submission = open_form(client, code, MIDNIGHT - MINUTE)
    late = send(client, code, submission, MIDNIGHT + MINUTE, symptoms="yes", symptom="sore_throat")
    assert HELP in early.text and HELP in late.text
    (_, before), (_, after) = declarations(world)
    assert (before.triage, after.triage) == ("watch", "urgent")
    assert before.rules_id != after.rules_id
    # Whoever has something to correct is asked what the new rules ask.
    page = send(client, code, open_form(client, code, MIDNIGHT - MINUTE), MIDNIGHT + MINUTE, phone="")
    assert "21 ngày qua" in page.text and page.status_code == 422


@pytest.mark.parametrize(("state", "says"), [("suspended", "đang tạm ngừng"), ("closed", "đã đóng cửa")])
def test_a_venue_that_shut_between_page_and_send_says_so_and_takes_nobody(client, code, world, state, says):
    submission = open_form(client, code)
    with inside(world.app()):
        venue = db.session.scalars(sa.select(Venue)).one()
        venue.state = state
        setattr(venue, f"{state}_at", NOW)
        factories.commit()
        known_door.forget()
    answer = send(client, code, submission)
    assert answer.status_code == 410
    assert says in answer.text and "Siêu thị Bạch Đằng" in answer.text
    assert stored(world, Visit.id) == stored(world, Declaration.id) == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Lý", "Lý"),
        ("NGUYỄN THỊ ÁNH TUYẾT", "NGUYỄN THỊ ÁNH TUYẾT"),
        (normalize("NFD", "Nguyễn Thị Ánh Tuyết"), "Nguyễn Thị Ánh Tuyết"),
        ("Mary O'Neill", "Mary O'Neill"),
        ("Công Tằng Tôn Nữ " * 5 + "Nguyễn Phước An", "Công Tằng Tôn Nữ " * 5 + "Nguyễn Phước An"),
        ("Nh" + "ư" * 98, "Nh" + "ư" * 98),
    ],
    ids=["one word", "capitals", "NFD", "apostrophe", "100 characters", "one word of 100"],
)
def test_a_name_of_any_shape_is_shown_as_typed_now_and_at_the_second_visit(client, code, world, name, shown):
    answer = send(client, code, open_form(client, code), full_name=name)
    assert unescape(re.search(r'class="who"[^>]*>([^<]*)<', answer.text)[1]) == shown
    assert declarations(world)[0][0]["full_name"] == shown
    with clock.fixed(NOW + MINUTE):
        again = client.get(f"/v/{code}").text
    assert 'name="confirm"' in again
    answer = send_confirmation(client, code, again)
    assert unescape(re.search(r'class="who"[^>]*>([^<]*)<', answer.text)[1]) == shown


def send_confirmation(client, code, page):
    with clock.fixed(NOW + 2 * MINUTE):
        return client.post(f"/v/{code}", data={"confirm": "yes", "submission": factories.hidden(page, "submission")})


def test_a_name_of_101_characters_is_said_to_be_too_long_and_kept(client, code, world):
    answer = send(client, code, open_form(client, code), full_name="N" + "h" * 100)
    assert answer.status_code == 422 and "Dài quá: nhiều nhất 100 ký tự" in answer.text
    assert value(answer.text, "full_name") == "N" + "h" * 100


@pytest.mark.parametrize(
    ("phone", "kept"),
    [
        ("+44 7911 123456", "+447911123456"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("0086 13800138000", "+8613800138000"),
        ("+82-10-1234-5678", "+821012345678"),
    ],
)
def test_a_traveller_declares_with_a_passport_and_a_phone_of_another_country(client, code, world, phone, kept):
    answer = send(
        client, code, open_form(client, code), full_name="Mary O'Neill", phone=phone, nationality="GB", id_number="ab1234567",
    )  # fmt: skip
    assert DONE in answer.text
    told = declarations(world)[0][0]
    assert (told["phone"], told["id_number"], told["nationality"]) == (kept, "AB1234567", "GB")


@pytest.mark.parametrize(("born", "band"), [("2017", "5-17"), ("2026", "0-4")])
def test_a_child_without_a_number_declares_with_the_phone_of_a_guardian(client, code, world, born, band):
    answer = send(client, code, open_form(client, code), **{**CHILD, "birth_year": born})
    assert DONE in answer.text and "không khớp" not in answer.text
    told, row = declarations(world)[0]
    assert (told["phone"], told["id_number"], row.age_band) == ("+84912345678", "", band)


def test_whoever_has_no_fixed_address_tells_where_they_sleep_tonight_and_nothing_more(client, code, world):
    with clock.fixed(NOW):
        page = client.get(f"/v/{code}").text
    assert "sẽ ngủ đêm nay" in page
    answer = send(client, code, factories.hidden(page, "submission"), address="", id_number="")
    assert DONE in answer.text
    told, row = declarations(world)[0]
    assert told["address"] == "" and row.commune_id == "06652"


def test_a_cough_declared_and_then_denied_is_kept_twice_and_the_door_sees_nothing_of_it(client, code, world):
    assert HELP in send(client, code, open_form(client, code), **COUGHS).text
    later = NOW + 20 * MINUTE
    answer = send(client, code, open_form(client, code, later), later)
    assert DONE in answer.text and HELP not in answer.text
    assert [row.triage for _, row in declarations(world)] == ["watch", "routine"]
    # The visit goes on showing the worst of what was said.
    ((shown,),) = stored(world, Visit.declaration_id)
    assert shown == declarations(world)[0][1].id


@pytest.mark.parametrize("wrong", [False, True], ids=["half typed", "with errors"])
def test_another_language_half_way_keeps_what_was_typed_and_says_again_what_is_wrong(client, code, world, wrong):
    submission = open_form(client, code)
    typed = cast.form(submission=submission, birth_year="", **SON, **COUGHS)
    with clock.fixed(NOW):
        if wrong:
            page = client.post(f"/v/{code}", data=typed)
            assert page.status_code == 422 and 'data-kept="checked"' in page.text
        page = client.post(f"/v/{code}?lang=en", data={**typed, "show_in": "checked" if wrong else "typed"})
    assert page.status_code == (422 if wrong else 200)
    assert '<html lang="en">' in page.text
    assert ('id="birth_year-error"' in page.text) == wrong
    assert (value(page.text, "full_name"), value(page.text, "p2-full_name")) == ("Nguyễn Thị Ánh Tuyết", "Trần Minh An")
    assert value(page.text, "submission") == submission
    assert re.search(r'name="symptom"[^>]*value="cough"[^>]*checked', page.text)
    # Also where nothing is wrong any more: to be shown in another language is not to be sent.
    with clock.fixed(NOW):
        client.post(f"/v/{code}?lang=vi", data={**typed, "birth_year": "1985", "show_in": "checked"})
    assert stored(world, Visit.id) == []
