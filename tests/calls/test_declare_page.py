"""The declaration without a venue, without JavaScript: what is shown, what is refused and kept, what is stored."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unicodedata import normalize

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.calls.forms import DOSE_NAMES, VEHICLE_NAMES
from checkin.calls.journeys import DECLARED, DOSES, VEHICLES
from checkin.calls.models import StationCall
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.people.models import Person
from tests import cast, factories
from tests.calls.pages import fields, send, submission
from tests.conftest import NOW
from tests.worlds import inside, vault_of

SENT = "ĐÃ GỬI TỜ KHAI"


@pytest.fixture
def client(app):
    return app.test_client()


def count(model=StationCall):
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def stored(app):
    """The newest call with its details opened, and its declaration."""
    call = db.session.scalars(
        sa.select(StationCall).order_by(StationCall.made_at.desc(), StationCall.id.desc())
    ).first()
    declared = db.session.scalars(sa.select(Declaration).where(Declaration.id == call.id)).one()
    return call, vault_of(app).open(call.details), declared


def test_the_front_page_and_the_menu_lead_to_the_four_occasions(client):
    assert "/declare" in client.get("/").text
    page = client.get("/declare").text
    for kind in DECLARED:
        assert f'href="/declare/{kind}"' in page
    assert client.get("/declare/holiday").status_code == client.post("/declare/holiday").status_code == 404


@pytest.mark.parametrize("kind", DECLARED)
def test_each_is_stored_with_its_declaration_and_listed_in_the_commune(client, app, kind):
    answer = send(client, kind)
    assert answer.status_code == 200 and SENT in answer.text
    call, details, declared = stored(app)
    assert (call.kind, call.commune_id, call.state, call.version) == (kind, factories.HA_TU, "new", 0)
    assert call.reference in answer.text and re.fullmatch(r"KB-[0-9A-Z]{5}-[0-9A-Z]{5}", call.reference)
    assert (call.made_at, call.person_id, call.triage) == (declared.made_at, declared.person_id, declared.triage)
    assert call.triage == ("watch" if kind == "ill" else "routine")
    assert details["full_name"] == "Nguyễn Thị Ánh Tuyết" and details["phone"] == "+84912345678"
    assert str(call.day) == {"return": "2026-12-05"}.get(kind, "2026-11-20")
    journey = details["journey"]
    if kind == "enter":
        assert (journey["vehicle"], journey["plate"], journey["seat"]) == ("coach", "14B-123.45", "12A")
    if kind == "return":
        assert (journey["from_place"], journey["doses"], journey["day"]) == ("Bình Dương", "2", "2026-12-05")


@pytest.mark.parametrize("kind", DECLARED)
def test_no_answer_and_no_consent_is_preset(client, kind):
    html = client.get(f"/declare/{kind}").text
    assert html.count("checked") == 0 and not re.search(
        r'<option value="[^"]+" selected', html.replace('"VN" selected', "")
    )


@pytest.mark.parametrize("kind", DECLARED)
def test_an_empty_form_says_beside_each_field_what_is_missing(client, kind):
    answer = client.post(f"/declare/{kind}", data={"submission": submission(client, kind)})
    assert answer.status_code == 422 and count() == 0
    wanted = {"full_name", "birth_year", "phone", "gender", "commune", "contact_sick", "travel", "consent"}
    wanted |= {"symptom"} if kind == "ill" else {"day", "vehicle", "symptoms"}
    wanted |= {"enter": {"from_place"}, "return": {"from_place"}, "leave": {"to_place"}}.get(kind, set())
    listed = re.findall(r'<li><a href="#([^"]+)"', answer.text)
    assert wanted <= set(listed)
    # From the top of the page down.
    assert listed == sorted(listed, key=lambda name: answer.text.index(f'id="{name}-error"'))


DAYS = (
    ("enter", "2026-11-06", True), ("enter", "2026-11-05", False), ("enter", "2026-12-20", True),
    ("enter", "2026-12-21", False), ("return", "2026-11-20", True), ("return", "2026-11-19", False),
    ("return", "20/12/2026", True), ("return", "21/12/2026", False), ("leave", "20/11", True),
    ("leave", "31/02/2026", False), ("leave", "mai", False), ("leave", "9999-99-99", False), ("leave", "٢٠/١١", True),
    ("ill", "", True), ("ill", "2026-11-18", True), ("ill", "2026-11-21", False), ("ill", "0001-01-01", False),
)  # fmt: skip


def test_a_day_is_read_and_bounded_and_stays_as_typed(client):
    for kind, day, right in DAYS:
        answer = send(client, kind, day=day)
        assert answer.status_code == (200 if right else 422), (kind, day)
        assert right or f'value="{day}"' in answer.text
    assert count() == sum(right for _kind, _day, right in DAYS)


def test_who_registers_a_return_that_is_over_is_told_what_to_declare_instead(client):
    assert "Đã về rồi thì chọn “Tôi vào tỉnh”" in send(client, "return", day="19/11/2026").text


def test_the_three_questions_on_contacts_stay_apart_and_weigh_as_one(client, app):
    send(client, "enter", contact_signs="yes", symptoms="yes", symptom=["fever"])
    call, details, declared = stored(app)
    assert details["journey"]["contacts"] == ["signs"]
    assert declared.contact_sick and call.triage == "urgent" and "symptom+contact_sick" in call.reasons


def test_who_is_ill_names_a_sign_and_is_not_asked_whether(client):
    page = client.get("/declare/ill").text
    assert 'name="symptoms"' not in page and 'name="symptom"' in page
    assert send(client, "ill", symptom=None).status_code == 422
    assert send(client, "ill", symptoms="no", symptom=["other"]).status_code == 200
    assert db.session.scalars(sa.select(Declaration.has_symptoms)).all() == [True]


def test_the_result_shows_nothing_of_the_answers(client, app):
    def shown(**changes):
        page = send(app.test_client(), "enter", **changes).text
        reference = re.search(r"KB-[0-9A-Z-]{11}", page)[0]
        return page.replace(reference, "KB")

    well = shown()
    assert shown(symptoms="yes", symptom=["breathless"], contact_sick="yes", travel="yes", travel_where="Lào") == well
    assert "không phải giấy phép" in well


def test_the_same_form_counts_once_however_often_and_however_many_at_once(client, app):
    posted = fields("enter", submission=submission(client, "enter"))
    with ThreadPoolExecutor(8) as pool:

        def once(_number):
            with clock.fixed(NOW):
                return app.test_client().post("/declare/enter", data=posted).text

        answers = list(pool.map(once, range(16)))
    references = {re.search(r"KB-[0-9A-Z-]{11}", text)[0] for text in answers}
    assert len(references) == 1
    assert (count(), count(Declaration), count(Person)) == (1, 1, 1)


def test_changed_and_sent_again_both_are_kept_and_the_second_is_flagged(client, app):
    token = submission(client, "enter")
    send(client, "enter", submission=token, symptoms="yes", symptom=["cough"])
    send(client, "enter", submission=token)
    assert count() == 2
    db.session.expire_all()
    assert sorted(map(tuple, db.session.scalars(sa.select(Declaration.flags)))) == [(), ("resent",)]
    # The second one once more is the second one.
    send(client, "enter", submission=token)
    assert count() == 2


def test_a_form_left_open_over_midnight_counts_on_the_day_it_is_sent(client, app):
    token = submission(client, "leave")
    with clock.fixed(NOW + timedelta(hours=13, minutes=31)):  # 00:01 of the next day
        assert client.post("/declare/leave", data=fields("leave", submission=token)).status_code == 200
        assert clock.to_local(stored(app)[0].made_at).day == 21
    with clock.fixed(NOW + timedelta(hours=25)):
        answer = client.post("/declare/leave", data=fields("leave", submission=token, seat="7"))
        assert answer.status_code == 422 and "mở đã lâu" in answer.text and 'value="Hà Nội"' in answer.text
    assert count() == 1


def test_a_form_of_a_door_or_of_another_occasion_is_none_of_here(client, app):
    made = factories.venue(db.session(), vault_of(app))
    code = factories.code_of(db.session(), made)
    factories.commit()
    door = factories.submission(client, code)
    for token in (door, submission(client, "leave"), "", "x" * 600):
        assert send(client, "enter", submission=token).status_code == 422
    assert count() == 0


def test_a_foreign_passport_and_phone_and_a_name_in_pieces_are_taken(client, app):
    name = normalize("NFD", "Élodie Nguyễn")
    answer = send(client, "enter", full_name=name, phone="+33 6 12 34 56 78", id_number="18AB12345", nationality="FR")
    assert answer.status_code == 200
    details = stored(app)[1]
    assert details["full_name"] == normalize("NFC", name) and details["phone"] == "+33612345678"


def test_a_child_without_papers_stands_on_the_phone_of_a_guardian(client, app):
    assert send(client, "return", full_name="Bé An", birth_year="2024").status_code == 200
    assert stored(app)[1]["birth_year"] == 2024


def test_the_station_is_one_of_this_province(client):
    for commune in ("", "00070", "không có", "Hà Tu' OR 1=1"):
        answer = send(client, "enter", commune=commune)
        assert answer.status_code == 422 and "Chọn xã, phường ở Quảng Ninh" in answer.text
    # A name for which one is meant, as the counter types it.
    assert send(client, "enter", commune="ha tu").status_code == 200


def test_what_is_too_long_is_refused_and_stays(client):
    for name, limit in (
        ("from_place", 150),
        ("plate", 40),
        ("seat", 20),
        ("route", 300),
        ("full_name", 100),
        ("day", 29),
    ):
        answer = send(client, "enter", **{name: "x" * (limit + 1)})
        assert answer.status_code == 422 and "x" * (limit + 1) in answer.text, name
    assert count() == 0


def test_what_is_no_choice_is_none(client, app):
    assert send(client, "enter", vehicle="rocket").status_code == 422
    assert send(client, "enter", doses="99").status_code == 200
    assert stored(app)[1]["journey"]["doses"] == ""
    assert tuple(VEHICLE_NAMES) == VEHICLES and tuple(DOSE_NAMES) == DOSES


def test_the_device_fills_in_who_it_knows_and_never_an_answer(client):
    send(client, "ill")
    page = client.get("/declare/return").text
    assert 'value="Nguyễn Thị Ánh Tuyết"' in page and f'value="{factories.HA_TU}" selected' in page
    assert "checked" not in page.replace('value="female" id="gender-female" checked', "")
    assert 'value="Nguyễn Thị Ánh Tuyết"' not in client.get("/declare/return?new=1").text
    # Who says that they are ill is asked the whole form again at the next door.
    assert "Nguyễn Thị Ánh Tuyết" in client.get("/declare/enter").text


def test_it_works_without_cookies(app):
    client = app.test_client(use_cookies=False)
    assert SENT in send(client, "ill").text


def test_the_card_fills_what_is_empty_and_is_read_once(client):
    answer = client.post("/declare/enter", data={"card": cast.CCCD, "fill": "card", "phone": "0904118226"})
    assert answer.status_code == 200
    assert 'value="Nguyễn Thị Ánh Tuyết"' in answer.text and 'value="0904118226"' in answer.text
    assert "100123456" not in answer.text
    bad = client.post("/declare/enter", data={"card": "no card", "fill": "card"})
    assert bad.status_code == 422 and "Không đọc được chuỗi này" in bad.text


def test_a_day_without_a_table_is_made(postgresql):
    app = postgresql.app("public")
    far = NOW - timedelta(days=60)
    with clock.fixed(far), inside(app):
        client = app.test_client()
        assert SENT in send(client, "ill").text
    with inside(postgresql.app()):
        db.session.execute(sa.text("DROP TABLE declaration_20260921, visit_20260921"))
        db.session.commit()


def test_the_public_role_writes_and_reads_nothing_back(postgresql):
    app = postgresql.app("public")
    with clock.fixed(NOW), inside(app):
        assert SENT in send(app.test_client(), "return").text
        for statement in (
            "SELECT id FROM station_call",
            "UPDATE station_call SET state = 'done'",
            "DELETE FROM station_call",
            "SELECT * FROM station_step",
            "SELECT * FROM call_sums(now())",
            "SELECT move_call(gen_random_uuid(), 0, '06685', now())",
        ):
            with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
                db.session.execute(sa.text(statement))
            db.session.rollback()
    with inside(postgresql.app()):
        assert count() == 1
