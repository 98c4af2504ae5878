"""Several people on one declaration without a venue: each with answers, a reference and a row of the station's list."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.calls.models import StationCall
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.people.models import Person
from tests import factories
from tests.calls.pages import fields, send, submission
from tests.conftest import NOW
from tests.worlds import inside, vault_of

SON = {"full_name": "Trần Minh An", "birth_year": "2017", "gender": "male"}
FRIEND = {
    "full_name": "Camille Dupont",
    "birth_year": "1990",
    "gender": "other",
    "id_number": "18AB12345",
    "nationality": "FR",
}


def along(*people, **changes):
    """The fields of those who come along, every answer no."""
    sent = {"also": [str(number) for number in range(2, 2 + len(people))]}
    for number, person in enumerate(people, 2):
        answers = dict.fromkeys(("symptoms", "contact_sick", "travel"), "no")
        sent |= {f"p{number}-{name}": value for name, value in {**answers, **person}.items()}
    return sent | changes


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def plain(sqlite):
    """Where the database has no part in it."""
    with clock.fixed(NOW), inside(sqlite.app()):
        yield sqlite.app().test_client()


def calls():
    # What the page of this very context read began a transaction, which would not see what came since.
    db.session.rollback()
    return db.session.scalars(sa.select(StationCall).order_by(StationCall.id)).all()


def test_a_family_in_one_car_is_three_people_of_one_journey_with_a_reference_each(client, app):
    sick = {**SON, "symptoms": "yes", "symptom": ["fever"], "contact_sick": "yes"}
    answer = send(client, "enter", doses="2", contact_abroad="yes", **along(sick, FRIEND))
    assert answer.status_code == 200 and "Tờ khai của 3 người" in answer.text
    found = calls()
    opened = {one["full_name"]: one for one in (vault_of(app).open(call.details) for call in found)}
    names = ["Nguyễn Thị Ánh Tuyết", SON["full_name"], FRIEND["full_name"]]
    assert sorted(opened) == sorted(names)
    assert all(call.reference in answer.text for call in found) and len({call.reference for call in found}) == 3
    assert len({call.group_id for call in found} - {None}) == 1 and {call.commune_id for call in found} == {
        factories.HA_TU
    }
    assert sorted(call.triage for call in found) == ["routine", "urgent", "watch"]
    assert {one["journey"]["plate"] for one in opened.values()} == {"14B-123.45"}
    # Asked of the first alone.
    assert [opened[name]["journey"]["doses"] for name in names] == ["2", "", ""]
    assert [opened[name]["journey"]["contacts"] for name in names] == [["abroad"], [], []]
    assert {one["phone"] for one in opened.values()} == {"+84912345678"}
    assert opened[FRIEND["full_name"]]["nationality"] == "FR"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Declaration)) == 3


def test_the_same_form_counts_once_however_many_at_once_and_a_changed_one_is_new(client, app):
    token = submission(client, "enter")
    posted = fields("enter", submission=token, **along(SON, FRIEND))

    def once(_number):
        with clock.fixed(NOW):
            return app.test_client().post("/declare/enter", data=posted).text

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(once, range(12)))
    (shown,) = {tuple(dict.fromkeys(re.findall(r"KB-[0-9A-Z-]{11}", text))) for text in answers}
    assert len(shown) == 3, answers[0][:3000]
    assert len(calls()) == 3
    send(client, "enter", submission=token, **along(SON))
    assert len(calls()) == 5 and db.session.scalar(sa.select(sa.func.count()).select_from(Person)) == 3


def test_one_more_and_one_fewer_keep_what_was_typed_and_preset_nothing(plain):
    token = submission(plain, "leave")
    typed = fields("leave", submission=token, **along(SON))
    page = plain.post("/declare/leave", data={**typed, "more": "1"}).text
    assert 'id="p3"' in page and 'value="Trần Minh An"' in page and 'value="Hà Nội"' in page
    assert not re.search(r'name="p3-[a-z_]+"[^>]*checked', page) and "Còn mục cần sửa" not in page
    assert token in page
    page = plain.post("/declare/leave", data={**typed, "drop": "2"}).text
    assert 'name="p2-full_name"' not in page and 'value="Hà Nội"' in page
    full = along(*({**SON, "full_name": f"Trần Minh An {letter}"} for letter in "ABCDEFGHI"))
    page = plain.post("/declare/leave", data={**fields("leave", submission=token), **full, "more": "1"}).text
    assert 'name="more"' not in page and "nhiều nhất 10 người" in page
    assert calls() == []


@pytest.mark.parametrize(
    ("person", "said"),
    [
        ({**SON, "full_name": ""}, "p2-full_name"),
        ({**SON, "birth_year": "2077"}, "p2-birth_year"),
        ({**SON, "travel": ""}, "p2-travel"),
        ({**SON, "travel": "yes"}, "p2-travel_where"),
        ({**SON, "full_name": "x" * 101}, "p2-full_name"),
        ({"full_name": "Nguyễn Thị Ánh Tuyết", "birth_year": "1985", "gender": "female"}, "p2-full_name"),
    ],
)  # fmt: skip
def test_what_is_wrong_of_who_comes_along_is_said_beside_the_field_and_nothing_is_stored(plain, person, said):
    answer = send(plain, "return", **along(person))
    assert answer.status_code == 422 and f'id="{said}-error"' in answer.text and f'href="#{said}"' in answer.text
    assert 'value="Bình Dương"' in answer.text and calls() == []


def test_who_comes_along_goes_where_the_first_goes_whatever_else_is_sent(plain):
    elsewhere = {**SON, "province": "01", "commune": "00070", "commune_other": "Hoàn Kiếm", "address": "Số 1"}
    assert send(plain, "enter", **along(elsewhere)).status_code == 200
    assert {call.commune_id for call in calls()} == {factories.HA_TU}


def test_who_feels_ill_speaks_for_one(plain):
    page = plain.get("/declare/ill").text
    assert 'name="more"' not in page
    assert send(plain, "ill", **along(SON)).status_code == 200
    assert plain.post("/declare/ill", data={**fields("ill"), "more": "1"}).text.count('name="also"') == 0
    assert len(calls()) == 1


PLATES = ("14B-123.45", "14b1 234.56", "14B12345", "14-B1 12345", "QN-1234", "粤A·12345", "VJ 284", "không nhớ")


def test_a_plate_is_kept_as_it_was_written(plain):
    for plate in PLATES:
        assert send(plain, "enter", plate=f"  {plate} ").status_code == 200
    kept = {vault_of(plain.application).open(call.details)["journey"]["plate"] for call in calls()}
    assert kept == set(PLATES)
