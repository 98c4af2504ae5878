"""A card at the counter: what it records, what it says, and what it never tells."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.ids import new_id
from checkin.personcards import service
from checkin.personcards.models import PersonCard
from checkin.venues import guesses
from checkin.venues.models import CodeGuess, Venue
from tests import cast, factories
from tests.desk.conftest import word
from tests.personcards.conftest import address, both, both_in_time, issue, read, text_of
from tests.worlds import inside, vault_of


def rows(world, model):
    with inside(world.app()):
        return list(db.session.scalars(sa.select(model)))


def revoke(world, made):
    with inside(world.app()):
        assert service.report_lost(db.session(), vault_of(world.app()), now=clock.now(), lost_code=made.lost_code)
        factories.commit()


@both
def test_a_card_records_a_visit_of_its_holder_and_nobody_opens_anything(world, counter):
    made = issue(world)
    answer = counter.scan(address(made))
    assert word(answer) == "none" and "ĐÃ GHI LƯỢT – CHƯA KHAI Y TẾ" in answer.text and "Nguyễn T. Á. T." in answer.text
    for private in ("1985", "Tuyết", "022185001234", "Trần Phú"):
        assert private not in answer.text
    (visit,), (told,) = counter.visits(), rows(world, Declaration)
    assert (visit.channel, visit.device, visit.declaration_id) == ("paper_card", None, told.id)
    assert (told.triage, told.has_symptoms, told.gender, told.commune_id) == ("none", None, "female", "06652")
    (card,) = rows(world, PersonCard)
    assert told.details == card.details and told.person_id == card.person_id == visit.person_id
    with inside(world.app()):
        assert vault_of(world.app()).open(told.details)["full_name"] == "Nguyễn Thị Ánh Tuyết"


def test_the_card_and_the_identity_card_are_of_one_person(world, counter):
    counter.scan(cast.CCCD)
    counter.scan(address(issue(world)))
    assert len(counter.visits()) == 1


def test_the_word_is_that_of_the_days_declaration(world, counter):
    made = issue(world)
    with inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        for where in (factories.venue(session, vault, "Quán của Chi"), session.get_one(Venue, counter.venue_id)):
            at = clock.now() - timedelta(seconds=30)
            factories.check_in(world.app(), session, vault, where, cast.coughing(), at=at)
            session.commit()
            # Of a yes at another place a card is told no more than that there is a form.
            assert word(counter.scan(address(made))) == ("help" if where.id == counter.venue_id else "declared")
    # Who coughs does not stop by being asked once more.
    assert word(counter.scan(address(made), asked="1")) == "help"


@both_in_time
def test_asked_at_the_counter_and_no_sign_is_a_declaration(world, counter):
    made = issue(world)
    first = counter.scan(address(made))
    kept = factories.hidden(first.text, "kept")
    assert made.code not in first.text
    assert word(counter.send("/desk/record", kept=kept, asked="1")) == "declared"
    told = rows(world, Declaration)
    assert sorted(one.triage for one in told) == ["none", "routine"] and len(counter.visits()) == 1
    assert [one.flags for one in told if one.triage == "routine"] == [["asked_at_counter"]]


@both_in_time
def test_the_same_card_ten_times_in_a_minute_is_one_visit(world, counter):
    made = issue(world)
    for text in [address(made), address(made).upper(), made.code, made.code.lower()] * 3:
        assert counter.scan(text).status_code == 200
    assert len(counter.visits()) == len(rows(world, Declaration)) == 1


@both
def test_a_cancelled_card_is_said_to_be_so_and_records_nothing(world, counter):
    made = issue(world)
    revoke(world, made)
    answer = counter.scan(address(made))
    assert answer.status_code == 422 and "THẺ ĐÃ HUỶ" in answer.text and "Khai hộ" in answer.text
    assert "Nguyễn" not in answer.text and counter.visits() == [] and rows(world, Declaration) == []


@both
def test_what_was_recorded_without_network_before_a_card_was_cancelled_is_taken_and_what_came_after_is_refused(
    world, counter
):
    made = issue(world)
    hour_ago = str(int((clock.now() - timedelta(hours=1)).timestamp() * 1000))
    first = {"submission": str(new_id(clock.now())), "at": hour_ago, "venue": str(counter.venue_id)}
    assert counter.scan(address(made), **first).status_code == 200
    revoke(world, made)
    # The answer was lost on the way: sent again it is the same visit, and nothing is held back on the device.
    assert counter.scan(address(made), **first).status_code == 200
    here = {"venue": str(counter.venue_id)}
    before = str(int((clock.now() - timedelta(hours=9)).timestamp() * 1000))
    assert counter.scan(address(made), submission=str(new_id(clock.now())), at=before, **here).status_code == 200
    since = str(int(clock.now().timestamp() * 1000))
    late = counter.scan(address(made), submission=str(new_id(clock.now())), at=since, **here)
    assert late.status_code == 422 and "THẺ ĐÃ HUỶ" in late.text and len(counter.visits()) == 2


@both
def test_a_record_that_was_kept_and_says_not_where_is_taken_nowhere(world, counter):
    hour_ago = str(int((clock.now() - timedelta(hours=1)).timestamp() * 1000))
    answer = counter.scan(address(issue(world)), submission=str(new_id(clock.now())), at=hour_ago, venue="")
    assert answer.status_code == 422 and counter.visits() == []


def test_a_code_of_no_card_is_counted_as_a_guess_and_says_the_same_with_and_without_an_address(world, counter):
    guesses._waiting.take(at_once=True)
    for text in ("http://localhost:8000/c/K7QF3M2P9XD", "K7QF-3M2P-9XD"):
        answer = counter.scan(text)
        assert answer.status_code == 422 and "Không có thẻ này" in answer.text
    with inside(world.app()):
        guesses.write_round(db.session())
        assert sum(guess.count for guess in db.session.scalars(sa.select(CodeGuess))) == 2


def test_a_poster_scanned_at_the_counter_gets_a_word_of_its_own(world, counter):
    with inside(world.app()):
        code = factories.code_of(db.session(), db.session.get_one(Venue, counter.venue_id))
    for text in (f"http://localhost:8000/v/{code}", code):
        assert "mã dán tường" in counter.scan(text).text
    assert counter.visits() == []


def test_two_cards_in_one_reading_are_refused(world, counter):
    answer = counter.scan(address(issue(world)) + "\n" + address(issue(world, full_name="Lê A")))
    assert answer.status_code == 422 and "Hai thẻ khác nhau" in answer.text and counter.visits() == []


@both_in_time
def test_the_day_of_its_use_is_noted_once_a_day(world, counter):
    made = issue(world)
    with inside(world.app()):
        db.session.execute(sa.update(PersonCard).values(used_on=clock.today() - timedelta(days=9)))
        db.session.commit()
    counter.scan(address(made))
    assert [card.used_on for card in rows(world, PersonCard)] == [clock.today()]


def test_a_device_that_was_ended_records_nothing(world, counter):
    made, path = issue(world), "/desk/record"
    assert counter.scan(address(made)).status_code == 200
    counter.browser.delete_cookie("desk")
    assert counter.send(path, card=address(made)).status_code == 403


@both
def test_the_counter_makes_a_card_for_whom_it_has_just_recorded(world, counter):
    answer = counter.scan(cast.CCCD)
    held = factories.hidden(answer.text, "who")
    made = counter.browser.post("/desk/card", data={"csrf_token": counter.csrf, "who": held})
    assert made.mimetype == "application/pdf" and "Nguyễn Thị" in text_of(made.data)
    assert made.headers["Cache-Control"] == "no-store"
    (url,) = read(made.data)
    assert word(counter.scan(url)) == "none" and len(counter.visits()) == 1
    (card,) = rows(world, PersonCard)
    assert (card.issued_by, card.venue_id, card.device) == ("desk", counter.venue_id, None)


@pytest.mark.parametrize("held", ["", "QUJD", "é", "A" * 9000])
def test_a_card_for_nobody_is_refused_in_words(world, counter, held):
    counter.scan(cast.CCCD)
    answer = counter.browser.post("/desk/card", data={"csrf_token": counter.csrf, "who": held})
    assert answer.status_code == 422 and "Đã quá lâu" in answer.text and rows(world, PersonCard) == []


def test_who_was_recorded_is_held_for_half_an_hour_alone(world, counter):
    held = factories.hidden(counter.scan(cast.CCCD).text, "who")
    with clock.fixed(clock.now() + timedelta(minutes=31)):
        answer = counter.browser.post("/desk/card", data={"csrf_token": counter.csrf, "who": held})
    assert answer.status_code == 422


def test_no_card_is_offered_for_a_name_that_lost_its_letters(world, counter):
    answer = counter.scan("022185001234||Nguy?n Th? ?nh Tuy?t|02091985|Nữ|Hạ Long|10052021")
    assert answer.status_code == 200 and not re.search('name="who"', answer.text)
