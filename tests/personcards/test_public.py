"""What the public side gives away of cards: nothing; and what the own phone may do with those it made."""

import re

import psycopg
import pytest
import sqlalchemy as sa

from checkin.db import db
from checkin.people.models import Person
from checkin.personcards.models import PersonCard
from checkin.venues import guesses
from checkin.venues.models import CodeGuess
from checkin.web import limiter
from tests import cast, factories
from tests.desk.conftest import word
from tests.personcards.conftest import FORM, address, both, issue, read
from tests.worlds import inside

HERE = {"province": "22", "commune": factories.HA_TU}


def cards(world):
    with inside(world.app()):
        return list(db.session.scalars(sa.select(PersonCard).order_by(PersonCard.id)))


def plain(answer):
    return re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text)


def test_the_page_behind_a_code_is_the_same_for_every_code_and_asks_the_database_nothing(world, phone):
    made, asked = issue(world), []

    def note(_connection, _cursor, statement, *_more):
        asked.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        pages = {
            plain(phone.get(f"/c/{code}")).replace(f"/c/{code}", "")
            for code in (made.code, made.code.lower(), "K7QF3M2P9XD", "x", made.lost_code)
        }
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert len(pages) == 1 and asked == []
    (page,) = pages
    for private in ("Tuyết", "Nguyễn", "1985", "06652"):
        assert private not in page
    # To nobody else, and yet the form of the page is known to be ours.
    assert phone.get(f"/c/{made.code}").headers["Referrer-Policy"] == "same-origin"


def test_the_code_on_the_card_cancels_nothing_and_is_no_code_to_check_in_with(world, phone):
    made = issue(world)
    token = factories.token(phone, "/c/")
    assert phone.post("/c/", data={"csrf_token": token, "code": made.code}).status_code == 422
    assert phone.get(f"/v/{made.code}").status_code == 404
    assert cards(world)[0].revoked_at is None


@both
def test_the_strip_at_home_cancels_the_card_and_says_so_twice_alike(world, phone, counter):
    made = issue(world)
    token = factories.token(phone, "/c/")
    typed = f" {made.lost_code[:4].lower()}-{made.lost_code[4:8]} {made.lost_code[8:]} "
    for _ in range(2):
        answer = phone.post("/c/", data={"csrf_token": token, "code": typed}, follow_redirects=True)
        assert answer.status_code == 200 and "Đã huỷ thẻ" in answer.text and "Nguyễn" not in answer.text
    assert cards(world)[0].revoked_how == "lost" and counter.scan(address(made)).status_code == 422


@pytest.mark.parametrize("code", ["", "K7QF", "K7QF3M2P9XE", "K7QF3M2P9XD", "x" * 5000, "\x00", "٣" * 11])
def test_a_wrong_code_is_said_beside_the_field_and_counted(world, phone, code):
    token = factories.token(phone, "/c/")
    guesses._waiting.take(at_once=True)
    answer = phone.post("/c/", data={"csrf_token": token, "code": code})
    assert answer.status_code == 422 and 'class="error"' in answer.text
    with inside(world.app()):
        guesses.write_round(db.session())
        counted = sum(guess.count for guess in db.session.scalars(sa.select(CodeGuess)))
    assert counted == (1 if code.strip("\x00") else 0)


@pytest.mark.long
def test_whoever_tries_codes_is_slowed(sqlite, phone_of_sqlite):
    token = factories.token(phone_of_sqlite, "/c/")
    limiter.enabled = True
    try:
        statuses = [
            phone_of_sqlite.post("/c/", data={"csrf_token": token, "code": "K7QF3M2P9XD"}).status_code
            for _ in range(70)
        ]
    finally:
        limiter.enabled = False
    assert statuses[0] == 422 and statuses[-1] == 429


@pytest.fixture
def phone_of_sqlite(sqlite):
    return sqlite.app("public").test_client()


@both
def test_a_phone_makes_a_card_for_somebody_of_the_family_and_takes_it_back(world, phone, counter):
    token = factories.token(phone, "/card")
    made = phone.post("/card", data={"csrf_token": token, **FORM, **HERE, "form": "sheet"})
    assert made.mimetype == "application/pdf" and made.headers["Cache-Control"] == "no-store"
    (url,) = read(made.data)
    assert word(counter.scan(url)) == "none"
    page = phone.get("/me/").text
    assert "Nguyễn T. Á. T." in page and "Ánh Tuyết" not in page
    (card,) = cards(world)
    assert str(card.id) in page and card.issued_by == "citizen"
    stranger = world.app("public").test_client()
    assert str(card.id) not in stranger.get("/me/").text
    form = {"csrf_token": factories.token(stranger, "/card"), "card": str(card.id)}
    stranger.post("/card/revoke", data=form)
    # Also with a device of its own.
    stranger.post("/card", data=form | FORM | HERE)
    stranger.post("/card/revoke", data=form)
    assert cards(world)[0].revoked_at is None
    assert phone.post("/card/revoke", data={"csrf_token": token, "card": str(card.id)}).status_code == 303
    assert cards(world)[0].revoked_how == "device" and counter.scan(url).status_code == 422


def test_what_the_phone_remembers_is_filled_in_unless_it_is_for_somebody_else(world, phone):
    with inside(world.app()):
        code = factories.code_of(db.session(), factories.venue(db.session(), world.app().extensions["checkin_vault"]))
        factories.commit()
    phone.post(f"/v/{code}", data=cast.form(submission=factories.submission(phone, code)))
    assert 'value="Nguyễn Thị Ánh Tuyết"' in phone.get("/card").text
    assert "Ánh Tuyết" not in phone.get("/card?new=1").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"full_name": ""},
        {"full_name": "x" * 101},
        {"birth_year": "x"},
        {"gender": ""},
        {"commune": "zzz"},
        {"form": "a3"},
        {"phone": "1"},
    ],
)
def test_bad_input_is_said_beside_the_field_and_makes_no_card(world, phone, wrong):
    token = factories.token(phone, "/card")
    answer = phone.post("/card", data={"csrf_token": token, **FORM, **HERE, **wrong})
    assert answer.status_code == 422 and 'class="error"' in answer.text and cards(world) == []


@pytest.mark.long
def test_a_phone_makes_so_many_cards_a_day(sqlite, phone_of_sqlite):
    token = factories.token(phone_of_sqlite, "/card")
    limiter.enabled = True
    try:
        statuses = [
            phone_of_sqlite.post("/card", data={"csrf_token": token, **FORM, **HERE}).status_code for _ in range(22)
        ]
    finally:
        limiter.enabled = False
    assert statuses == [200] * 20 + [429] * 2


@pytest.mark.postgresql
def test_the_public_role_sees_a_card_by_its_code_and_can_neither_list_nor_change_whose_it_is(postgresql):
    issue(postgresql)
    (card,) = cards(postgresql)
    with psycopg.connect(postgresql.urls["public"], autocommit=True) as public:
        assert public.execute("SELECT count(*) FROM person_card").fetchone() == (0,)
        assert public.execute("UPDATE person_card SET revoked_at = now(), revoked_how = 'lost'").rowcount == 0
        public.execute("SELECT set_config('checkin.card', %s, false)", (card.code_index.hex(),))
        assert public.execute("SELECT id FROM person_card").fetchall() == [(card.id,)]
        for forbidden in (
            "SELECT venue_id FROM person_card",
            "UPDATE person_card SET person_id = gen_random_uuid()",
            "UPDATE person_card SET details = 'x'",
            "DELETE FROM person_card",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                public.execute(forbidden)
        # No card is kept longer than the others by a day to come.
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            public.execute("UPDATE person_card SET used_on = current_date + 3")
        assert public.execute("UPDATE person_card SET used_on = current_date").rowcount == 1
        # What is out of use stays so.
        assert public.execute("UPDATE person_card SET revoked_at = now(), revoked_how = 'lost'").rowcount == 1
        assert public.execute("UPDATE person_card SET revoked_at = NULL, revoked_how = NULL").rowcount == 0
    assert cards(postgresql)[0].revoked_how == "lost"


@pytest.mark.postgresql
@pytest.mark.parametrize("by", ["citizen", "desk", "commune"])
def test_the_public_role_issues_in_its_own_name_alone(postgresql, by):
    columns = "id, person_id, gender, age_band, details, masked_name, code_index, lost_index, issued_at, issued_by, used_on, device, venue_id"
    values = f"gen_random_uuid(), gen_random_uuid(), '', '', 'x', 'x', 'a', 'b', now(), '{by}', current_date"
    venue = "gen_random_uuid()" if by == "desk" else "NULL"
    with psycopg.connect(postgresql.urls["public"], autocommit=True) as public:
        public.execute("SELECT set_config('checkin.device', '00', false)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            public.execute(f"INSERT INTO person_card ({columns}) VALUES ({values}, '\\x01', {venue})")
        if by == "citizen":
            for column in ("current_date", "now()"):
                later = values.replace(column, f"{column} + interval '3 days'")
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    public.execute(f"INSERT INTO person_card ({columns}) VALUES ({later}, '\\x00', NULL)")
            public.execute(f"INSERT INTO person_card ({columns}) VALUES ({values}, '\\x00', NULL)")


@both
def test_a_card_of_the_own_phone_says_of_nobody_new_where_they_live(world, phone):
    token = factories.token(phone, "/card")
    answer = phone.post("/card", data={**FORM, **HERE, "csrf_token": token})
    assert answer.status_code in (200, 303)
    (card,) = cards(world)
    assert card.commune_id == factories.HA_TU and card.issued_by == "citizen"
    with inside(world.app()):
        assert [person.commune_id for person in db.session.scalars(sa.select(Person))] == [None]
