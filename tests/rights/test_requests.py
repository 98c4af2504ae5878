"""Requests of people about their own data: the form, and every step at the CDC until the letter."""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.accounts.models import Account
from checkin.audit.models import AuditEntry
from checkin.calls.models import StationCall
from checkin.cases import service as cases
from checkin.cases.models import Case, kept_visit
from checkin.contacts.models import Contact, ContactCheck, ContactStep
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.exposure.models import Lookup
from checkin.exposure.reasons import Facts
from checkin.ids import new_id
from checkin.movements.models import ToldMove
from checkin.notices import queries as notice_queries
from checkin.notices import service as notices
from checkin.replies import service as replies
from checkin.replies.models import NoticeAnswer
from checkin.replies.telling import Telling
from checkin.rights import service
from checkin.rights.models import RightsRequest
from checkin.venues.models import Venue
from checkin.visits.models import Visit
from checkin.web import limiter
from tests import cast, factories
from tests.calls.pages import send
from tests.conftest import NOW
from tests.worlds import inside, vault_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINE = "a" * 64
FORM = {
    "kind": "delete",
    "full_name": "Nguyễn Thị Ánh Tuyết",
    "birth_year": "1985",
    "phone": "0912 345 678",
    "mail": "",
    "id_number": "022185001234",
    "text": "Xoá hết\ngiúp tôi",
}
REFERENCE = re.compile(r"YC-[2-9A-HJ-NP-Z]{8}")


@pytest.fixture
def office(world):
    """The office on each database in turn."""
    return opened_in(world)


@pytest.fixture
def one_office(sqlite):
    """The office on one of them, for what the database has no part in."""
    return opened_in(sqlite)


def opened_in(world):
    """The citizen's two visits, a neighbour's at the same market, and an officer of the CDC."""
    app = world.app()
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "cdc", cast.CDC)
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        device = vault.device(MINE)
        for ago, who in ((3, cast.coughing()), (1, cast.healthy())):
            factories.check_in(app, session, vault, market, who, at=NOW - ago * DAY, device=device)
        factories.check_in(app, session, vault, market, cast.healthy(cast.NEIGHBOUR), at=NOW - DAY)
        factories.commit()
    return Office(world)


class Office:
    """Visitors as the public role, officers as the staff's."""

    def __init__(self, world):
        self.world = world
        self.public = world.app("public").test_client()
        self.staff = world.app("staff").test_client()
        self.signed_in = False

    def ask(self, at=NOW, expect=303, **changes):
        with clock.fixed(at):
            page = self.public.get("/rights/").text
            fields = {name: factories.hidden(page, name) for name in ("csrf_token", "once")}
            answer = self.public.post("/rights/", data={**fields, **FORM, **changes})
            assert answer.status_code == expect, answer.text
            if expect != 303:
                return answer.text
            self.fields = fields
            return REFERENCE.search(self.public.get(answer.location).text)[0]

    def get(self, path, at=NOW, expect=200):
        with clock.fixed(at):
            if not self.signed_in:
                factories.sign_in(self.staff, cast.CDC)
                self.signed_in = True
            answer = self.staff.get(path)
            if answer.status_code == 302:  # another day: the session is over
                factories.sign_in(self.staff, cast.CDC)
                answer = self.staff.get(path)
            assert answer.status_code == expect, answer.text
            return answer.text

    def post(self, reference, step, at=NOW, expect=303, **fields):
        if step == "delete":
            fields.setdefault("sure", "y")
        token = factories.hidden(self.get(f"/requests/{reference}", at), "csrf_token")
        with clock.fixed(at):
            answer = self.staff.post(f"/requests/{reference}/{step}", data={"csrf_token": token, **fields})
            assert answer.status_code == expect, answer.text
            return self.staff.get(answer.location).text if expect == 303 else answer.text

    def identify(self, reference, how="papers"):
        page = self.post(reference, "lookup")
        return self.post(reference, "identify", how=how, person=factories.hidden(page, "person"))

    def one(self):
        with inside(self.world.app()):
            found = db.session.scalars(sa.select(RightsRequest)).one()
            db.session.expunge_all()
            return found

    def count(self, table, **where):
        with inside(self.world.app()):
            query = sa.select(sa.func.count()).select_from(table).filter_by(**where)
            return db.session.scalar(query)

    def actions(self):
        with inside(self.world.app()):
            query = sa.select(AuditEntry.action).where(AuditEntry.action.like("request.%")).order_by(AuditEntry.seq)
            return list(db.session.scalars(query))


def test_a_request_is_sealed_and_its_reference_reveals_nothing(office):
    reference = office.ask()
    stored = office.one()
    assert stored.reference == reference
    assert (stored.kind, stored.device, stored.received_at) == ("delete", None, NOW)
    # Friday, 20 November: over the weekend and the Day of Culture.
    assert (stored.acknowledge_by, stored.answer_by) == (date(2026, 11, 25), date(2026, 12, 10))
    for plain in ("Tuyết", "912345678", "022185001234", "giúp"):
        assert plain.encode() not in stored.details
        assert plain not in repr({name: value for name, value in vars(stored).items() if name != "details"})
    opened = vault_of(office.world.app()).open(stored.details)
    assert opened["full_name"] == FORM["full_name"]
    assert (opened["phone"], opened["text"]) == ("+84912345678", "Xoá hết\ngiúp tôi")
    with clock.fixed(NOW):
        receipt = office.public.get("/rights/sent").text
    assert "10/12/2026" in receipt
    assert "Tuyết" not in receipt


def test_the_same_form_twice_is_one_request_and_a_changed_one_another(one_office):
    first = one_office.ask()
    with clock.fixed(NOW):
        for _ in range(2):
            answer = one_office.public.post("/rights/", data={**one_office.fields, **FORM})
            assert answer.status_code == 303
            assert first in one_office.public.get(answer.location).text
        one_office.public.post("/rights/", data={**one_office.fields, **FORM, "text": "Khác"})
    assert one_office.count(RightsRequest) == 2


def test_the_device_goes_along_only_where_the_visitor_says_so(one_office):
    one_office.public.set_cookie("device", MINE)
    one_office.ask()
    assert one_office.one().device is None
    with inside(one_office.world.app()):
        db.session.execute(sa.delete(RightsRequest))
        factories.commit()
    one_office.ask(attach="y")
    assert one_office.one().device == vault_of(one_office.world.app()).device(MINE)


BAD = [
    ({"kind": "all"}, "Chọn điều bạn muốn."),
    ({"full_name": "  "}, "Ghi họ và tên như trong tờ khai."),
    ({"birth_year": "85"}, "Năm sinh gồm bốn chữ số"),
    ({"birth_year": "2027"}, "Năm sinh gồm bốn chữ số"),
    ({"birth_year": "١٩٨٥"}, "Năm sinh gồm bốn chữ số"),
    ({"phone": ""}, "Ghi số điện thoại hoặc thư điện tử"),
    ({"phone": "không nhớ"}, "Số điện thoại chưa đúng."),
    ({"mail": "a@b"}, "Địa chỉ thư chưa đúng."),
    ({"id_number": "12"}, "Số này chưa đúng"),
    ({"kind": "complain", "text": " \n "}, "Viết vài dòng"),
    ({"text": "a" * 2001}, "Dài quá: nhiều nhất 2000 ký tự."),
    ({"text": "a" * 50_000}, "Dài quá"),
    ({"full_name": "a" * 10_000}, "Dài quá"),
]


def test_what_cannot_be_used_is_said_beside_the_field_and_kept(one_office):
    for changes, said in BAD:
        page = one_office.ask(expect=422, **changes)
        assert said in page, changes
        if "full_name" not in changes:
            assert f'value="{FORM["full_name"]}"' in page
    assert one_office.count(RightsRequest) == 0


def test_one_network_cannot_flood_the_office(one_office, monkeypatch):
    with clock.fixed(NOW):
        token = factories.hidden(one_office.public.get("/rights/").text, "csrf_token")
        monkeypatch.setattr(limiter, "enabled", True)
        limiter.reset()
        sent = {"csrf_token": token, "kind": "see"}
        statuses = [one_office.public.post("/rights/", data=sent).status_code for _ in range(32)]
        limiter.reset()
    assert (statuses.count(422), statuses[30:]) == (30, [429, 429])


def test_hostile_text_is_shown_as_text(one_office):
    reference = one_office.ask(text="<script>alert(1)</script>\x00\u202e{{7*7}}\n=1+1", full_name='"><img src=x>')
    page = one_office.get(f"/requests/{reference}")
    assert "<script>alert" not in page
    assert "<img src=x>" not in page
    assert "&lt;script&gt;" in page
    assert "{{7*7}}" in page
    for letter in ("vi", "en"):
        assert "<img src=x>" not in one_office.get(f"/requests/{reference}/letter/receipt?letter={letter}")


def test_the_list_is_by_due_day_and_marks_what_is_late(one_office):
    later, sooner = one_office.ask(), one_office.ask(kind="see")
    page = one_office.get("/requests/")
    assert page.index(sooner) < page.index(later)
    assert "Trễ" not in page
    assert "Tuyết" not in page
    late = one_office.get("/requests/", at=NOW + 11 * DAY)
    assert "Trễ 1 ngày" in late
    assert re.search(r"<b>2</b><span>quá hạn báo nhận", late)
    assert re.search(r"<b>1</b><span>quá hạn trả lời", late)
    # The last day itself is not late, until its last minute in the province.
    last_minute = datetime(2026, 11, 30, 16, 59, tzinfo=UTC)
    assert re.search(r"<b>0</b><span>quá hạn trả lời", one_office.get("/requests/", at=last_minute))
    assert re.search(
        r"<b>1</b><span>quá hạn trả lời", one_office.get("/requests/", at=last_minute + timedelta(minutes=1))
    )


def test_who_administers_sees_numbers_alone(one_office):
    reference = one_office.ask()
    with inside(one_office.world.app()):
        factories.account(db.session(), vault_of(one_office.world.app()), "admin", cast.ADMIN)
        factories.commit()
    factories.sign_in(one_office.staff, cast.ADMIN)
    one_office.signed_in = True
    page = one_office.get("/requests/")
    assert "<b>1</b><span>đang chờ trả lời" in page
    assert reference not in page
    one_office.get(f"/requests/{reference}", expect=403)
    one_office.get(f"/requests/{reference}/copy", expect=403)


def test_opening_is_on_record_before_anything_is_shown(one_office, monkeypatch):
    reference = one_office.ask()
    one_office.get(f"/requests/{reference}")
    assert one_office.actions() == ["request.read"]

    def fails(*_args, **_more):
        raise RuntimeError("the log is full")

    monkeypatch.setattr(service.audit, "record", fails)
    with pytest.raises(RuntimeError):
        one_office.get(f"/requests/{reference}")
    for nothing in ("YC-22222222", "YC-2222222%00", "%F0%9F%98%80", "x" * 3000):
        one_office.get(f"/requests/{nothing}", expect=404)


def test_the_lookup_is_bound_to_the_request_and_finds_also_a_name_typed_in_nfd(office):
    reference = office.ask(
        full_name=unicodedata.normalize("NFD", FORM["full_name"]), phone="", mail="tuyet@example.vn", id_number=""
    )
    page = office.post(reference, "lookup")
    assert "khớp tên và năm sinh" in re.sub(r"\s+", " ", page)
    assert "2 lượt vào" in page
    with inside(office.world.app()):
        assert db.session.scalars(sa.select(Lookup.signal)).one() == f"Yêu cầu {reference}"


def test_nobody_is_deleted_before_it_was_made_sure_who_asks(one_office):
    reference = one_office.ask()
    one_office.post(reference, "lookup")
    assert "Xác minh người yêu cầu trước khi xoá." in one_office.post(reference, "delete")
    page = one_office.post(reference, "identify", how="papers", person="0" * 36, expect=422)
    assert "Chọn người có trong kết quả tra cứu." in page
    with inside(one_office.world.app()):
        neighbour = db.session.scalars(sa.select(Visit.person_id).where(Visit.device.is_(None))).one()
    one_office.post(reference, "identify", how="papers", person=str(neighbour), expect=422)
    person = factories.hidden(one_office.get(f"/requests/{reference}"), "person")
    one_office.post(reference, "identify", how="a feeling", person=person, expect=422)
    page = one_office.post(reference, "answer", answer="Đã xoá.", expect=422)
    assert "Xoá trước rồi mới trả lời" in page and ">Đã xoá.</textarea>" in page
    assert one_office.count(Visit) == 3


def test_whom_a_former_lookup_identified_is_not_meant_by_a_newer_one(one_office):
    reference = one_office.ask()
    one_office.identify(reference)
    one_office.post(reference, "lookup")
    assert (one_office.one().subject_id, one_office.one().identity_how) == (None, None)
    assert "Xác minh người yêu cầu trước khi xoá." in one_office.post(reference, "delete")
    assert one_office.count(Visit) == 3


def test_nothing_is_deleted_before_somebody_looked_twice(one_office):
    reference = one_office.ask()
    one_office.identify(reference)
    page = one_office.post(reference, "delete", sure="", expect=422)
    assert "Xem lại người được chọn" in page
    assert one_office.count(Visit) == 3


def declare_elsewhere(office, at=NOW):
    """The same name and number under another device, as anybody who knows them can."""
    app = office.world.app()
    with clock.fixed(at), inside(app):
        session, vault = db.session(), vault_of(app)
        market = session.scalars(sa.select(Venue)).first()
        factories.check_in(app, session, vault, market, cast.healthy(), at=at, device=vault.device("b" * 64))
        factories.commit()


def test_a_device_proves_whose_visits_these_are_only_where_it_made_all_of_them(office):
    office.public.set_cookie("device", MINE)
    reference = office.ask(attach="y")
    assert "Đã ghi cách xác minh" in office.identify(reference, how="device")
    office.post(reference, "lookup")
    declare_elsewhere(office)
    page = office.get(f"/requests/{reference}")
    assert "2 trên 3 lượt" in page and 'value="device"' not in page
    person = factories.hidden(page, "person")
    refused = office.post(reference, "identify", how="device", person=person, expect=422)
    assert "không phải máy đã khai mọi lượt" in refused
    assert office.one().subject_id is None


def test_a_request_without_the_devices_code_proves_nothing_by_device(office):
    reference = office.ask()
    person = factories.hidden(office.post(reference, "lookup"), "person")
    office.post(reference, "identify", how="device", person=person, expect=422)
    assert office.one().subject_id is None


@pytest.mark.parametrize("kind", ["delete", "see"])
def test_what_another_device_declared_since_is_neither_shown_nor_deleted(office, kind):
    office.public.set_cookie("device", MINE)
    reference = office.ask(attach="y", kind=kind)
    office.identify(reference, how="device")
    declare_elsewhere(office, NOW + HOUR)
    if kind == "delete":
        assert "không phải máy đã khai mọi lượt" in office.post(reference, "delete")
    else:
        office.get(f"/requests/{reference}/copy", expect=303)
    assert office.count(Visit) == 4
    # With papers seen, all of it is theirs.
    office.identify(reference)
    assert "Chợ Hạ Long 1" in office.get(f"/requests/{reference}/copy")


def test_a_request_to_see_is_not_answered_before_somebody_looked(one_office):
    reference = one_office.ask(kind="see")
    page = one_office.post(reference, "answer", answer="Đây ạ.", expect=422)
    assert "Tra cứu và xác minh" in page and ">Đây ạ.</textarea>" in page
    assert one_office.one().closed_at is None
    one_office.identify(reference)
    one_office.post(reference, "answer", answer="Đây ạ.")
    assert one_office.one().closed_at == NOW


def test_a_deletion_takes_what_is_theirs_and_nobody_elses(office):
    reference = office.ask()
    office.identify(reference)
    page = office.post(reference, "delete")
    assert "2 lượt vào, 2 tờ khai" in page
    assert "Còn giữ" not in page
    assert (office.count(Visit), office.count(Declaration)) == (1, 1)
    assert "Việc này đã làm rồi." in office.post(reference, "delete")
    office.post(reference, "answer", answer="Đã xoá xong.")
    letter = office.get(f"/requests/{reference}/letter/answer")
    assert "đã xoá 2 lượt vào và 2 tờ khai" in letter
    assert "Đã xoá xong." in letter
    assert "Yêu cầu này đã đóng." in office.post(reference, "acknowledge")
    steps = [action for action in office.actions() if action != "request.read"]
    assert steps == ["request.lookup", "request.identify", "request.delete", "request.answer"]


def test_what_an_open_case_needs_is_copied_first_and_said_to_stay(office):
    world = office.world
    with clock.fixed(NOW), inside(world.app()):
        session = db.session()
        case = factories.case(session)
        neighbour = session.scalars(sa.select(Visit.person_id).where(Visit.device.is_(None))).one()
        how = {"now": NOW, "actor": factories.SYSTEM, "found_by": "TC-1", "rules": factories.rules(world.app())}
        cases.link(session, case=case, person_id=neighbour, **how)
        # As if nobody had refreshed the case since: the copy of the meeting is not there yet.
        session.execute(sa.text("DELETE FROM case_visit WHERE part = 'met'"))
        session.execute(sa.delete(kept_visit).where(kept_visit.c.person_id != neighbour))
        factories.commit()
    reference = office.ask(kind="withdraw")
    office.identify(reference)
    page = office.post(reference, "delete")
    assert "2 lượt vào, 2 tờ khai" in page
    assert "Còn giữ 1 lượt vì ca bệnh cần: F0-0001" in page
    assert office.count(kept_visit) == 2
    letter = office.get(f"/requests/{reference}/copy")
    assert "giữ cho việc phòng, chống dịch" in letter or "được giữ lại" in letter


def test_what_was_declared_without_a_venue_is_in_the_copy_and_goes_with_the_rest(office):
    phone = office.world.app().test_client()
    with clock.fixed(NOW):
        assert send(phone, "enter", from_place="Bình Dương").status_code == 200
    reference = office.ask()
    office.identify(reference)
    page = office.get(f"/requests/{reference}/copy")
    assert "Vào tỉnh" in page and "Bình Dương" in page and "14B-123.45" in page
    assert office.count(StationCall) == 1
    office.post(reference, "delete")
    assert office.count(StationCall) == 0


def test_what_was_done_about_somebody_to_call_is_in_the_copy_without_the_case(office):
    reference = office.ask()
    office.identify(reference)
    with clock.fixed(NOW), inside(office.world.app()):
        session, vault = db.session(), vault_of(office.world.app())
        case = factories.case(session)
        tuyet = session.scalars(sa.select(Visit.person_id).where(Visit.masked_name == "Nguyễn T. Á. T.").limit(1)).one()
        others = session.scalars(sa.select(Visit.person_id).where(Visit.person_id != tuyet).limit(1)).one()
        for person_id, note in ((tuyet, "Hẹn gọi lại buổi tối"), (others, "Của người khác")):
            contact = Contact(
                id=new_id(NOW), case_id=case.id, person_id=person_id, disease="covid-19", stage="call", stage_at=NOW,
                stage_by_name="", given_at=NOW, commune_id=factories.HA_TU, due_at=NOW, met_on=date(2026, 11, 17), version=1,
                details=vault.seal({"full_name": "Ai"}),
            )  # fmt: skip
            step = ContactStep(
                contact_id=contact.id, number=1, at=NOW, commune_id=factories.HA_TU, account_id=new_id(NOW),
                by_name="trạm", what="call", result="not_reached", answers=["near=yes"], stage="call",
                note=vault.seal({"text": note}),
            )  # fmt: skip
            check = ContactCheck(
                contact_id=contact.id, kind="health", day=date(2026, 11, 18), number=1, said="ill", at=NOW,
                account_id=new_id(NOW), by_name="trạm",
            )  # fmt: skip
            told = ToldMove(
                id=new_id(NOW), case_id=case.id, person_id=person_id, start=NOW - DAY, end=NOW - HOUR, told_at=NOW,
                told_by=new_id(NOW), told_by_name="x", details=vault.seal({"place": f"Đám cưới, {note}", "note": ""}),
            )  # fmt: skip
            session.add_all([contact, step, check, told])
        factories.commit()
        number = case.number
    page = office.get(f"/requests/{reference}/copy")
    assert "cùng địa điểm ngày 17/11/2026" in page and "Chưa gọi được" in page and "Hẹn gọi lại buổi tối" in page
    assert "18/11/2026 · Theo dõi y tế: Ốm" in page and "Đám cưới, Hẹn gọi lại buổi tối" in page
    assert "Của người khác" not in page and number not in page


def test_the_copy_has_nobody_else_that_was_named_and_all_of_why_one_was_called(one_office):
    office = one_office
    reference = office.ask()
    office.identify(reference)
    with clock.fixed(NOW), inside(office.world.app()):
        session, vault = db.session(), vault_of(office.world.app())
        case = factories.case(session)
        tuyet = session.scalars(sa.select(Visit.person_id).where(Visit.masked_name == "Nguyễn T. Á. T.").limit(1)).one()
        why = Facts(exposure=61, certain=45, same_zone=True, zones=("Quầy cá số 7",), symptoms=("cough",), age=41)
        named_by = {"near": "Trần V. H.", "relation": "bạn cùng phòng"}
        contact = Contact(
            id=new_id(NOW), case_id=case.id, person_id=tuyet, disease="covid-19", stage="f2", stage_at=NOW,
            stage_by_name="", given_at=NOW, commune_id=factories.HA_TU, due_at=NOW, met_on=date(2026, 11, 17), version=1,
            details=vault.seal({"full_name": "Ai", "met": [], "why": why.plain(), **named_by}),
        )  # fmt: skip
        step = ContactStep(
            contact_id=contact.id, number=1, at=NOW, commune_id=factories.HA_TU, account_id=new_id(NOW), by_name="trạm",
            what="named", answers=[], stage="f2", note=vault.seal({"text": "Lê Thị Zkhach, 1990, 0904 118 226, mẹ"}),
        )  # fmt: skip
        session.add_all([contact, step])
        factories.commit()
    page = office.get(f"/requests/{reference}/copy")
    for theirs in ("Zkhach", "1990", "0904 118 226", "Trần V. H.", "Quầy cá số 7"):
        assert theirs not in page, theirs
    for own in ("61/100", "45 phút chắc chắn", "cùng khu", "ho", "41 tuổi", "Là gì của F1: bạn cùng phòng"):
        assert own in page, own


def test_a_copy_shows_all_that_is_kept_and_is_on_record(office):
    reference = office.ask(kind="see")
    office.get(f"/requests/{reference}/copy", expect=404)
    office.identify(reference, how="call")
    page = office.get(f"/requests/{reference}/copy")
    for shown in (
        "Nguyễn Thị Ánh Tuyết",
        "0912 345 678",
        "Chợ Hạ Long 1",
        "10:30 17/11/2026",
        "Ho.",
        "mọi câu trả lời là không",
    ):
        assert shown in page, shown
    assert "Trần Văn Hưng" not in page
    assert office.actions()[-1] == "request.copy"
    with inside(office.world.app()):
        query = sa.select(AuditEntry.action, AuditEntry.rows).order_by(AuditEntry.seq.desc()).limit(2)
        assert [tuple(entry) for entry in db.session.execute(query)] == [("lookup.shown", 2), ("lookup.read", None)]


def tell_of_a_notice(office, *people):
    """A notice, and an answer to it of each of these people."""
    app = office.world.app()
    with clock.fixed(NOW), inside(app):
        session, vault, case = db.session(), vault_of(app), factories.case(db.session())
        actor = session.scalars(sa.select(Account).where(Account.role == "cdc")).first().actor
        words = notices.Words(
            venue_id=session.scalars(sa.select(Venue.id)).first(), zone_id=None, start=NOW, end=NOW, severity="watch",
            words_vi="x", words_en=None,
        )  # fmt: skip
        notice = notices.write(session, now=NOW, actor=actor, case=case, words=words)
        notices.publish(session, now=NOW, actor=actor, case=case, notice=notice, lasts=timedelta(days=1))
        public = notice_queries.as_public(notice)
        for who in people:
            telling = Telling(
                full_name=who.full_name, birth_year=who.birth_year, phone=who.phone, commune_id=None, elsewhere="Huế",
                came=NOW, left=NOW, symptoms=("breathless",),
            )  # fmt: skip
            replies.answer(session, vault, now=NOW, notice=public, telling=telling, answer_id=new_id(NOW))
        session.commit()


def test_what_somebody_answered_to_a_notice_is_in_their_copy_also_where_it_was_set_aside(one_office):
    office = one_office
    tell_of_a_notice(office, cast.CITIZEN, cast.NEIGHBOUR)
    reference = office.ask(kind="see")
    office.identify(reference, how="call")
    page = office.get(f"/requests/{reference}/copy")
    assert page.count("TB-0001") == 1 and "Khó thở" in page and "Huế" in page and "Không hiện" not in page
    with inside(office.world.app()):
        session = db.session()
        how = {"now": NOW, "actor": factories.SYSTEM, "case": session.scalars(sa.select(Case)).one()}
        replies.set_aside(session, answers=set(session.scalars(sa.select(NoticeAnswer.id))), reason="Nghi giả", **how)
        session.commit()
    page = office.get(f"/requests/{reference}/copy")
    assert page.count("TB-0001") == 1 and "Nghi giả" in page


def test_a_deletion_takes_their_answers_to_notices_and_nobody_elses(office):
    tell_of_a_notice(office, cast.CITIZEN, cast.NEIGHBOUR)
    with inside(office.world.app()):
        theirs = db.session.scalars(sa.select(Visit.person_id).where(Visit.device.is_(None))).one()
    reference = office.ask()
    office.identify(reference)
    page = office.post(reference, "delete")
    assert "Đã xoá 1 câu trả lời thông báo khẩn" in page
    with inside(office.world.app()):
        assert db.session.scalars(sa.select(NoticeAnswer.person_id)).all() == [theirs]
    office.post(reference, "answer", answer="Đã xoá xong.")
    assert "Đã xoá 1 câu trả lời thông báo khẩn" in office.get(f"/requests/{reference}/letter/answer")


def test_more_time_is_taken_once_with_a_reason(office):
    reference = office.ask(kind="see")
    office.post(reference, "extend", why="", expect=422)
    assert "10/12/2026" in office.post(reference, "extend", why="Chờ trạm y tế trả lời")
    assert "luật chỉ cho một lần" in office.post(reference, "extend", why="Vẫn chờ", expect=422)
    assert office.one().answer_by == date(2026, 12, 10)
    letter = office.get(f"/requests/{reference}/letter/extension")
    assert "Chờ trạm y tế trả lời" in letter
    assert '<html lang="en">' in office.get(f"/requests/{reference}/letter/extension?letter=en")


def test_a_refusal_needs_its_ground_and_an_explanation(one_office):
    reference = one_office.ask()
    one_office.post(reference, "refuse", ground="because", refusal="Không", expect=422)
    one_office.post(reference, "refuse", ground="outbreak", refusal="", expect=422)
    one_office.get(f"/requests/{reference}/letter/answer", expect=404)
    one_office.post(reference, "refuse", ground="outbreak", refusal="Ca F0 đang mở cần những lượt này.")
    stored = one_office.one()
    assert (stored.ground, stored.closed_at, stored.closed_by) == ("outbreak", NOW, stored.closed_by)
    assert "Điều 14 khoản 2 và Điều 19" in one_office.get(f"/requests/{reference}/letter/answer")
    assert one_office.count(Visit) == 3


def test_requests_go_two_years_after_their_answer(one_office):
    reference = one_office.ask()
    one_office.post(reference, "refuse", ground="nothing", refusal="Không còn gì.")
    with inside(one_office.world.app()):
        session = db.session()
        assert service.forget_requests(session, closed_before=NOW) == 0
        assert service.forget_requests(session, closed_before=NOW + HOUR) == 1
        session.commit()


@pytest.mark.postgresql
def test_on_postgresql_each_role_can_do_its_part_and_no_more(postgresql):
    app = postgresql.app()
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        where = factories.venue(session, vault)
        visit = factories.check_in(app, session, vault, where, device=b"d" * 16)
        wish = service.Wish(kind="delete", full_name="A", birth_year=1985)
        given = {"now": NOW, "rules": factories.rules(app), "request_id": factories.new_id(NOW), "language": "vi"}
        service.ask(session, vault, wish=wish, device=None, **given)
        request, person = given["request_id"], session.get(Visit, (visit.entered_at, visit.visit_id)).person_id
        session.execute(
            sa.text(
                'INSERT INTO reading (id, lookup_id, kind, read_at, shown_from, start, "end", venue_id) SELECT '
                "gen_random_uuid(), gen_random_uuid(), 'venue', now(), now() + interval '1 hour', :start, :end, :venue"
            ),
            {"start": NOW, "end": NOW, "venue": where.id},
        )
        session.commit()
    call = "SELECT * FROM device_readings('2026-01-01', '2999-01-01')"
    refused = psycopg.errors.InsufficientPrivilege
    with psycopg.connect(postgresql.urls["public"], autocommit=True) as public:
        for statement in (
            "SELECT delete_for_request(gen_random_uuid())",
            "SELECT 1 FROM reading",
            "INSERT INTO reading (id) VALUES (gen_random_uuid())",
            "SELECT reference FROM rights_request",
            "UPDATE rights_request SET closed_at = now()",
            "INSERT INTO rights_request (id, subject_id) VALUES (gen_random_uuid(), gen_random_uuid())",
        ):
            with pytest.raises(refused):
                public.execute(statement)
        # Whoever took the public process over cannot see by a date of their own what is hidden yet.
        public.execute("SELECT set_config('checkin.device', %s, false)", ((b"d" * 16).hex(),))
        assert public.execute(call).fetchall() == []
    with psycopg.connect(postgresql.urls["all"], autocommit=True) as owner:
        owner.execute("UPDATE reading SET shown_from = now() - interval '1 second'")
    with psycopg.connect(postgresql.urls["public"], autocommit=True) as public:
        for device, seen in ((b"d" * 16, 1), (b"e" * 16, 0), (b"", 0)):
            public.execute("SELECT set_config('checkin.device', %s, false)", (device.hex(),))
            assert len(public.execute(call).fetchall()) == seen
    with psycopg.connect(postgresql.urls["staff"], autocommit=True) as staff:
        for statement in ("DELETE FROM reading", "UPDATE reading SET shown_from = now()", "DELETE FROM rights_request"):
            with pytest.raises(refused):
                staff.execute(statement)
        with pytest.raises(psycopg.errors.RaiseException):
            staff.execute("SELECT delete_for_request(%s)", (request,))
        staff.execute("SELECT set_config('checkin.role', 'cdc', false)")
        staff.execute(
            "UPDATE rights_request SET subject_id = %s, identity_how = 'papers', identity_checked_at = now()", (person,)
        )
        assert staff.execute("SELECT * FROM delete_for_request(%s)", (request,)).fetchone() == (1, 1)
