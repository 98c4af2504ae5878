"""Contacts who change hands: from the CDC to a station and back, one by one and many at once."""

import contextvars
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa

from checkin import clock, scope
from checkin.audit.models import AuditEntry
from checkin.cases import service as cases
from checkin.contacts import passing
from checkin.contacts.models import Contact, ContactStep
from checkin.duty import queries as duty
from checkin.errors import DomainError
from checkin.ids import new_id
from tests import cast, factories
from tests.conftest import NOW
from tests.contacts.conftest import AWAY, COLLEAGUE, HERE, OTHER, THERE, Given
from tests.worlds import vault_of

pytestmark = pytest.mark.usefixtures("staff")

GIVE_ALL = "/cases/F0-0001/contacts/give"


def give(given, officer, name, to, seen=None, **said):
    seen = given.one(name).version if seen is None else seen
    return given.act(officer, f"{given.page(name)}/give", seen=seen, to=to, **said)


def listed(given, who):
    return given.signed_in(who).get("/station/").text


def steps(given, name):
    with given.session() as session:
        query = sa.select(ContactStep).where(ContactStep.contact_id == given.one(name).id).order_by(ContactStep.number)
        return [(one.what, one.by_name, one.commune_id, one.answers) for one in session.scalars(query)]


def test_whom_no_station_knew_is_given_by_hand_and_stands_on_that_stations_list_with_a_time(given_twice):
    given = given_twice
    officer = given.signed_in(cast.CDC)
    assert AWAY not in listed(given, OTHER)
    with clock.fixed(NOW + timedelta(minutes=10)):
        page = give(given, officer, AWAY, factories.HONG_GAI, give_note="Trọ ở Hồng Gai")
        assert page.status_code == 200 and "Trọ ở Hồng Gai" in page.text
        assert re.search(r"Đã giao cho trạm y tế</b>.*?hanh@cdc.*?Trạm: Phường Hồng Gai", page.text, re.S)
        one = given.one(AWAY)
        assert (one.commune_id, one.version) == (factories.HONG_GAI, 2)
        hours = factories.rules(given.app)["contacts"]["call_hours"]
        assert one.due_at == NOW + timedelta(minutes=10, hours=hours)
        station = given.signed_in(OTHER)
        assert AWAY in station.get("/station/").text and AWAY not in listed(given, cast.COMMUNE)
        # The station reads that the CDC gave them, and not why.
        seen = station.get(given.page(AWAY, station=True)).text
        assert "Đã giao cho trạm y tế" in seen and "Trọ ở" not in seen and "hanh@cdc" not in seen
    assert steps(given, AWAY)[1] == ("give", "hanh@cdc", None, ["to=06685"])
    # Another officer reads who gave them.
    assert "hanh@cdc" in given.signed_in(COLLEAGUE).get(given.page(AWAY)).text
    assert AWAY not in given.signed_in(COLLEAGUE).get("/cases/F0-0001/contacts?stage=outside").text
    with given.session() as session:
        (entry,) = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "case.give"))
        assert (entry.case_number, entry.actor) == ("F0-0001", "hanh@cdc")


def test_a_station_gives_back_whom_it_does_not_know_and_the_cdc_gives_them_to_another(given_twice):
    given = given_twice
    station, officer = given.signed_in(cast.COMMUNE), given.signed_in(cast.CDC)
    page = given.page(HERE, station=True)
    bare = given.act(station, f"{page}/back", seen="1", back_note=" ")
    assert bare.status_code == 422 and "Ghi vì sao" in bare.text and given.one(HERE).version == 1
    done = given.act(station, f"{page}/back", seen="1", back_note="Đã về Hồng Gai")
    assert done.status_code == 200 and "Đã trả lại CDC" in done.text
    assert HERE not in station.get("/station/").text
    outside = officer.get("/cases/F0-0001/contacts?stage=outside").text
    assert HERE in outside and "trạm trả lại" in outside
    assert "Đã về Hồng Gai" in officer.get(given.page(HERE)).text
    assert given.act(station, f"{page}/back", seen="2", back_note="Lần nữa").status_code == 409
    assert give(given, officer, HERE, factories.HONG_GAI).status_code == 200
    one = given.one(HERE)
    assert (one.commune_id, one.raised, one.result, one.taken_by) == (factories.HONG_GAI, None, None, None)
    assert HERE in listed(given, OTHER) and station.get(page).status_code == 404
    assert [what for what, *_ in steps(given, HERE)] == ["assign", "back", "give"]
    assert steps(given, HERE)[1][2] == factories.HA_TU


def test_the_cdc_takes_somebody_back_from_a_station(given_twice):
    given = given_twice
    officer = given.signed_in(cast.CDC)
    form = officer.get(given.page(HERE)).text
    # What the CDC writes here no station reads, and it is about no other place.
    assert "Vì sao CDC nhận lại" in form and "Chỉ trạm được giao gọi và CDC đọc được. Ví dụ" not in form
    bare = given.act(officer, f"{given.page(HERE)}/back", seen="1", back_note="")
    assert bare.status_code == 422 and "đúng nơi" not in bare.text and given.one(HERE).version == 1
    back = given.act(officer, f"{given.page(HERE)}/back", seen="1", back_note="Nhầm xã")
    assert back.status_code == 200 and given.one(HERE).commune_id is None
    assert "Trả lại, hoặc CDC nhận lại</b>" in back.text and "Nhầm xã" in back.text
    assert HERE not in listed(given, cast.COMMUNE)
    assert HERE in officer.get("/cases/F0-0001/contacts?stage=outside").text


CLOSE = {"near": "yes", "closed": "yes", "mask": "no", "long": "yes", "touch": "no"}


def make_f1(given, officer, name, how):
    """By the answers of a call of the CDC's own, or signed by an officer."""
    said = {"result": "reached", **CLOSE} if how == "call" else {"stage": "f1", "reason": "Người nhà"}
    page = given.act(officer, f"{given.page(name)}/{how}", seen=given.one(name).version, **said)
    assert page.status_code == 200 and given.one(name).stage == "f1"


def watched(given):
    """How many the CDC's page of the shift counts in quarantine, by the station; None for the CDC itself."""
    with given.session() as session, scope.under(session, scope.Scope("cdc")):
        return {one.commune_id: one.watched for one in duty.contact_sums(session, now=NOW).communes if one.watched}


@pytest.mark.parametrize("how", ["call", "decide"])
@pytest.mark.parametrize("missed", ["", "refused"])
def test_whom_a_station_gave_back_is_not_in_its_quarantine_list_once_the_cdc_makes_them_an_f1(given_twice, how, missed):
    given = given_twice
    station, officer = given.signed_in(cast.COMMUNE), given.signed_in(cast.CDC)
    given.act(station, f"{given.page(HERE, station=True)}/back", seen="1", back_note="Đã về Hồng Gai")
    if missed:
        # That they refused the CDC once does not make them that station's.
        given.act(officer, f"{given.page(HERE)}/call", seen="2", result=missed)
    make_f1(given, officer, HERE, how)
    assert (given.one(HERE).commune_id, given.one(HERE).raised) == (None, None)
    assert HERE not in station.get("/station/quarantine/").text and watched(given) == {None: 1}
    assert give(given, officer, HERE, factories.HONG_GAI).status_code == 200
    assert HERE in given.signed_in(OTHER).get("/station/quarantine/").text
    assert HERE not in station.get("/station/quarantine/").text and watched(given) == {factories.HONG_GAI: 1}


def test_who_refused_their_station_and_answered_the_cdc_is_watched_by_their_station(given):
    station, officer = given.signed_in(cast.COMMUNE), given.signed_in(cast.CDC)
    page = given.page(HERE, station=True)
    given.act(station, f"{page}/call", seen="1", result="refused")
    given.act(station, f"{page}/raise", seen="2", to="to_cdc", raise_note="")
    given.act(officer, f"{given.page(HERE)}/call", seen="3", result="not_reached")
    make_f1(given, officer, HERE, "call")
    assert given.one(HERE).commune_id == factories.HA_TU
    assert HERE in station.get("/station/quarantine/").text


def test_the_steps_have_words_of_their_own_in_english_too(given):
    officer = given.signed_in(cast.CDC)
    given.act(officer, f"{given.page(HERE)}/back", seen="1", back_note="Nhầm xã")
    give(given, officer, HERE, factories.HONG_GAI)
    shown = officer.get(f"{given.page(HERE)}?lang=en").text
    assert "Given to a health station</b>" in shown and "Given or taken back to the CDC</b>" in shown


def test_who_was_taken_back_meanwhile_leaves_all_that_a_station_entered(given):
    station, officer = given.signed_in(cast.COMMUNE), given.signed_in(cast.CDC)
    page = given.page(HERE, station=True)
    given.act(officer, f"{given.page(HERE)}/back", seen="1", back_note="Nhầm xã")
    late = given.act(station, f"{page}/call", seen="1", result="reached", note="Mệt", **CLOSE | {"long": "unknown"})
    assert late.status_code == 404 and "CDC vừa nhận lại hoặc giao họ cho nơi khác" in late.text
    for label, words in (
        ("Kết quả cuộc gọi", "Gọi được"), ("Có ở trong vòng 2 m với người khác ở đó?", "Có"),
        ("Suốt lúc đó đều đeo khẩu trang, cả hai bên?", "Không"),
        ("Ở gần như vậy từ 15 phút trở lên?", "Không rõ"), ("Ghi chú", "Mệt"),
    ):  # fmt: skip
        assert f"<dt>{label}</dt><dd>{words}</dd>" in late.text
    further = given.act(station, f"{page}/raise", seen="1", to="ubnd", raise_note="Gọi ông Chủ tịch").text
    assert "<dd>Đã báo Uỷ ban xã, phường</dd>" in further and "<dd>Gọi ông Chủ tịch</dd>" in further
    for day, shown in (("2026-11-19", "19/11/2026"), ("hôm kia", "hôm kia")):
        near = given.act(station, f"{page}/near", seen="1", full_name="Lê Thị Mận", met_on=day).text
        assert f"<dt>Lần cuối ở gần F1, trong vòng 2 m</dt><dd>{shown}</dd>" in near and "Lê Thị Mận" in near
    nonsense = given.act(station, f"{page}/call", seen="1", result="x\0", near="<b>", to="'; --", note=" ")
    assert nonsense.status_code == 404 and 'id="entered"' not in nonsense.text


def test_who_moved_away_is_on_the_list_of_the_next_station(given):
    station, officer = given.signed_in(cast.COMMUNE), given.signed_in(cast.CDC)
    given.act(station, f"{given.page(HERE, station=True)}/call", seen="1", result="moved", note="")
    assert HERE not in listed(given, cast.COMMUNE)
    give(given, officer, HERE, factories.HONG_GAI)
    assert HERE in listed(given, OTHER)


def test_an_f1_without_a_commune_is_watched_by_the_station_that_gets_them(given):
    officer = given.signed_in(cast.CDC)
    given.make_f1(officer, AWAY)
    give(given, officer, AWAY, factories.HONG_GAI)
    assert AWAY in given.signed_in(OTHER).get("/station/quarantine/").text


@pytest.mark.parametrize(
    ("to", "words"),
    [("", "Chọn một xã"), ("99999", "Chọn một xã"), ("01", "Chọn một xã"), (factories.HA_TU, "Trạm này đang có")],
)
def test_a_choice_that_is_none_is_said_beside_the_field_and_what_was_typed_stays(given, to, words):
    page = give(given, given.signed_in(cast.CDC), HERE, to, give_note="Ở nhà chị gái")
    assert page.status_code == 422 and words in page.text and "Ở nhà chị gái" in page.text
    assert given.one(HERE).version == 1


def test_who_is_no_contact_is_given_to_nobody(given):
    officer = given.signed_in(cast.CDC)
    given.act(officer, f"{given.page(AWAY)}/decide", seen="1", stage="not", reason="Không ở đó")
    assert give(given, officer, AWAY, factories.HA_TU).status_code == 422
    assert f'action="/cases/F0-0001/contacts/{given.one(AWAY).id}/give"' not in officer.get(given.page(AWAY)).text


def ticks(given, *names):
    return [f"{given.one(name).id}.{given.one(name).version}" for name in names]


def test_many_are_given_at_once_from_the_list_of_those_without_a_station(given_twice):
    given = given_twice
    officer = given.signed_in(cast.CDC)
    for name in (HERE, THERE):
        given.act(officer, f"{given.page(name)}/back", seen="1", back_note="Chưa rõ nơi ở")
    html = officer.get("/cases/F0-0001/contacts?stage=outside").text
    shown = re.findall(r'name="person" value="([^"]+)"', html)
    assert sorted(shown) == sorted(ticks(given, HERE, THERE, AWAY)) and "Hà Nội" in html
    done = given.act(officer, GIVE_ALL, person=shown, to=factories.HA_TU)
    assert "Đã giao 3 người cho trạm y tế Phường Hà Tu" in done.text
    station = listed(given, cast.COMMUNE)
    assert all(name in station for name in (HERE, THERE, AWAY))
    assert {given.one(name).commune_id for name in (HERE, THERE, AWAY)} == {factories.HA_TU}
    with given.session() as session:
        assert (
            session.scalar(sa.select(sa.func.count()).select_from(ContactStep).where(ContactStep.what == "give")) == 3
        )


def test_of_many_those_are_left_about_whom_somebody_did_something_meanwhile(given):
    officer = given.signed_in(cast.CDC)
    given.act(officer, f"{given.page(HERE)}/back", seen="1", back_note="Chưa rõ nơi ở")
    ticked = ticks(given, HERE, AWAY)
    give(given, given.signed_in(COLLEAGUE), AWAY, factories.HONG_GAI)
    done = given.act(officer, GIVE_ALL, person=ticked, to=factories.HA_TU)
    assert "Đã giao 1 người" in done.text and "1 người chưa giao" in done.text
    assert (given.one(HERE).commune_id, given.one(AWAY).commune_id) == (factories.HA_TU, factories.HONG_GAI)


@pytest.mark.parametrize(
    "sent", [{}, {"person": "x"}, {"person": ["x.1", "1.x", "." * 500]}, {"to": factories.HA_TU}, {"person": "{}.1"}]
)
def test_nonsense_gives_nobody(given, sent):
    officer = given.signed_in(cast.CDC)
    sent = {
        name: [one.format(given.one(AWAY).id) for one in ([text] if isinstance(text, str) else text)]
        for name, text in sent.items()
    }
    done = given.act(officer, GIVE_ALL, **sent)
    assert done.status_code == 200 and re.search("Chưa chọn ai|Chưa giao ai", done.text)
    assert given.one(AWAY).version == 1


def test_nobody_of_another_case_is_given_along(given):
    with given.session() as session:
        other = factories.case(session, "Ca khác")
        officer = session.scalars(sa.select(Contact)).first()
        vault, how = vault_of(given.app), {"now": NOW, "actor": factories.SYSTEM, "rules": factories.rules(given.app)}
        with pytest.raises(DomainError, match="commune"):
            passing.give_all(session, vault, seen={}, case_id=other.id, commune_id="x", communes={"y"}, **how)
        asked = {officer.id: officer.version}
        left = passing.give_all(session, vault, seen=asked, case_id=other.id, commune_id="y", communes={"y"}, **how)
        assert left == ([officer.id], []) and set(session.scalars(sa.select(Contact.version))) == {1}


def test_who_is_no_contact_of_the_case_any_more_is_said_to_be_left_and_not_to_be_given(given_twice):
    given = given_twice
    officer, gone = given.signed_in(cast.CDC), f"{new_id(NOW)}.1"
    alone = given.act(officer, GIVE_ALL, person=gone, to=factories.HA_TU)
    assert alone.status_code == 200 and "Đã giao" not in alone.text and "1 người chưa giao" in alone.text
    both = given.act(officer, GIVE_ALL, person=[gone, *ticks(given, AWAY)], to=factories.HA_TU)
    assert "Đã giao 1 người" in both.text and "1 người chưa giao" in both.text
    assert given.one(AWAY).commune_id == factories.HA_TU


@pytest.mark.postgresql
@pytest.mark.parametrize("at_once", [True, False])
def test_who_goes_with_the_case_while_they_are_given_is_given_to_nobody_and_breaks_no_page(postgresql, at_once):
    with clock.fixed(NOW):
        given = Given(postgresql)
        officer = given.signed_in(cast.CDC)
        page, ticked, token = given.page(AWAY), ticks(given, AWAY), factories.token(officer, "/account")
        path = GIVE_ALL if at_once else f"{page}/give"
        said = {"csrf_token": token, "to": factories.HA_TU, "person": ticked, "seen": 1}
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
        with psycopg.connect(postgresql.urls["all"]) as letting_go, ThreadPoolExecutor() as pool:
            letting_go.execute("SELECT pg_advisory_xact_lock(%s)", (cases.KEEPING_LOCK,))
            posted = pool.submit(contextvars.copy_context().run, officer.post, path, data=said)
            until = time.monotonic() + 10
            while letting_go.execute(waits).fetchone() == (0,) and not posted.done() and time.monotonic() < until:
                time.sleep(0.01)
            waited = letting_go.execute(waits).fetchone() == (1,)
            letting_go.execute("DELETE FROM contact_step")
            letting_go.execute("DELETE FROM contact")
            letting_go.commit()
            answer = posted.result(timeout=10)
        assert waited and answer.status_code == (303 if at_once else 404)
        shown = officer.get("/cases/F0-0001/contacts?stage=outside").text
        assert not at_once or "Đã giao" not in shown and "1 người chưa giao" in shown
