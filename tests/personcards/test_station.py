"""A station's cards: made one by one and by list, for its own people; found, opened on record, cancelled and restored."""

import psycopg
import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.db import db
from checkin.errors import AccessDenied
from checkin.people.models import Person
from checkin.personcards import service
from checkin.personcards.models import PersonCard
from tests import cast, factories
from tests.desk.conftest import word
from tests.personcards.conftest import FORM, address, both, both_in_time, issue, page_of, station_of, text_of
from tests.posters.phone import zxing
from tests.worlds import inside, vault_of

THREE = "Lê A; 1950; 0904118226\nTrần Thị Bình; không rõ\nNguyễn Thị Ánh Tuyết; 1985; Nữ; 022185001234"


def cards(world):
    with inside(world.app()):
        return list(db.session.scalars(sa.select(PersonCard).order_by(PersonCard.id)))


def actions(world):
    with inside(world.app()):
        return [
            (entry.action, entry.rows, entry.subject)
            for entry in db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq))
            if entry.action.startswith("card.")
        ]


@both_in_time
def test_a_list_makes_a_card_for_each_line_that_can_be_read(world, station, counter):
    shown = station.post("many", people=THREE, form="sheet")
    assert shown.status_code == 200 and "thiếu năm sinh" in shown.text and "Làm 2 thẻ" in shown.text
    assert cards(world) == []  # looking stores nothing
    made = station.post("many", people=THREE, form="sheet", make="1")
    assert made.mimetype == "application/pdf" and "Bình" not in text_of(made.data)
    urls = zxing(page_of(made.data))
    assert len(urls) == len(cards(world)) == 2
    assert {counter.scan(url).status_code for url in urls} == {200}
    assert sorted(visit.masked_name for visit in counter.visits()) == ["Lê A.", "Nguyễn T. Á. T."]
    assert actions(world)[0] == ("card.issue", 2, "06652")


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ("", "Dán hoặc gõ danh sách"),
        ("Lê A", "Không dòng nào"),
        ("x" * 40_001, "Dài quá"),
        ("\n".join(f"Lê A{'b' * (n % 50)} C{'d' * (n // 50)}; 1950" for n in range(201)), "Dài quá"),
    ],
)
def test_a_list_that_makes_no_card_is_said_to_be_so_and_stays_as_typed(world, station, people, said):
    answer = station.post("many", people=people, form="sheet", make="1")
    assert answer.status_code == 422 and said in answer.text and cards(world) == []
    assert people[:50].strip() in answer.text


def test_the_form_says_what_is_missing_beside_the_field(world, station):
    answer = station.post("new", **FORM | {"full_name": "", "birth_year": "19", "phone": "12"})
    assert answer.status_code == 422 and cards(world) == []
    for text in ("Ghi họ và tên", "bốn chữ số", "thiếu chữ số", 'value="12"'):
        assert text in answer.text


def test_a_station_issues_for_its_own_commune_whatever_is_sent(world, station):
    assert (
        station.post(
            "new", **FORM | {"commune": factories.HONG_GAI, "province": "01", "commune_other": "Ba Đình"}
        ).mimetype
        == "application/pdf"
    )
    assert [card.commune_id for card in cards(world)] == ["06652"]


@both
def test_who_is_known_elsewhere_is_the_same_person_and_one_without_numbers_a_new_one(world, station):
    with inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        where = factories.venue(session, vault, "Quán của Chi")
        who = cast.Identity(**cast.CITIZEN.as_dict() | {"commune_id": factories.HONG_GAI})
        factories.check_in(world.app(), session, vault, where, cast.healthy(who), at=clock.now())
        factories.commit()
        known = session.scalars(sa.select(Person.id).where(Person.same_as.is_(None))).one()
    station.post("new", **FORM | {"id_number": "022185001234"})
    station.post("new", **FORM | {"phone": ""})
    first, second = cards(world)
    assert first.person_id == known and second.person_id != known


@both_in_time
def test_the_station_finds_a_card_by_code_number_or_name_and_year_and_says_for_whom_to_nobody(world, station, counter):
    made = issue(world)
    for asked in (
        {"code": made.code},
        {"code": address(made)},
        {"number": "0912 345 678"},
        {"number": "022185001234"},
        {"full_name": "nguyen thi anh tuyet", "birth_year": "1985"},
    ):
        answer = station.post("find", **asked)
        assert answer.status_code == 200 and station.ids(answer.text) == [str(made.card_id)], asked
        assert "Nguyễn T. Á. T." in answer.text and "Tuyết" not in answer.text.replace("nguyen thi anh tuyet", "")
    assert actions(world)[-1] == ("card.find", 1, "")


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"code": "K7QF"},
        {"number": "12"},
        {"full_name": "Lê A"},
        {"birth_year": "1950"},
        {"full_name": "Lê A", "birth_year": "xx"},
    ],
)
def test_asking_for_nobody_is_said_beside_the_field(world, station, asked):
    answer = station.post("find", **asked)
    assert answer.status_code == 422 and 'class="error"' in answer.text


@both_in_time
def test_opening_a_name_is_on_record_before_it_is_shown(world, station):
    made = issue(world)
    assert "Nguyễn Thị Ánh Tuyết" in station.text(str(made.card_id))
    assert actions(world)[-1] == ("card.read", 1, str(made.card_id))
    assert "Tuyết" not in station.text()


@both
def test_a_cancelled_card_can_be_restored_by_the_same_session_alone(world, station, counter):
    made = issue(world)
    path = f"{made.card_id}/"
    assert station.post(path + "restore").status_code == 404
    assert station.post(path + "revoke").status_code == 303
    assert counter.scan(address(made)).status_code == 422
    assert "Dùng lại" in station.text() and station.post(path + "revoke").status_code in {403, 404}
    other = world.app("staff").test_client()
    factories.sign_in(other, cast.COMMUNE)
    token = factories.token(other, "/station/cards/new")
    assert other.post(f"/station/cards/{path}restore", data={"csrf_token": token}).status_code == 404
    assert station.post(path + "restore").status_code == 303
    assert word(counter.scan(address(made))) == "none"
    assert [action for action, *_ in actions(world)] == ["card.issue", "card.revoke", "card.restore"]


def test_what_the_holder_cancelled_the_station_does_not_restore(world, station, phone):
    made = issue(world)
    station.post(f"{made.card_id}/revoke")
    station.post(f"{made.card_id}/restore")
    token = factories.token(phone, "/c/")
    assert phone.post("/c/", data={"csrf_token": token, "code": made.lost_code}).status_code == 303
    assert station.post(f"{made.card_id}/restore").status_code == 404


def test_a_station_takes_back_what_a_station_did_and_nothing_else(sqlite):
    made = issue(sqlite)
    with inside(sqlite.app()):
        session, vault = db.session(), vault_of(sqlite.app())
        service.report_lost(session, vault, now=clock.now(), lost_code=made.lost_code)
        with pytest.raises(AccessDenied):
            service.restore(session, now=clock.now(), actor=factories.SYSTEM, card_id=made.card_id)


@both
def test_another_station_sees_finds_and_cancels_nothing_of_it(world, station):
    made = issue(world)
    other = station_of(world, ("tram@kia", cast.COMMUNE[1]), factories.HONG_GAI)
    assert other.ids() == [] and other.browser.get(f"/station/cards/{made.card_id}").status_code == 404
    assert other.post(f"{made.card_id}/revoke").status_code == 404
    for asked in ({"code": made.code}, {"number": "0912345678"}):
        assert other.ids(other.post("find", **asked).text) == []
    assert cards(world)[0].revoked_at is None


@pytest.mark.long
def test_many_cards_are_listed_by_pages_and_by_state(world, station):
    station.post(
        "many",
        people="\n".join(f"Lê A{chr(97 + n // 26)}{chr(97 + n % 26)}; 1950" for n in range(60)),
        form="sheet",
        make="1",
    )
    first = station.text()
    assert len(station.ids(first)) == 50
    older = first.split("before=")[1].split('"')[0]
    assert len(station.ids(station.text(f"?before={older}"))) == 10
    assert station.ids(station.text("?state=revoked")) == [] and len(station.ids(station.text("?state=in_use"))) == 50
    for odd in ("?state=x", "?before=x", "?before=00000000-0000-7000-8000-000000000000"):
        assert station.browser.get(f"/station/cards/{odd}").status_code == 404


@pytest.mark.postgresql
def test_the_staff_role_writes_cards_and_people_of_its_own_commune_alone(postgresql):
    made = issue(postgresql)
    with psycopg.connect(postgresql.urls["staff"], autocommit=True) as staff:
        columns = "id, person_id, gender, age_band, details, masked_name, code_index, lost_index, issued_at, issued_by, used_on, commune_id"

        def insert(commune):
            staff.execute(
                f"INSERT INTO person_card ({columns}) VALUES (gen_random_uuid(), gen_random_uuid(), '', '', 'x', 'x', "
                f"decode(md5(random()::text), 'hex'), decode(md5(random()::text), 'hex'), now(), 'commune', current_date, %s)",
                (commune,),
            )

        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            insert("06652")  # nobody asks
        staff.execute(
            "SELECT set_config('checkin.role', 'commune', false), set_config('checkin.commune', '06685', false)"
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            insert("06652")
        insert("06685")
        assert staff.execute("SELECT count(*) FROM person_card").fetchone() == (1,)
        assert (
            staff.execute(
                "UPDATE person_card SET revoked_at = now(), revoked_how = 'station' WHERE id = %s", (made.card_id,)
            ).rowcount
            == 0
        )
        # What its holder reported lost stays out of use; what the station itself cancelled may come back.
        back = "UPDATE person_card SET revoked_at = NULL, revoked_how = NULL WHERE commune_id = '06685'"
        for how, count in (("lost", 0), ("device", 0), ("station", 1)):
            with psycopg.connect(postgresql.superuser_url.replace("+psycopg", ""), autocommit=True) as owner:
                owner.execute(
                    "UPDATE person_card SET revoked_at = now(), revoked_how = %s WHERE commune_id = '06685'", (how,)
                )
            assert staff.execute(back).rowcount == count
        for forbidden in (
            "UPDATE person_card SET person_id = gen_random_uuid()",
            "DELETE FROM person_card",
            "UPDATE person_card SET details = 'x'",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                staff.execute(forbidden)
        person = "INSERT INTO person (id, name_index, id_index, phone_index, created_at, commune_id) VALUES (gen_random_uuid(), 'a', 'b', 'c', now(), %s)"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            staff.execute(person, ("06652",))
        staff.execute(person, ("06685",))
        name = staff.execute("SELECT count(*) FROM people_matching('a', NULL, NULL)").fetchone()
        staff.execute("SELECT set_config('checkin.role', 'cdc', false)")
        assert (name, staff.execute("SELECT count(*) FROM people_matching('a', NULL, NULL)").fetchone()) == ((1,), (0,))
