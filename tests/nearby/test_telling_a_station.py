"""Whom an F1 names to the station that follows them is an F2 at the CDC; the station learns nothing of the case by it."""

import re

import sqlalchemy as sa

from checkin.accounts.models import Account
from checkin.audit.models import AuditEntry
from checkin.cases import service as cases
from checkin.cases.models import Case
from checkin.contacts.models import Contact, ContactNear, ContactStep
from checkin.joins.models import joined
from checkin.nearby import service, station
from checkin.people.models import Person
from checkin.web import limiter
from tests import cast, factories
from tests.conftest import NOW
from tests.contacts.conftest import AWAY, HERE, OTHER, THERE
from tests.worlds import vault_of

NEAR = {"full_name": "Đỗ Thị Gần", "phone": "0912 345 678", "relation": "mẹ", "commune": "Phường Hồng Gai"}


def signed_in(given, who):
    """A browser of the staff tier, which on PostgreSQL asks as its own role."""
    client = given.world.app("staff").test_client()
    factories.sign_in(client, who)
    return client


def tell(given, client, **said):
    seen = {"seen": given.one(HERE).version}
    return given.act(client, f"{given.page(HERE, station=True)}/near", **seen | NEAR | said)


def count(given, table):
    with given.session() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table))


def test_whom_an_f1_names_to_the_station_the_cdc_has_as_an_f2_and_their_own_station_calls(given_twice):
    given = given_twice
    officer, station, other = (signed_in(given, who) for who in (cast.CDC, cast.COMMUNE, OTHER))
    given.make_f1(officer, HERE)
    page = given.page(HERE, station=True)
    assert f"{page}/near" in station.get(page).text
    told = tell(given, station)
    assert told.status_code == 200 and "CDC thấy ngay" in told.text and "Đỗ Thị Gần, 0912 345 678, mẹ" in told.text
    # The CDC has them on the page of the F1, who told what of whom, and the way back.
    near = officer.get(f"{given.page(HERE)}/near").text
    assert NEAR["full_name"] in near and "mẹ" in near and "Phường Hồng Gai" in near
    assert "Kể tên người ở gần" in officer.get(given.page(HERE)).text
    with given.session() as session:
        f2 = session.scalars(sa.select(Contact).where(Contact.stage == "f2")).one()
        made_by = session.scalars(sa.select(ContactStep.by_name).where(ContactStep.contact_id == f2.id)).one()
        f2_id, commune = f2.id, f2.commune_id
        logged = {
            (one.action, one.case_number, one.subject)
            for one in session.scalars(
                sa.select(AuditEntry).order_by(AuditEntry.seq).where(AuditEntry.actor == made_by)
            )
        }
    assert made_by == cast.COMMUNE[0] and commune == factories.HONG_GAI
    assert {("station.named", None, factories.HA_TU), ("case.assign", "F0-0001", "F0-0001")} <= logged
    way_back = officer.get(f"/cases/F0-0001/contacts/{f2_id}").text
    assert "Ở gần F1:" in way_back and f'href="{given.page(HERE)}"' in way_back
    # The station of their home calls; the one that wrote it does not see them, and neither learns of the case.
    theirs = other.get(f"/station/contacts/{f2_id}").text
    assert NEAR["full_name"] in theirs and "F2 của F1 Trần V. H. (mẹ)" in theirs and "F0-0001" not in theirs
    assert station.get(f"/station/contacts/{f2_id}").status_code == 404
    assert other.get(f"{page}/near").status_code == 404 and tell(given, other).status_code == 404
    # Once more they are the same; let go with the F1, as who was named to the CDC is.
    tell(given, station, full_name="ĐỖ THỊ GẦN")
    assert count(given, ContactNear) == 1 and count(given, Contact) == 4
    said = {"seen": given.one(HERE).version, "stage": "not", "reason": "Xét nghiệm hai lần âm tính"}
    given.act(officer, f"{given.page(HERE)}/decide", **said)
    with given.session() as session:
        assert session.scalars(sa.select(Contact.stage).where(Contact.id == f2_id)).one() == "not"
    late = tell(given, station)
    assert late.status_code == 409 and "không ghi thêm ai" in late.text


def make_the_case(given):
    """The citizen of the cast becomes the person of the case; what one types to name them."""
    with given.session() as session:
        vault, app = vault_of(given.app), given.app
        shop = factories.venue(session, vault)
        factories.check_in(app, session, vault, shop, cast.healthy())
        person = factories.all_visits(session)[0].person_id
        actor = session.scalars(sa.select(Account).where(Account.role == "cdc")).first().actor
        case = session.scalars(sa.select(Case)).one()
        how = {"now": NOW, "actor": actor, "case": case, "rules": factories.rules(app)}
        cases.link(session, person_id=person, found_by="TC-000001", **how)
        session.commit()
    who = cast.CITIZEN
    return {"full_name": who.full_name, "phone": who.phone, "birth_year": str(who.birth_year)}


def pages(client):
    """Every list of a station, without the tokens of its forms."""
    paths = ("/station/", "/station/quarantine/", "/overview/")
    return [re.sub(r'name="csrf_token" value="[^"]*"', "", client.get(path).text) for path in paths]


def logged_by(given, who):
    with given.session() as session:
        return list(
            session.scalars(sa.select(AuditEntry.action).where(AuditEntry.actor == who).order_by(AuditEntry.seq))
        )


def test_whom_a_station_names_in_its_own_commune_changes_no_list_of_it_whoever_it_is(given_twice):
    given = given_twice
    officer, station = signed_in(given, cast.CDC), signed_in(given, cast.COMMUNE)
    given.make_f1(officer, HERE)
    ill = make_the_case(given)
    followed = {"full_name": "Vũ Thị Biết", "phone": "0912 345 679"}
    given.act(officer, f"{given.page(HERE)}/near", **NEAR | followed | {"commune": ""})
    before, answers = pages(station), []
    for somebody in ({}, followed, ill):
        said = NEAR | somebody | {"commune": "Phường Hà Tu", "birth_year": somebody.get("birth_year", "")}
        told = tell(given, station, **said)
        answers.append((told.status_code, "CDC thấy ngay" in told.text, said["full_name"] in told.text))
        assert pages(station) == before, somebody
    assert answers == [(200, True, True)] * 3
    # The CDC has who is new among those it calls, of this province, and reads in the log who was none.
    assert NEAR["full_name"] in officer.get("/cases/F0-0001/contacts?stage=outside").text
    with given.session() as session:
        f2s = session.execute(sa.select(Contact.commune_id, Contact.province_id).where(Contact.stage == "f2")).all()
        assert sorted(f2s, key=str) == [(None, "22"), (None, None)]
        # Nor is there anybody more of its commune in the register of people: the citizen alone.
        here = sa.select(sa.func.count()).select_from(Person).where(Person.commune_id == factories.HA_TU)
        assert session.scalar(here) == 1
    mine = [one for one in logged_by(given, cast.COMMUNE[0]) if one.startswith("case.")]
    assert mine == ["case.assign", "case.named_known", "case.named_case"]


def test_an_officer_passes_on_whom_a_station_named_in_its_own_commune_and_reads_which_station_it_was(given_twice):
    given = given_twice
    officer, station = (signed_in(given, who) for who in (cast.CDC, cast.COMMUNE))
    given.make_f1(officer, HERE)
    tell(given, station, commune="Phường Hà Tu")
    with given.session() as session:
        f2 = session.scalars(sa.select(Contact).where(Contact.stage == "f2")).one()
        page, commune = f"/cases/F0-0001/contacts/{f2.id}", f2.commune_id
    assert commune is None and NEAR["full_name"] not in station.get("/station/").text
    shown = officer.get(page).text
    assert "F1 kể tên người này thuộc trạm Phường Hà Tu" in shown
    given.act(officer, f"{page}/give", seen="1", to=factories.HA_TU)
    assert NEAR["full_name"] in station.get("/station/").text


def outside(given, officer):
    """What stands beside the boxes to tick on the list of those whom no station calls."""
    html = officer.get("/cases/F0-0001/contacts?stage=outside").text
    return re.findall(r'name="person" value="([^"]+)"', html)


def give_all(given, officer, to):
    said = {"person": outside(given, officer), "to": to}
    return given.act(officer, "/cases/F0-0001/contacts/give", **said).text


def test_whom_a_station_named_in_its_own_commune_does_not_come_back_to_it_with_many_at_once(given_twice):
    given = given_twice
    officer, station, other = (signed_in(given, who) for who in (cast.CDC, cast.COMMUNE, OTHER))
    given.make_f1(officer, HERE)
    followed = {"full_name": "Vũ Thị Biết", "phone": "0912 345 679"}
    given.act(officer, f"{given.page(HERE)}/near", **NEAR | followed | {"commune": ""})
    ill, before = make_the_case(given), pages(station)
    for somebody in ({}, followed, ill):
        tell(given, station, **NEAR | somebody | {"commune": "Phường Hà Tu"})
    ticked = outside(given, officer)
    # The third is of Hà Nội, whom nobody named: they are given.
    assert len(ticked) == 3
    done = give_all(given, officer, factories.HA_TU)
    assert "Đã giao 1 người" in done and "2 người chưa giao: F1 của họ kể tên người với chính trạm Phường Hà Tu" in done
    station_now = "".join(pages(station))
    assert AWAY in station_now and NEAR["full_name"] not in station_now and followed["full_name"] not in station_now
    assert AWAY not in "".join(before)
    # The F1 changes hands; what they told the first station it still knows.
    given.act(officer, f"{given.page(HERE)}/give", seen=given.one(HERE).version, to=factories.HONG_GAI)
    left = outside(given, officer)
    assert "2 người chưa giao" in give_all(given, officer, factories.HA_TU) and outside(given, officer) == left
    shown = officer.get(f"/cases/F0-0001/contacts/{left[0].partition('.')[0]}").text
    (namers,) = re.findall(r"F1 kể tên người này thuộc trạm ([^.]+), lúc kể hoặc bây giờ", shown)
    assert sorted(namers.split(", ")) == ["Phường Hà Tu", "Phường Hồng Gai"]
    # To the other station nothing was told.
    assert "Đã giao 2 người cho trạm y tế Phường Hồng Gai" in give_all(given, officer, factories.HONG_GAI)
    assert NEAR["full_name"] in other.get("/station/").text


def test_who_was_named_under_another_name_that_was_joined_stays_away_from_that_station_too(given_twice):
    given = given_twice
    officer, station = (signed_in(given, who) for who in (cast.CDC, cast.COMMUNE))
    given.make_f1(officer, HERE)
    tell(given, station, commune="Phường Hà Tu")
    with given.session() as session:
        named = session.scalars(sa.select(Contact.person_id).where(Contact.stage == "f2")).one()
        untold = dict.fromkeys(("name_index", "id_index", "phone_index"), b"")
        session.add(Person(id=given.ids[AWAY], created_at=NOW, **untold))
        session.flush()
        rows = [{"member_id": one, "main_id": named} for one in (named, given.ids[AWAY])]
        session.execute(sa.insert(joined), rows)
        session.commit()
    # Who is still to be called leads for both.
    assert [one.partition(".")[0] for one in outside(given, officer)] == [str(given.one(AWAY).id)]
    assert "1 người chưa giao: F1 của họ" in give_all(given, officer, factories.HA_TU)
    assert given.one(AWAY).commune_id is None
    assert "thuộc trạm Phường Hà Tu, lúc kể" in officer.get(given.page(AWAY)).text


def test_a_station_does_not_overturn_what_an_officer_signed(given_twice):
    given = given_twice
    officer, station = signed_in(given, cast.CDC), signed_in(given, cast.COMMUNE)
    for who in (HERE, THERE):
        given.make_f1(officer, who)
    freed = {"full_name": "Ngô Văn Thả", "phone": "0912 345 677"}
    given.act(officer, f"{given.page(THERE)}/near", **NEAR)
    with given.session() as session:
        signed = session.scalars(sa.select(Contact.id).where(Contact.stage == "f2")).one()
    given.act(officer, f"{given.page(THERE)}/near", **NEAR | freed)
    decided = {"seen": 1, "stage": "not", "reason": "Không ở gần"}
    given.act(officer, f"/cases/F0-0001/contacts/{signed}/decide", **decided)
    given.act(officer, f"{given.page(THERE)}/decide", **decided | {"seen": given.one(THERE).version})

    def of(contact_id):
        with given.session() as session:
            return session.execute(
                sa.select(Contact.stage, Contact.due_at, Contact.version).where(Contact.id == contact_id)
            ).one()

    was = of(signed)
    assert was.stage == "not" and count(given, ContactNear) == 2
    assert tell(given, station).status_code == 200
    assert of(signed) == was and count(given, ContactNear) == 3
    assert NEAR["full_name"] in officer.get(f"{given.page(HERE)}/near").text
    # Who was only let go with their F1 is near another one.
    assert tell(given, station, **freed).status_code == 200
    with given.session() as session:
        assert session.scalars(sa.select(Contact.id).where(Contact.stage == "f2")).one() != signed


def test_one_f1_names_so_many_and_one_account_so_many_a_day(given, monkeypatch):
    commune = given.signed_in(cast.COMMUNE)
    given.make_f1(given.signed_in(cast.CDC), HERE)
    with monkeypatch.context() as patched:
        patched.setattr(service, "MOST_NAMED", 1)
        assert tell(given, commune).status_code == 200
        more = tell(given, commune, full_name="Vũ Thị Thêm", phone="0912 345 670")
        assert more.status_code == 422 and "gọi CDC" in more.text and "Vũ Thị Thêm" in more.text
        assert count(given, ContactNear) == 1
    monkeypatch.setattr(station, "MOST_A_DAY", 1)
    monkeypatch.setattr(limiter, "enabled", True)
    statuses = [tell(given, commune, phone=f"0912 345 68{n}").status_code for n in range(2)]
    assert statuses == [200, 429] and count(given, ContactNear) == 2


def test_naming_the_case_tells_the_station_nothing_and_makes_nobody(given):
    officer, station = given.signed_in(cast.CDC), given.signed_in(cast.COMMUNE)
    given.make_f1(officer, HERE)
    ill = make_the_case(given)
    told = tell(given, station, **ill)
    assert told.status_code == 200 and "CDC thấy ngay" in told.text and cast.CITIZEN.full_name in told.text
    assert count(given, ContactNear) == 0
    # To the CDC it says so.
    refused = given.act(officer, f"{given.page(HERE)}/near", **NEAR | ill)
    assert refused.status_code == 422 and "Đây chính là ca bệnh này." in refused.text


def test_what_is_wrong_stands_beside_its_field_and_an_old_page_writes_nothing(given):
    station = given.signed_in(cast.COMMUNE)
    assert tell(given, station).status_code == 409
    given.make_f1(given.signed_in(cast.CDC), HERE)
    wrong = tell(given, station, phone="12")
    assert wrong.status_code == 422 and "Số điện thoại chưa đúng." in wrong.text and NEAR["full_name"] in wrong.text
    old = tell(given, station, seen="1")
    assert old.status_code == 409 and "làm trước bạn, lúc" in old.text and NEAR["full_name"] in old.text
    assert count(given, ContactNear) == 0
