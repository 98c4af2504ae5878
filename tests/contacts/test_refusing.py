"""Whoever refuses, is asked by disease, or lives elsewhere: what one desk does stands on the page of the next."""

from dataclasses import fields
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.accounts.models import Account
from checkin.audit.models import AuditEntry
from checkin.casefacts import service as casefacts
from checkin.casefacts.service import Facts
from checkin.cases.models import Case
from checkin.contacts import service as contacts
from checkin.contacts.models import ContactStep
from checkin.ids import new_id
from tests import cast, factories
from tests.conftest import NOW
from tests.contacts.conftest import AWAY, COLLEAGUE, HERE, THERE, Given
from tests.worlds import vault_of


def test_who_refuses_is_due_again_goes_further_and_the_cdc_sees_it(given):
    own, page = given.signed_in(cast.COMMUNE), given.page(HERE, station=True)
    assert "Người này từ chối" not in own.get(page).text
    given.act(own, f"{page}/call", seen=1, result="refused")
    assert given.one(HERE).due_at == NOW + timedelta(hours=12)
    assert HERE in own.get("/station/").text and "Người này từ chối" in own.get(page).text
    told = given.act(own, f"{page}/raise", seen=2, to="ubnd", raise_note="Gọi ông Chủ tịch")
    assert "Đã ghi" in told.text and given.one(HERE).raised == "ubnd"
    # The step keeps what was noted, sealed; the person stays on the station's list, and the CDC sees both.
    assert HERE in own.get("/station/").text and "Đã báo Uỷ ban" in own.get("/station/").text
    officer = given.signed_in(cast.CDC)
    refused = officer.get("/cases/F0-0001/contacts?stage=refused").text
    assert HERE in refused and "Đã báo Uỷ ban" in refused
    assert "Gọi ông Chủ tịch" in officer.get(given.page(HERE)).text
    with given.session() as session:
        assert "Chủ tịch".encode() not in b"".join(n for n in session.scalars(sa.select(ContactStep.note)) if n)


def test_who_is_handed_to_the_cdc_leaves_the_stations_list_and_is_on_the_cdcs(given):
    own, page = given.signed_in(cast.COMMUNE), given.page(HERE, station=True)
    given.act(own, f"{page}/call", seen=1, result="refused")
    given.act(own, f"{page}/raise", seen=2, to="to_cdc", raise_note="")
    assert HERE not in own.get("/station/").text
    officer = given.signed_in(cast.CDC)
    assert HERE in officer.get("/cases/F0-0001/contacts?stage=outside").text
    given.act(officer, f"{given.page(HERE)}/call", seen=3, result="not_reached")
    assert HERE not in own.get("/station/").text and given.one(HERE).due_at == NOW + timedelta(hours=4)


def test_nobody_goes_further_with_who_has_not_refused_or_on_an_old_sight(given):
    own, page = given.signed_in(cast.COMMUNE), given.page(HERE, station=True)
    assert "Không làm được" in given.act(own, f"{page}/raise", seen=1, to="ubnd").text
    given.act(own, f"{page}/call", seen=1, result="refused")
    assert given.act(own, f"{page}/raise", seen=1, to="ubnd", raise_note="đã gọi").status_code == 409
    bare = given.act(own, f"{page}/raise", seen=2, to="", raise_note="đã gọi")
    assert bare.status_code == 422 and "đã gọi" in bare.text and given.one(HERE).raised is None


def test_who_is_to_be_called_again_has_a_time_of_their_own(given):
    officer = given.signed_in(cast.CDC)
    with clock.fixed(NOW + timedelta(hours=40)):
        officer = given.signed_in(cast.CDC)
        given.act(officer, f"{given.page(HERE)}/decide", seen=1, stage="call", reason="Gọi lại từ đầu")
        assert given.one(HERE).due_at == NOW + timedelta(hours=64)
        assert "Quá hạn" not in given.signed_in(cast.COMMUNE).get(given.page(HERE, station=True)).text


@pytest.mark.parametrize(
    ("disease", "asked", "never"),
    [
        ("covid-19", "khẩu trang", "mũi sởi"),
        ("measles", "mũi sởi", "khẩu trang"),
        ("avian-influenza", "gia cầm", "sởi"),
    ],
)
def test_a_call_asks_and_says_what_its_disease_needs(sqlite, disease, asked, never):
    with clock.fixed(NOW):
        given = Given(sqlite, disease)
        own, page = given.signed_in(cast.COMMUNE), given.page(HERE, station=True)
        shown = own.get(page).text
        assert asked in shown and never not in shown and "ông/bà" in shown and "F0-0001" not in shown
        bare = given.act(own, f"{page}/call", seen=1, result="reached")
        assert bare.status_code == 422 and "không rõ thì chọn" in bare.text
        said = dict.fromkeys(
            ("near", "closed", "mask", "long", "touch", "air", "shots", "rash", "frail", "poultry", "raw", "fever"),
            "no",
        )
        given.act(own, f"{page}/call", seen=1, result="reached", **said)
        history = given.signed_in(cast.CDC).get(given.page(HERE)).text
        assert asked in history and never not in history
        assert given.one(HERE).stage == ("not" if disease == "covid-19" else "call")


def test_who_lives_in_another_province_is_listed_for_it_and_sent_once_with_who_and_when(given):
    officer = given.signed_in(cast.CDC)
    shown = officer.get("/cases/F0-0001/outgoing").text
    assert AWAY in shown and HERE not in shown and "Hà Nội" in shown and "1 chưa gửi" in shown
    file = given.act(officer, "/cases/F0-0001/outgoing/01.csv")
    text = file.data.decode("utf-8-sig")
    assert AWAY in text and "0904" in text and "Hà Nội" in text and len(text.strip().splitlines()) == 3
    assert given.act(officer, "/cases/F0-0001/outgoing/79.csv").status_code == 404
    which = f"{given.one(AWAY).id}:1"
    assert "đã gửi 1 người" in given.act(officer, "/cases/F0-0001/outgoing/sent", person=which).text
    second = given.signed_in(COLLEAGUE)
    assert "đã gửi hết" in second.get("/cases/F0-0001/outgoing").text
    assert "hanh@cdc" in second.get("/cases/F0-0001/outgoing").text
    assert "vừa đổi" in given.act(second, "/cases/F0-0001/outgoing/sent", person=which).text
    with given.session() as session:
        done = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq)).all()
        rows = session.scalars(sa.select(AuditEntry.rows).where(AuditEntry.action == "case.outgoing")).all()
    assert done.count("case.sent") == 1 and rows == [1]


def test_who_turned_out_to_be_no_contact_is_sent_to_no_other_province(given):
    officer = given.signed_in(cast.CDC)
    given.act(officer, f"{given.page(AWAY)}/decide", seen=1, stage="not", reason="Không ở đó")
    assert given.one(AWAY).stage == "not"
    assert AWAY not in officer.get("/cases/F0-0001/outgoing").text
    assert given.act(officer, "/cases/F0-0001/outgoing/01.csv").status_code == 404


def test_who_is_still_to_be_called_is_asked_by_the_disease_that_the_case_turned_out_to_have(given):
    given.make_f1(given.signed_in(cast.CDC), THERE)
    with given.session() as session:
        case = session.scalars(sa.select(Case)).one()
        facts = Facts(**{field.name: getattr(case, field.name) for field in fields(Facts)} | {"disease": "measles"})
        officer = session.scalars(sa.select(Account).where(Account.role == "cdc")).first()
        casefacts.change(session, now=NOW, actor=officer.actor, case=case, seen=case.version, facts=facts)
        session.commit()
    assert (given.one(HERE).disease, given.one(THERE).disease) == ("measles", "covid-19")


def test_the_case_is_no_contact_of_its_own(given):
    with given.session() as session:
        case = session.scalars(sa.select(Case)).one()
        case.person_id = new_id(NOW)
        officer = session.scalars(sa.select(Account).where(Account.role == "cdc")).first()
        own = contacts.Given(case.person_id, factories.HA_TU, NOW.date(), {"full_name": "x"}, "22")
        how = {"now": NOW, "actor": officer.actor, "case": case, "rules": factories.rules(given.app)}
        done = contacts.assign(session, vault_of(given.app), people=[own], **how)
        assert (done.stations, done.outside, done.before) == (0, 0, 0)
        session.rollback()


def test_nobody_elsewhere_says_so(given):
    officer = given.signed_in(cast.CDC)
    with given.session() as session:
        session.execute(sa.text("UPDATE contact SET commune_id = :home"), {"home": factories.HA_TU})
        session.commit()
    assert "Không có ai ở tỉnh khác" in officer.get("/cases/F0-0001/outgoing").text
