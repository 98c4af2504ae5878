"""The page of an F1 offers who may be an F2, with the reason; an officer ticks some."""

import re
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from checkin.accounts.models import Account
from checkin.audit.models import AuditEntry
from checkin.cases.models import Case
from checkin.contacts import service as contacts
from checkin.contacts.models import Contact
from checkin.contacts.words import details_of
from checkin.ids import new_id
from checkin.visits.models import Visit
from tests import cast, factories
from tests.conftest import NOW
from tests.contacts.conftest import OTHER
from tests.worlds import vault_of

WIFE = replace(cast.NEIGHBOUR, full_name="Vũ Thị Hoa", birth_year=1975, gender="female")
SELLER = replace(cast.NEIGHBOUR, full_name="Lý Văn Bán", birth_year=1990, phone="+84904118777", commune_id="06685")
MARKET = "Chợ Hạ Long 1"


def shift(person_id, venue, at, name):
    return Visit(
        id=new_id(at), entered_at=at, venue_id=venue.id, person_id=person_id, until_likely=at + timedelta(hours=8),
        until_latest=at + timedelta(hours=9), channel="shift", masked_name=name, group_id=new_id(at), flags="shift",
    )  # fmt: skip


def family(given):
    """Hưng, who was with the case two days ago and is made an F1 by an officer; his wife, two who sell at his market, a
    stranger."""
    with given.session() as session:
        app, vault = given.app, vault_of(given.app)
        market = factories.venue(session, vault, MARKET, kind="market")
        shop = factories.venue(session, vault)
        ids = {}
        for number, who in enumerate((cast.NEIGHBOUR, WIFE, SELLER, cast.CITIZEN)):
            at = NOW - timedelta(hours=5, minutes=number)
            factories.check_in(app, session, vault, shop, cast.healthy(who), at=at)
            ids[who.full_name] = session.scalars(sa.select(Visit.person_id).where(Visit.entered_at == at)).one()
        for days in (1, 2):
            for name in (cast.NEIGHBOUR.full_name, SELLER.full_name):
                session.add(shift(ids[name], market, NOW - timedelta(days=days), name))
        case = session.scalars(sa.select(Case)).one()
        actor = session.scalars(sa.select(Account).where(Account.role == "cdc")).first().actor
        details = details_of(name=cast.NEIGHBOUR.full_name, phone="0904 118 226", birth_year=1971, home="", met=[])
        person = given.ids["f1"] = ids[cast.NEIGHBOUR.full_name]
        people = [contacts.Given(person, factories.HA_TU, (NOW - timedelta(days=2)).date(), details)]
        how = {"now": NOW, "actor": actor, "case": case, "rules": factories.rules(app)}
        contacts.assign(session, vault, people=people, **how)
        session.commit()
    return ids


def row(page, name):
    """What the row of somebody says, in words."""
    found = next(one for one in re.findall(r"<tr><th.*?</tr>", page, re.S) if name in one)
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


def test_who_shares_a_phone_or_a_shift_with_an_f1_is_offered_and_becomes_an_f2_when_ticked(given):
    ids, officer = family(given), given.signed_in(cast.CDC)
    given.make_f1(officer, "f1")
    near = f"{given.page('f1')}/near"
    page = officer.get(near).text
    assert "Có thể là F2: 2" in page and cast.CITIZEN.full_name not in page
    wife, seller = row(page, WIFE.full_name), row(page, SELLER.full_name)
    assert "cùng số điện thoại" in wife and "chưa có trong ca" in wife
    assert f"cùng ca ở {MARKET}: 2 ca, lần cuối 19/11" in seller
    assert page.index(WIFE.full_name) < page.index(SELLER.full_name)
    with given.session() as session:
        read = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
        assert (read.action, read.rows) == ("case.contacts", 3)
    # Nobody is made one by being offered, or by a tick beside somebody else.
    assert "Chưa chọn ai" in given.act(officer, f"{near}/offered").text
    stranger = given.act(officer, f"{near}/offered", person=str(ids[cast.CITIZEN.full_name]))
    assert "không còn trong danh sách" in stranger.text
    # What stations read is Vietnamese.
    given.act(officer, f"{near}/offered?lang=en", person=[str(ids[SELLER.full_name]), "x"])
    officer.get("/cases/?lang=vi")
    with given.session() as session:
        f2 = session.scalars(sa.select(Contact).where(Contact.stage == "f2")).one()
        assert (f2.person_id, f2.commune_id, f2.province_id) == (ids[SELLER.full_name], factories.HONG_GAI, "22")
        assert f2.met_on == (NOW - timedelta(days=1)).date() and f2.due_at == NOW + timedelta(hours=48)
    page = officer.get(near).text
    assert "Có thể là F2: 1" in page and page.count(SELLER.full_name) == 1
    called = given.signed_in(OTHER).get("/station/").text
    assert f"F2 của F1 Trần V. H. (cùng ca ở {MARKET}: 2 ca, lần cuối 19/11)" in called


def test_who_is_a_contact_already_says_so_and_stays_what_they_are(given):
    ids, officer = family(given), given.signed_in(cast.CDC)
    with given.session() as session:
        actor = session.scalars(sa.select(Account).where(Account.role == "cdc")).first().actor
        details = details_of(name=WIFE.full_name, phone="0904 118 226", birth_year=1975, home="", met=[])
        people = [contacts.Given(ids[WIFE.full_name], factories.HA_TU, NOW.date(), details)]
        case = session.scalars(sa.select(Case)).one()
        how = {"now": NOW, "actor": actor, "case": case, "rules": factories.rules(given.app)}
        contacts.assign(session, vault_of(given.app), people=people, **how)
        session.commit()
    given.ids["wife"] = ids[WIFE.full_name]
    given.make_f1(officer, "f1")
    near = f"{given.page('f1')}/near"
    assert "Cần gọi" in row(officer.get(near).text, WIFE.full_name)
    given.act(officer, f"{near}/offered", person=str(ids[WIFE.full_name]))
    assert given.one("wife").stage == "call" and "Cần gọi" in row(officer.get(near).text, WIFE.full_name)
    # An F1 is no F2 of another one.
    given.make_f1(officer, "wife")
    assert "Ở gần F1:" in officer.get(given.page("wife")).text
    assert 'name="person"' not in officer.get(f"{given.page('wife')}/near").text
    # Whom an officer finds to be no F1 meanwhile, makes nobody one.
    given.act(officer, f"{given.page('f1')}/decide", seen=given.one("f1").version, stage="not", reason="Nhầm")
    late = given.act(officer, f"{near}/offered", person=str(ids[SELLER.full_name]))
    assert late.status_code == 409 and "không phải F1" in late.text and "Có thể là F2" not in late.text
