"""From the people of a case to the calls of the stations, and back: who sees whom, and what makes somebody an F1."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.contacts.models import Contact, ContactStep
from checkin.db import db
from tests import cast, factories
from tests.conftest import NOW
from tests.fuzz import cheap
from tests.worlds import inside, vault_of

OTHER = ("hoa@tram", "trạm y tế phường Hồng Gai")
COLLEAGUE = ("minh@cdc", "đồng nghiệp ở CDC tỉnh")
HERE, THERE, AWAY = "Trần Văn Hưng", "Lê Thị Mai", "Phạm Văn Xa"
CLOSE = {"near": "yes", "closed": "no", "mask": "no", "long": "no", "touch": "no"}
APART = CLOSE | {"near": "no"}


@pytest.fixture
def town(world):
    """A market where the case was with somebody of Hà Tu, of Hồng Gai, and of another province; the lookup is made."""
    app = world.app()
    with clock.fixed(NOW), cheap.passwords():
        with inside(app):
            session, vault = db.session(), vault_of(app)
            for role, who, commune in (
                ("commune", cast.COMMUNE, factories.HA_TU),
                ("commune", OTHER, factories.HONG_GAI),
                ("cdc", cast.CDC, None),
                ("cdc", COLLEAGUE, None),
            ):
                factories.account(session, vault, role, who, commune)
            market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
            there = {"full_name": THERE, "phone": "+84904118227", "id_number": None, "commune_id": factories.HONG_GAI}
            away = {
                "full_name": AWAY,
                "phone": "+84904118228",
                "id_number": None,
                "commune_id": None,
                "province_id": "01",
            }
            people = [cast.CITIZEN, cast.NEIGHBOUR, replace(cast.NEIGHBOUR, **there), replace(cast.NEIGHBOUR, **away)]
            for number, one in enumerate(people):
                at = NOW - timedelta(hours=5, minutes=-number)
                factories.check_in(app, session, vault, market, cast.healthy(one), at=at)
            factories.case(session)
            factories.commit()
        yield app


def signed_in(app, who):
    client = app.test_client()
    factories.sign_in(client, who)
    return client


def post(client, path, token_from="/account", **fields):
    token = factories.token(client, token_from)
    return client.post(path, data={"csrf_token": token, **fields}, follow_redirects=True)


def looked_up(app):
    """The CDC's officer and the address of the lookup by case, with its case linked."""
    officer = signed_in(app, cast.CDC)
    asked = {"case": "F0-0001", "reason": "Tìm người bệnh", "phone": "0912345678"}
    page = officer.post("/lookup/person", data={"csrf_token": factories.token(officer, "/lookup/"), **asked}).location
    person = factories.hidden(officer.get(page).text, "person")
    post(officer, page.replace("/lookup/", "/cases/found/"), person=person, case="F0-0001")
    made = officer.post(
        "/cases/F0-0001/lookup", data={"csrf_token": factories.token(officer, "/account"), "reason": "Cần gọi"}
    )
    return officer, made.location


def assign(officer, lookup, **fields):
    fields = fields or {"all": "y"}
    shown = re.findall(r'name="shown" value="([^"]+)"', officer.get(lookup).text)
    return post(officer, lookup.replace("/lookup/", "/cases/assign/"), page="1", shown=shown, **fields)


def all_of(app, column):
    with inside(app):
        return db.session.scalars(sa.select(column)).all()


def of_station(client):
    return re.findall(r'href="(/station/contacts/[^"]+)"', client.get("/station/").text)


def act(client, page, what, seen=None, **said):
    html = client.get(page).text
    fields = {"csrf_token": factories.hidden(html, "csrf_token"), "seen": seen or factories.hidden(html, "seen")}
    return client.post(f"{page}/{what}", data=fields | said, follow_redirects=True)


def test_who_is_given_is_on_the_list_of_their_own_commune_and_on_no_other(town):
    officer, lookup = looked_up(town)
    page = officer.get(lookup).text
    assert "cùng địa điểm" in page and not all_of(town, Contact.id)
    assert "Đã giao 2 người" in assign(officer, lookup).text
    own, other = signed_in(town, cast.COMMUNE), signed_in(town, OTHER)
    assert HERE in own.get("/station/").text and THERE not in own.get("/station/").text
    assert THERE in other.get("/station/").text and HERE not in other.get("/station/").text
    (mine,), (theirs,) = of_station(own), of_station(other)
    shown = own.get(mine).text
    for words in (HERE, "0904 118 226", "Chợ Hạ Long 1"):
        assert words in shown
    assert own.get(theirs).status_code == 404
    for what in ("take", "let-go", "call"):
        assert post(own, f"{theirs}/{what}", seen="1", result="refused").status_code == 404


def test_a_station_never_learns_who_the_case_is(town):
    officer, lookup = looked_up(town)
    assign(officer, lookup)
    own = signed_in(town, cast.COMMUNE)
    (page,) = of_station(own)
    for text in (own.get("/station/").text, own.get(page).text):
        assert cast.CITIZEN.full_name not in text and "F0-0001" not in text and "hanh@cdc" not in text
    assert not [subject for subject in all_of(town, AuditEntry.subject) if HERE in str(subject)]
    act(own, page, "call", result="refused")
    with inside(town):
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "station.call")).one()
        assert (entry.subject, entry.case_number) == (factories.HA_TU, None)


def test_nobody_becomes_an_f1_by_being_given_to_many_calls_at_once(town):
    officer, lookup = looked_up(town)
    assign(officer, lookup, all="y", stage="f1")
    assert set(all_of(town, Contact.stage)) == {"call"} and len(all_of(town, Contact.id)) == 3


def test_who_lives_in_no_commune_of_the_province_stays_with_the_cdc(town):
    officer, lookup = looked_up(town)
    assert "1 người không có nơi ở trong tỉnh" in assign(officer, lookup).text
    outside = officer.get("/cases/F0-0001/contacts?stage=outside").text
    assert AWAY in outside and HERE not in outside
    page = re.search(r'href="(/cases/F0-0001/contacts/[0-9a-f-]{36})"', outside)[1]
    assert "Bây giờ: F1" in act(officer, page, "call", result="reached", **CLOSE).text
    for who in (cast.COMMUNE, OTHER):
        assert AWAY not in signed_in(town, who).get("/station/").text


def test_twice_is_once_and_the_second_officer_sees_it(town):
    officer, lookup = looked_up(town)
    second, shown = signed_in(town, COLLEAGUE), re.findall(r'name="shown" value="([^"]+)"', officer.get(lookup).text)
    assign(officer, lookup)
    late = post(second, lookup.replace("/lookup/", "/cases/assign/"), page="1", person=shown)
    assert "3 người đã được giao trước đó" in late.text
    assert len(all_of(town, Contact.id)) == 3 and all_of(town, ContactStep.what) == ["assign"] * 3
    assert 'name="person"' not in re.sub(r'type="hidden"[^>]*', "", late.text) and "Phường Hà Tu" in late.text


def test_only_who_is_ticked_is_given_and_nobody_whom_the_lookup_did_not_find(town):
    officer, lookup = looked_up(town)
    first = re.findall(r'form="give" name="person" value="([^"]+)"', officer.get(lookup).text)[0]
    answer = assign(officer, lookup, person=[first, "00000000-0000-0000-0000-000000000001", "x"])
    assert "Có người không còn trong danh sách" in answer.text
    assert [str(one) for one in all_of(town, Contact.person_id)] == [first]
    assert "Chưa chọn ai" in assign(officer, lookup, person=[]).text


@pytest.mark.parametrize(("answers", "stage"), [(CLOSE, "F1"), (APART, "Không phải F1")])
def test_the_answers_decide_and_the_cdc_sees_it(town, answers, stage):
    officer, lookup = looked_up(town)
    assign(officer, lookup)
    own = signed_in(town, cast.COMMUNE)
    (page,) = of_station(own)
    assert "Bạn nhận gọi" in act(own, page, "take").text
    assert f"Bây giờ: {stage}." in act(own, page, "call", result="reached", note="đã hẹn xét nghiệm", **answers).text
    assert of_station(own) == []
    listed = officer.get("/cases/F0-0001/contacts?stage=" + ("f1" if stage == "F1" else "not")).text
    assert HERE in listed and "Gọi được" in listed and ("14/12/2026" not in listed)
    if stage == "F1":
        with inside(town):
            one = db.session.scalars(sa.select(Contact).where(Contact.stage == "f1")).one()
            assert one.quarantine_until - one.quarantine_from == timedelta(days=14)
            assert one.quarantine_from == clock.to_local(NOW - timedelta(hours=5)).date()
    counts = officer.get("/cases/F0-0001").text
    assert "contacts?stage=f1" in counts and "Gọi được" in officer.get(lookup).text
    sealed = b"".join(note for note in all_of(town, ContactStep.note) if note)
    assert "xét nghiệm".encode() not in sealed
    assert {"case.assign", "case.contacts", "station.take", "station.call"} <= set(all_of(town, AuditEntry.action))


@pytest.mark.parametrize(
    "said",
    [
        {"result": "not_reached"},
        {"result": "refused"},
        {"result": "reached", **dict.fromkeys(CLOSE, "unknown")},
        # Answers that were ticked and then nobody was reached are no answers.
        {"result": "not_reached", **CLOSE},
    ],
)
def test_who_is_not_reached_refuses_or_does_not_know_stays_on_the_list(town, said):
    officer, lookup = looked_up(town)
    assign(officer, lookup)
    own = signed_in(town, cast.COMMUNE)
    (page,) = of_station(own)
    assert "Bây giờ: Cần gọi" in act(own, page, "call", **said).text
    assert of_station(own) == [page]


def test_who_moved_away_goes_back_to_the_cdc(town):
    officer, lookup = looked_up(town)
    assign(officer, lookup)
    own = signed_in(town, cast.COMMUNE)
    act(own, of_station(own)[0], "call", result="moved")
    assert of_station(own) == []
    outside = "/cases/F0-0001/contacts?stage=outside"
    assert HERE in officer.get(outside).text
    page = re.search(rf'href="(/cases/F0-0001/contacts/[0-9a-f-]{{36}})"[^>]*>{HERE}', officer.get(outside).text)[1]
    act(officer, page, "call", result="not_reached")
    assert HERE in officer.get(outside).text and of_station(own) == []


def test_a_call_needs_a_result_and_who_was_reached_every_answer_and_what_was_typed_stays(town):
    officer, lookup = looked_up(town)
    assign(officer, lookup)
    own = signed_in(town, cast.COMMUNE)
    (page,) = of_station(own)
    assert " checked" not in own.get(page).text
    bare = act(own, page, "call", note="máy bận")
    assert bare.status_code == 422 and "Chọn kết quả cuộc gọi." in bare.text and "máy bận" in bare.text
    half = act(own, page, "call", result="reached", near="yes", note="nghe rõ")
    assert half.status_code == 422 and "không rõ thì chọn" in half.text and "nghe rõ" in half.text
    assert set(all_of(town, ContactStep.what)) == {"assign"}


def test_two_at_once_at_a_station_the_second_sees_what_happened(town):
    officer, lookup = looked_up(town)
    assign(officer, lookup)
    own = signed_in(town, cast.COMMUNE)
    (page,) = of_station(own)
    act(own, page, "call", result="not_reached", seen="1")
    late = act(own, page, "call", result="refused", note="không nghe", seen="1")
    assert (
        late.status_code == 409
        and "giang@tram làm trước bạn, lúc 10:30 20/11/2026: Gọi – Chưa gọi được" in late.text
        and "không nghe" in late.text
    )
    act(own, page, "call", result="reached", **CLOSE)
    assert 'name="result"' not in own.get(page).text
    assert all_of(town, ContactStep.what).count("call") == 2


def test_an_officer_decides_with_a_signed_reason_and_never_without(town):
    officer, lookup = looked_up(town)
    assign(officer, lookup)
    listed = officer.get("/cases/F0-0001/contacts").text
    page = re.search(r'href="(/cases/F0-0001/contacts/[0-9a-f-]{36})"', listed)[1]
    bare = act(officer, page, "decide", stage="f1", reason=" ")
    assert bare.status_code == 422 and set(all_of(town, Contact.stage)) == {"call"}
    signed = act(officer, page, "decide", stage="f1", reason="Sống cùng nhà với ca")
    assert "Bây giờ: F1" in signed.text and "Sống cùng nhà với ca" in signed.text and "hanh@cdc" in signed.text
    undone = act(officer, page, "decide", stage="call", reason="Nhầm người").text
    assert "Bây giờ: Cần gọi" in undone and not any(all_of(town, Contact.quarantine_until))
    # Why the CDC decided may say who the case is: the station reads that it decided, and not why.
    own, other = signed_in(town, cast.COMMUNE), signed_in(town, OTHER)
    for station in (own, other):
        for its in of_station(station):
            assert "Sống cùng nhà" not in station.get(its).text and "Nhầm người" not in station.get(its).text


def test_those_overdue_come_first_and_are_named_so(town):
    officer, lookup = looked_up(town)
    assign(officer, lookup)
    assert "Quá hạn" not in signed_in(town, cast.COMMUNE).get("/station/").text
    with clock.fixed(NOW + timedelta(hours=24, minutes=1)):
        assert "Quá hạn" in signed_in(town, cast.COMMUNE).get("/station/").text


def test_contacts_go_when_the_case_lets_go_of_what_it_kept(town):
    officer, lookup = looked_up(town)
    assign(officer, lookup)
    post(officer, "/cases/F0-0001/unlink")
    assert not all_of(town, Contact.id) and not all_of(town, ContactStep.what)
    assert of_station(signed_in(town, cast.COMMUNE)) == []
