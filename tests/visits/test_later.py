"""A declaration that a phone kept while it had no network: when it counts from, that it counts once, what is refused."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.ids import new_id
from checkin.venues.models import Venue
from checkin.venues.queries import known_door
from checkin.visits import later, offline
from checkin.visits.flags import Arrivals
from checkin.visits.models import Submission
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of

HOUR = timedelta(hours=1)


@pytest.fixture
def code(world):
    """The code of a supermarket."""
    app = world.app()
    with clock.fixed(NOW), inside(app):
        code = factories.code_of(db.session(), factories.venue(db.session(), vault_of(app)))
        factories.commit()
    return code


def send(client, code, age=HOUR, *, at=NOW, submission=None, told="", **changes):
    """What a phone sends that made this declaration so long ago."""
    fields = cast.form(submission=submission or str(new_id(at - HOUR)), **changes)
    ago = "" if age is None else str(int(age.total_seconds() * 1000))
    known = str(int(told.timestamp() * 1000)) if told else ""
    with clock.fixed(at):
        return client.post(f"/v/{code}/later", data={**fields, "age": ago, "at": known})


def signed(client, code, at):
    """The submission of a page that was opened then."""
    with clock.fixed(at):
        return factories.submission(client, code, "?new=1")


def another_door(world):
    app = world.app()
    with clock.fixed(NOW), inside(app):
        code = factories.code_of(db.session(), factories.venue(db.session(), vault_of(app), "Chợ Hạ Long 1"))
        factories.commit()
    return code


def visits(world):
    with inside(world.app()):
        return [(one.entered_at, one.flags, one.until_latest) for one in factories.all_visits(db.session())]


def count(world, model):
    with inside(world.app()):
        return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def test_it_counts_from_the_moment_it_was_made_and_says_who_told_it(client, world, code):
    submission = str(new_id(NOW))
    answer = send(client, code, 3 * HOUR, submission=submission)
    assert answer.status_code == 200 and "ĐÃ KHAI BÁO" in answer.text and "07:30:00" in answer.text
    assert answer.headers["X-Kept"] == submission
    assert [one[:2] for one in visits(world)] == [(NOW - 3 * HOUR, "told")]
    with inside(world.app()):
        assert db.session.scalar(sa.select(Declaration.made_at)) == NOW - 3 * HOUR
        assert db.session.scalar(sa.select(Submission.received_at)) == NOW


def test_what_a_page_sends_at_once_was_seen_by_the_server_and_carries_no_flag(client, world, code):
    for number, age in enumerate([later.AT_ONCE, later.AT_ONCE + timedelta(seconds=1)]):
        send(
            client,
            code,
            age,
            submission=signed(client, code, NOW),
            full_name="Trần Văn Hưng",
            phone=f"090411822{number}",
        )
    assert sorted(flags for _, flags, _ in visits(world)) == ["", "told"]


def test_an_id_that_no_page_was_given_is_the_phones_word_however_soon_it_comes(client, world, code):
    send(client, code, timedelta(0))
    assert [flags for _, flags, _ in visits(world)] == ["told"]


@pytest.mark.parametrize(
    ("came", "flags"),
    [
        (Arrivals(device=1000), "burst told"),
        (Arrivals(network=100_000), "burst told"),
        (Arrivals(venue=100_000), "told"),
    ],
)
def test_a_flood_of_late_ones_from_one_phone_or_network_is_seen(client, world, code, monkeypatch, came, flags):
    monkeypatch.setattr(offline, "arrived", lambda door: came)
    send(client, code)
    assert [one[1] for one in visits(world)] == [flags]


def test_what_comes_late_shortens_no_stay_elsewhere(client, world, code):
    with clock.fixed(NOW):
        client.post(f"/v/{code}", data=cast.form(submission=factories.submission(client, code)))
        before = ends(world)
    late = 11 * HOUR
    assert send(client, another_door(world), late - timedelta(minutes=1), at=NOW + late).status_code == 200
    assert len(visits(world)) == 2 and before[0] in ends(world)


def test_an_earlier_scan_that_comes_late_draws_no_end_nearer(client, world, code):
    minute = timedelta(minutes=1)
    for minutes in (0, 50):
        with clock.fixed(NOW + minutes * minute):
            client.post(f"/v/{code}", data=cast.form(submission=factories.submission(client, code, "?new=1")))
    before = ends(world)
    assert send(client, code, 30 * minute, at=NOW + 60 * minute).status_code == 200
    assert ends(world) == before and len(before) == 1


def ends(world):
    """(entered, likely end, latest end, how the end is known) of each visit."""
    with inside(world.app()):
        found = factories.all_visits(db.session())
        return [(one.entered_at, one.until_likely, one.until_latest, one.end_set_by) for one in found]


def test_the_same_declaration_ten_times_is_one_visit_and_changed_it_is_another_one_flagged(client, world, code):
    submission = str(new_id(NOW))
    for minutes in range(10):
        moment = NOW + timedelta(minutes=minutes)
        assert (
            send(client, code, HOUR + timedelta(minutes=minutes), at=moment, submission=submission).status_code == 200
        )
    assert len(visits(world)) == count(world, Declaration) == 1
    ten = timedelta(minutes=10)
    send(client, code, HOUR + ten, at=NOW + ten, submission=submission, symptoms="yes", symptom="cough")
    with inside(world.app()):
        assert sorted(row.flags for row in db.session.scalars(sa.select(Declaration))) == [[], ["resent"]]


def test_a_form_that_came_through_although_the_phone_thinks_it_did_not_is_one_visit(client, world, code):
    with clock.fixed(NOW - HOUR):
        fields = cast.form(submission=factories.submission(client, code))
        assert client.post(f"/v/{code}", data=fields).status_code == 200
    assert send(client, code, submission=fields["submission"]).status_code == 200
    assert [one[:2] for one in visits(world)] == [(NOW - HOUR, "")]


def test_a_day_old_is_taken_also_over_midnight_and_older_is_not(client, world, code):
    assert send(client, code, later.OLDEST).status_code == 200
    answer = send(client, code, later.OLDEST + timedelta(seconds=1), full_name="Trần Văn Hưng")
    assert answer.status_code == 410 and "quá 24 giờ" in answer.text and answer.headers["X-Kept"]
    assert [one[0] for one in visits(world)] == [NOW - later.OLDEST]


@pytest.mark.parametrize(
    ("told", "age", "counts"),
    [
        (NOW - HOUR, HOUR, HOUR),
        # The phone's clock was set right by a day when the network came back, forwards or backwards.
        (NOW - HOUR, 25 * HOUR, HOUR),
        (NOW - HOUR, None, HOUR),
        # It was wrong when the declaration was made.
        (NOW + 23 * HOUR, HOUR, HOUR),
        (NOW - 25 * HOUR, HOUR, HOUR),
        # Nothing says when but that it was before now.
        (NOW + HOUR, None, 0 * HOUR),
        ("", None, 0 * HOUR),
        (NOW - 25 * HOUR, 26 * HOUR, None),
        (NOW + HOUR, 26 * HOUR, None),
    ],
)
def test_a_clock_that_was_wrong_or_was_set_right_moves_no_visit(client, world, code, told, age, counts):
    answer = send(client, code, age, told=told)
    assert answer.status_code == (200 if counts is not None else 410)
    assert [one[:2] for one in visits(world)] == ([] if counts is None else [(NOW - counts, "told")])


@pytest.mark.parametrize("shut", ["suspended", "closed", "revoked"])
def test_who_came_before_the_place_was_shut_is_taken_and_who_came_after_is_told_why(client, world, code, shut):
    app, opened = world.app(), signed(client, code, NOW - 3 * HOUR)
    with inside(app), clock.fixed(NOW):
        session = db.session()
        venue = session.scalars(sa.select(Venue)).one()
        at = NOW - 2 * HOUR
        if shut == "suspended":
            venue.state, venue.suspended_at, venue.suspended_reason = "suspended", at, "Có ca bệnh"
        elif shut == "closed":
            venue.state, venue.closed_at = "closed", at
        else:
            session.scalars(sa.select(factories.Code)).one().revoked_at = at
        factories.commit()
        known_door.forget()
    second = timedelta(seconds=1)
    # That it was before, the page shows that was opened before; the phone alone where the owner closed.
    for page, age in ((opened, 2 * HOUR), ("", 2 * HOUR), *([] if shut == "closed" else [("", 2 * HOUR + second)])):
        after = send(client, code, age, submission=page)
        assert after.status_code == 410 and after.headers["X-Kept"] and "Siêu thị Bạch Đằng" in after.text
    assert visits(world) == []
    before = "" if shut == "closed" else opened
    assert send(client, code, 2 * HOUR + second, submission=before).status_code == 200
    assert len(visits(world)) == 1


def test_a_page_is_known_by_when_the_server_signed_it():
    kept, shut = later.Later(new_id(NOW), NOW - 2 * HOUR, told=True, signed_at=NOW - HOUR), NOW - HOUR
    for at in ({"closed_at": shut, "barred_at": None}, {"closed_at": None, "barred_at": shut}):
        assert not later.was_open(kept, **at)
        assert later.was_open(replace(kept, signed_at=shut - timedelta(seconds=1)), **at)
    assert not later.was_open(replace(kept, signed_at=None), closed_at=NOW, barred_at=shut)


def test_what_is_wrong_comes_back_beside_its_field_with_all_that_was_typed(client, world, code):
    answer = send(client, code, birth_year="2199", address="Số 12, đường Trần Phú")
    assert answer.status_code == 422 and answer.headers["X-Kept"]
    assert "data-later" in answer.text and "Năm sinh ở tương lai" in answer.text
    assert 'value="2199"' in answer.text and 'value="Số 12, đường Trần Phú"' in answer.text
    assert visits(world) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"submission": ""},
        {"submission": "x" * 501},
        {"submission": "é" * 40},
        {"at": "x"},
        {"at": "1" * 15},
        {"age": "-1"},
        {"age": "1" * 13},
    ],
)
def test_it_rejects_what_no_phone_sends(client, world, code, wrong):
    fields = cast.form(submission=str(new_id(NOW))) | {"age": "1000"} | wrong
    answer = client.post(f"/v/{code}/later", data=fields)
    # What is refused stays on the phone with the reason; what names no declaration is no phone's.
    assert answer.status_code == 400 and ("X-Kept" in answer.headers) == ("submission" not in wrong)
    assert visits(world) == []


def test_the_text_of_a_card_that_was_not_filled_in_any_more_is_read_when_it_comes(client, world, code):
    """As on a page with network, where a form that is sent reads what stands in that field."""
    empty = {"full_name": "", "birth_year": "", "gender": ""}
    assert send(client, code, card=cast.CCCD, **empty).status_code == 200
    assert len(visits(world)) == 1


def test_a_whole_group_and_one_tap_are_taken_too(client, world, code):
    child = {"also": "2", "p2-full_name": "Nguyễn Minh An", "p2-birth_year": "2016", "p2-gender": "male"}
    child |= {f"p2-{question}": "no" for question in ("symptoms", "contact_sick", "travel")}
    assert send(client, code, **child).status_code == 200
    assert len(visits(world)) == 2
    tap = {"submission": str(new_id(NOW)), "confirm": "yes", "age": "0"}
    with clock.fixed(NOW + 8 * HOUR):
        ticked = re.findall(r'name="who" value="([^"]+)"', client.get(f"/v/{code}").text)
        tap["who"] = ticked[:1]
        assert client.post(f"/v/{code}/later", data=tap).status_code == 200
        client.delete_cookie("me")
        answer = client.post(f"/v/{code}/later", data=tap | {"submission": str(new_id(NOW))})
    assert answer.status_code == 422 and "data-later" in answer.text
    assert len(visits(world)) == 3


def test_one_tap_for_somebody_who_was_taken_off_meanwhile_declares_for_nobody_else(client, world, code):
    child = {"also": "2", "p2-full_name": "Nguyễn Minh An", "p2-birth_year": "2016", "p2-gender": "male"}
    child |= {f"p2-{question}": "no" for question in ("symptoms", "contact_sick", "travel")}
    send(client, code, **child)
    with clock.fixed(NOW):
        _, second = re.findall(r'name="who" value="([^"]+)"', client.get(f"/v/{code}").text)
        client.post("/forget-me", data={"person": second})
        tap = {"submission": str(new_id(NOW)), "confirm": "yes", "age": "0", "who": second}
        assert client.post(f"/v/{code}/later", data=tap).status_code == 422
    assert count(world, Declaration) == 2


def test_what_was_declared_since_is_not_taken_back_by_what_was_declared_before_it(client, world, code):
    with clock.fixed(NOW):
        ill = cast.form(submission=factories.submission(client, code), symptoms="yes", symptom="cough")
        client.post(f"/v/{code}", data=ill)
        ends = visits(world)[0][2]
        # The healthy declaration of yesterday comes after today's cough: no one tap is offered for it.
        assert send(client, code, 20 * HOUR).status_code == 200
        assert 'name="confirm"' not in client.get(f"/v/{code}").text
    assert [one for one in visits(world) if one[0] == NOW][0][2] == ends


def test_what_the_phone_keeps_names_nobody_and_is_the_same_for_every_door_and_everybody(client, world, code):
    send(client, code)
    known = client.get("/visitor-worker.js?lang=vi")
    strange = world.app().test_client().get("/visitor-worker.js?lang=vi")
    assert known.data == strange.data
    assert known.headers["Service-Worker-Allowed"] == "/v/"
    for text in ("Ánh Tuyết", "Bạch Đằng", code):
        assert text not in known.text
    kept = json.loads(re.match(r"var KEPT = (.*);\n", known.text)[1])
    assert "script-src 'self'" in kept["headers"]["Content-Security-Policy"]
    assert set(re.findall(r'<script src="([^"]+)"', kept["form"])) == {kept["address"]} == {"/visitor.js"}
    assert kept["script"] == client.get("/visitor.js?lang=vi").text
    assert "SAVED – NOT SENT YET" in client.get("/visitor-worker.js?lang=en").text
    # No answer is preset, as on the page of a door.
    assert " checked" not in kept["form"]


def test_a_worker_that_the_browser_has_is_not_sent_again(client):
    first = client.get("/visitor-worker.js?lang=vi")
    again = client.get("/visitor-worker.js?lang=vi", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and not again.data
    assert first.headers["Cache-Control"] == "private, max-age=86400"
    assert first.headers.getlist("Vary") == ["Accept-Encoding"] and "Set-Cookie" not in first.headers
