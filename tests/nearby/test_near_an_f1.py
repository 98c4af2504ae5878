"""Whom an F1 names at one desk, the station of another commune calls; they are let go with the F1."""

import html
import re
from datetime import timedelta

import sqlalchemy as sa

from checkin.audit.models import AuditEntry
from checkin.cases.models import Case
from checkin.contacts.models import Contact, ContactNear, ContactStep
from checkin.db import db
from checkin.nearby import service, views
from checkin.scope import CASEWORK, bind, enter
from tests import cast, factories
from tests.conftest import NOW
from tests.contacts.conftest import COLLEAGUE, HERE, OTHER, THERE

NEAR = {"full_name": "Đỗ Thị Gần", "phone": "0912 345 678", "relation": "mẹ", "commune": "Phường Hồng Gai"}


def name(given, client, f1=HERE, **said):
    return given.act(client, f"{given.page(f1)}/near", **NEAR | said)


def f2(given):
    """The contact who was named."""
    with given.session() as session:
        near = session.scalars(sa.select(ContactNear.contact_id)).first()
        found = session.get(Contact, near)
        session.expunge(found)
        return found


def steps(given, contact_id):
    with given.session() as session:
        query = sa.select(ContactStep).where(ContactStep.contact_id == contact_id).order_by(ContactStep.number)
        return [(one.what, one.stage) for one in session.scalars(query)]


def decide(given, client, who, stage):
    return given.act(client, f"{given.page(who)}/decide", seen=given.one(who).version, stage=stage, reason="Xem lại")


def test_whom_an_f1_names_at_the_cdc_another_communes_station_calls_and_lets_go_with_the_f1(given_twice):
    given = given_twice
    officer, other = given.signed_in(cast.CDC), given.signed_in(OTHER)
    given.make_f1(officer, HERE)
    told = name(given, officer)
    assert "giao cho trạm y tế" in told.text and NEAR["full_name"] in told.text
    assert NEAR["full_name"] in officer.get("/cases/F0-0001/contacts?stage=f2").text
    found = f2(given)
    assert (found.stage, found.commune_id, found.due_at) == ("f2", factories.HONG_GAI, NOW + timedelta(hours=48))
    # Sealed, with whom they were near; the station reads neither the case nor the whole name of the F1.
    assert b"\xc4\x90\xe1\xbb\x97" not in found.details
    listed, page = other.get("/station/").text, other.get(f"/station/contacts/{found.id}").text
    for text in (listed, page):
        assert NEAR["full_name"] in text and "F2 của F1 Trần V. H." in text
        assert "F0-0001" not in text and HERE not in text
    assert NEAR["full_name"] not in given.signed_in(cast.COMMUNE).get("/station/").text
    # The other station calls; nothing is asked, nobody becomes an F1 by it, and they leave its list.
    assert 'name="near"' not in page
    given.act(other, f"/station/contacts/{found.id}/call", seen=1, result="reached")
    assert f2(given).stage == "f2" and NEAR["full_name"] not in other.get("/station/").text
    decide(given, officer, HERE, "not")
    assert f2(given).stage == "not" and steps(given, found.id)[-1] == ("freed", "not")
    assert "Thả: F1" in other.get(f"/station/contacts/{found.id}").text
    decide(given, officer, HERE, "f1")
    assert f2(given).stage == "f2" and steps(given, found.id)[-1] == ("near", "f2")


def test_an_f2_of_two_stays_until_both_are_none_and_is_one_row(given):
    officer = given.signed_in(cast.CDC)
    for who in (HERE, THERE):
        given.make_f1(officer, who)
        name(given, officer, f1=who, full_name="ĐỖ THỊ GẦN " if who == THERE else NEAR["full_name"])
    with given.session() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Contact)) == 4
        assert session.scalar(sa.select(sa.func.count()).select_from(ContactNear)) == 2
    decide(given, officer, HERE, "not")
    assert f2(given).stage == "f2"
    decide(given, officer, THERE, "not")
    assert f2(given).stage == "not"


def test_an_f2_who_becomes_an_f1_keeps_the_history_and_is_not_let_go(given):
    officer = given.signed_in(cast.CDC)
    given.make_f1(officer, HERE)
    name(given, officer)
    found, page = f2(given), f"/cases/F0-0001/contacts/{f2(given).id}"
    given.act(officer, f"{page}/decide", seen=1, stage="f1", reason="Ở chung nhà với ca")
    decide(given, officer, HERE, "not")
    assert f2(given).stage == "f1" and f2(given).quarantine_until
    assert steps(given, found.id) == [("assign", "f2"), ("decide", "f1")]
    # What an officer decides stays, whatever becomes of the F1.
    given.act(officer, f"{page}/decide", seen=2, stage="not", reason="Nhầm")
    decide(given, officer, HERE, "f1")
    assert f2(given).stage == "not"


def test_who_was_found_to_be_no_contact_is_an_f2_once_named_again(given):
    officer = given.signed_in(cast.CDC)
    given.make_f1(officer, HERE)
    name(given, officer)
    page = f"/cases/F0-0001/contacts/{f2(given).id}"
    given.act(officer, f"{page}/decide", seen=1, stage="not", reason="Không ở gần")
    assert "đã có trong ca" in name(given, officer).text
    assert f2(given).stage == "f2" and f2(given).due_at == NOW + timedelta(hours=48)
    # Who is to be called anyway stays so, and is on the page of the F1.
    given.act(officer, f"{page}/decide", seen=3, stage="call", reason="Hỏi lại")
    name(given, officer)
    assert f2(given).stage == "call" and NEAR["full_name"] in officer.get(f"{given.page(HERE)}/near").text


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(given):
    officer = given.signed_in(cast.CDC)
    given.make_f1(officer, HERE)
    for said, words in (
        ({"full_name": ""}, "Thiếu họ tên."),
        ({"phone": "12"}, "Số điện thoại chưa đúng."),
        ({"phone": ""}, "Thiếu số điện thoại."),
        ({"birth_year": "x"}, "Ghi năm sinh"),
        ({"met_on": str((NOW + timedelta(days=2)).date())}, "còn chưa tới"),
        ({"met_on": str((NOW - timedelta(days=3)).date())}, "chưa thể lây cho ai"),
        ({"relation": "m" * 61}, "Dài quá"),
    ):
        told = name(given, officer, **said)
        assert told.status_code == 422 and words in told.text and "Phường Hồng Gai" in told.text, said
    assert "CDC gọi" in name(given, officer, commune="Huyện Xa Lắm").text
    assert f2(given).commune_id is None


def test_nobody_is_named_by_who_is_no_f1(given):
    officer = given.signed_in(cast.CDC)
    told = name(given, officer)
    assert told.status_code == 409 and "không phải F1" in told.text
    with given.session() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(ContactNear)) == 0


def test_all_of_it_is_in_the_log_and_goes_with_the_case(given):
    officer = given.signed_in(COLLEAGUE)
    given.make_f1(officer, HERE)
    name(given, officer)
    decide(given, officer, HERE, "not")
    with given.session() as session:
        actions = set(session.scalars(sa.select(AuditEntry.action).where(AuditEntry.case_number == "F0-0001")))
        assert {"case.assign", "case.contacts", "case.freed"} <= actions
        case = session.scalars(sa.select(Case)).one()
        enter(session, CASEWORK)
        bind(session, case.id)
        service.forget_case(session, case.id)
        assert session.scalar(sa.select(sa.func.count()).select_from(ContactNear)) == 0
        db.session().rollback()


def test_those_near_an_f1_come_in_pages(given, monkeypatch):
    officer = given.signed_in(cast.CDC)
    given.make_f1(officer, HERE)
    more = {"full_name": "Vũ Thị Thêm", "phone": "0912 345 670"}
    for said in ({}, more):
        name(given, officer, **said)
    monkeypatch.setattr(views, "PAGE", 1)
    page = f"{given.page(HERE)}/near"
    first = officer.get(page).text
    second = officer.get(html.unescape(re.search('href="([^"]*)" rel="next"', first)[1])).text
    back = officer.get(html.unescape(re.search('href="([^"]*)" rel="prev"', second)[1])).text
    names = (NEAR["full_name"], more["full_name"])
    here, there = (tuple(one in text for one in names) for text in (first, second))
    assert {here, there} == {(True, False), (False, True)}
    assert tuple(one in back for one in names) == here
    assert 'rel="next"' in first and 'rel="next"' not in second and 'rel="prev"' not in back
    for bad in ("after=x", "before=%00", "after=", f"after={'A' * 999}", "page=3"):
        answer = officer.get(f"{page}?{bad}")
        assert answer.status_code == 200 and tuple(one in answer.text for one in names) == here
