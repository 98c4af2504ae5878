"""Line lists of people to call and of contacts: who is in the file, what comes of hostile names, and what is on record."""

import csv
import io
import json
import re
from dataclasses import replace
from unicodedata import normalize

import openpyxl
import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.accounts.models import Account
from checkin.approvals import today
from checkin.audit.models import AuditEntry
from checkin.cases.service import CaseFacts, open_case
from checkin.contacts import queries
from checkin.contacts import service as contacts
from checkin.contacts.models import Contact
from checkin.contacts.words import Met, details_of
from checkin.exposure import contactlines, jobs, second
from checkin.exposure.downloads import CutShort
from checkin.exposure.models import Export, Lookup
from checkin.ids import new_id
from checkin.joins import service as joins
from checkin.joins.models import Pair
from checkin.visits.models import Visit
from tests import cast, factories
from tests.cases.test_facts import as_godata_reads
from tests.conftest import NOW
from tests.contacts.conftest import AWAY, HERE, OTHER, THERE
from tests.worlds import inside, vault_of

NASTY = [
    '=HYPERLINK("http://evil.example","Bấm")', "+84912345678", "@SUM(A1)", "hai\ndòng", 'Trần "Ba" Hưng; B\tC',
    normalize("NFD", "Nguyễn Thị Ánh Tuyết"), "한지민", "\x00=1+1", "'=dấu nháy", "x" * 200,
]  # fmt: skip
OTHERS = "Người Của Ca Khác"
HEADS = ["STT", "Số ca", "Là", "Họ và tên", "Năm sinh", "Điện thoại"]


@pytest.fixture
def officer(given_twice):
    return given_twice.signed_in(cast.CDC)


def add(given, names, *, case_of="F0-0001", phone="+1 206 555 0100", stage="call"):
    """Further people of a case to call; of another number than the first one's the case is opened."""
    with given.session() as session:
        actor = session.scalars(sa.select(Account).where(Account.role == "cdc")).first().actor
        case = session.scalars(sa.select(contactlines.Case).where(contactlines.Case.seq == int(case_of[3:]))).first()
        if case is None:
            case = open_case(session, now=NOW, actor=actor, facts=CaseFacts(title="Xe khách", disease="measles"))
        people = []
        for name in names:
            met = [Met("=Chợ", NOW, NOW, True)]
            details = details_of(name=name, phone=phone, birth_year=1971, home="-Tổ 5", met=met)
            people.append(contacts.Given(new_id(NOW), None, NOW.date(), details, "01"))
        how = {"now": NOW, "actor": actor, "case": case, "rules": factories.rules(given.app), "stage": stage}
        contacts.assign(session, vault_of(given.app), people=people, **how)
        session.commit()


def take(officer, path="/cases/F0-0001/contacts/export", **fields):
    """The file, by the form on the page."""
    token = factories.token(officer, "/account")
    said = {"list": "call", "form": "csv", "columns": "own", "reason": "Giao ban sáng", "csrf_token": token}
    answer = officer.post(path, data=said | fields)
    # As a browser does: the same form once more.
    if answer.status_code == 307:
        answer = officer.post(answer.location, data=said | fields)
    answer.get_data()
    return officer.get(answer.location) if answer.location else answer


def rows_of(answer):
    assert answer.status_code == 200 and answer.mimetype == "text/csv", answer.text[:500]
    return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"), newline="")))


def made(officer, given, monkeypatch, **fields):
    """The workbook, which is made beside."""
    monkeypatch.setattr(jobs, "start", lambda config: None)
    page = take(officer, form="xlsx", **fields)
    with given.session() as session:
        export_id = session.scalars(sa.select(Export.id).order_by(Export.id.desc())).first()
    assert page.request.path == f"/lookup/exports/{export_id}", page.text[:500]
    with inside(given.app):
        assert jobs.work() == 1
    token = factories.token(officer, "/account")
    file = officer.post(f"/lookup/exports/{export_id}/file", data={"csrf_token": token})
    return openpyxl.load_workbook(io.BytesIO(file.get_data())), file


def stored(given, *conditions):
    with given.session() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(Contact).where(*conditions))


def log(given, *actions):
    with given.session() as session:
        query = sa.select(AuditEntry).where(AuditEntry.action.in_(actions)).order_by(AuditEntry.seq)
        return [(one.action, one.case_number, one.reason, one.rows) for one in session.scalars(query)]


def test_people_to_call_come_as_csv_one_line_each_with_who_made_it_and_for_which_case(given_twice, officer):
    heads, *lines, last = rows_of(take(officer))
    assert heads[:6] == HEADS and len(lines) == stored(given_twice, Contact.stage == "call") == 3
    assert {line[3] for line in lines} == {HERE, THERE, AWAY}
    assert lines[0][:3] == ["1", "F0-0001", "Cần gọi"] and {len(line) for line in (*lines, last)} == {len(heads)}
    assert all(
        word in last[1] for word in ("TC-000001", "F0-0001", "Cần gọi", "Giao ban sáng", cast.CDC[0], "Số dòng: 3")
    )
    # The log has the list before the first name is opened, and how many rows went out.
    assert log(given_twice, "lookup.contacts", "lookup.export.csv", "lookup.sent.csv") == [
        ("lookup.contacts", "F0-0001", "Giao ban sáng", None),
        ("lookup.export.csv", "F0-0001", "Giao ban sáng", 3),
        ("lookup.sent.csv", "F0-0001", "Giao ban sáng", 3),
    ]


def test_the_file_tells_who_was_given_back_from_who_refused(given_twice, officer):
    given, station = given_twice, given_twice.signed_in(cast.COMMUNE)
    page = given.page(HERE, station=True)
    given.act(station, f"{page}/back", seen="1", back_note="Đã về Hồng Gai")
    other, page = given.signed_in(OTHER), given.page(THERE, station=True)
    given.act(other, f"{page}/call", seen="1", result="refused")
    given.act(other, f"{page}/raise", seen="2", to="to_cdc", raise_note="")
    heads, *lines, _ = rows_of(take(officer))
    column = heads.index("Từ chối hoặc trả lại: báo ai")
    said = {line[3]: line[column] for line in lines}
    assert said == {HERE: "Trạm trả lại", THERE: "Chuyển CDC gọi", AWAY: ""}


def test_hostile_names_come_back_and_nothing_begins_a_formula(given_twice, officer, monkeypatch):
    add(given_twice, NASTY)
    count = stored(given_twice, Contact.stage == "call")
    _, *lines, _ = rows_of(take(officer))
    assert len(lines) == count == 3 + len(NASTY)
    shown = {line[3].replace("'", "") for line in lines}
    assert {name.replace("\x00", "").replace("'", "") for name in NASTY} <= shown
    assert not [cell for line in lines for cell in line if re.match(r"[=+\-@\t\r\n\x00]", cell)]
    assert "'+1 206 555 0100" in {line[5] for line in lines}
    told = json.loads(take(officer, form="json").get_data())
    assert set(NASTY) <= {one["Họ và tên"] for one in told["people"]}
    assert len(told["people"]) == count and told["about"]["Ca bệnh"] == "F0-0001"
    book, _ = made(officer, given_twice, monkeypatch)
    sheet, about = book.worksheets
    cells = list(sheet.iter_rows(min_row=2))
    assert len(cells) == count and {cell.data_type for line in cells for cell in line} <= {"s", "n", "d"}
    assert cells[0][4].value == 1971 and cells[0][11].is_date
    assert '=HYPERLINK("http://evil.example","Bấm")' in {line[3].value for line in cells}
    assert "Giao ban sáng" in {cell.value for line in about for cell in line}


def test_a_list_has_what_the_page_shows(given_twice, officer):
    given_twice.make_f1(officer, HERE)
    add(given_twice, ["Người Gần Hưng"], stage="f2")
    wanted = {
        "call": {THERE, AWAY}, "f1": {HERE}, "f2": {"Người Gần Hưng"}, "traced": {HERE, "Người Gần Hưng"}, "not": set(),
        "outside": {AWAY, "Người Gần Hưng"}, "refused": set(),
    }  # fmt: skip
    for listed, names in wanted.items():
        _, *lines, _ = rows_of(take(officer, list=listed))
        assert {line[3] for line in lines} == names and len(lines) == len(names), listed
        if listed != "traced":
            page = officer.get(f"/cases/F0-0001/contacts?stage={listed}").text
            assert {name for name in (HERE, THERE, AWAY, "Người Gần Hưng") if name in page} == names
    f1 = next(line for line in rows_of(take(officer, list="f1")) if line[3] == HERE)
    assert f1[2] == "F1" and f1[16:18] == ["20/11/2026", "04/12/2026"], f1


def test_nobody_of_another_case_is_in_the_list_of_one(given_twice, officer):
    add(given_twice, [OTHERS], case_of="F0-0002")
    assert OTHERS not in take(officer).text
    (_, line, _) = rows_of(take(officer, "/cases/F0-0002/contacts/export"))
    assert line[1] == "F0-0002" and line[3] == OTHERS
    assert take(officer, "/cases/F0-0099/contacts/export").status_code == 404


def test_contacts_of_the_cases_that_the_page_shows_come_in_one_file(given_twice, officer):
    add(given_twice, [OTHERS], case_of="F0-0002")
    _, *lines, last = rows_of(take(officer, "/cases/export"))
    assert [line[1] for line in lines] == ["F0-0001"] * 3 + ["F0-0002"] and "Ca bệnh: mọi ca" in last[1]
    assert len(lines) == stored(given_twice, Contact.stage == "call")
    _, *lines, last = rows_of(take(officer, "/cases/export", disease="measles", state="confirmed"))
    assert [line[3] for line in lines] == [OTHERS] and "Xác định" in last[1] and "Sởi" in last[1]
    _, *lines, _ = rows_of(take(officer, "/cases/export", state="died"))
    assert lines == []
    # Of no one case: the record says so, and leads back to the page as it was.
    with given_twice.session() as session:
        lookup = session.scalars(sa.select(Lookup).order_by(Lookup.seq.desc())).first()
        assert (lookup.case_id, lookup.case_state, lookup.listed) == (None, "died", "call") and lookup.signal
        page = officer.get(f"/lookup/{lookup.id}")
    assert page.location == "/cases/?state=died"


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_contacts_come_as_go_data_imports_them(given_twice, officer, monkeypatch, form):
    given_twice.make_f1(officer, HERE)
    add(given_twice, ["Người Gần Hưng"], stage="f2")
    file = (
        made(officer, given_twice, monkeypatch, list="traced", columns="godata")[1]
        if form == "xlsx"
        else take(officer, form=form, list="traced", columns="godata")
    )
    if form == "csv":
        items = list(csv.DictReader(io.StringIO(file.get_data().decode())))
        read = [{re.sub(r"[^a-z0-9]", "", k.lower()): v for k, v in one.items() if v} for one in items]
    else:
        read = as_godata_reads(file, form)
    near, f1 = sorted(read, key=lambda one: one["comment"], reverse=True)
    day = clock.to_local(NOW).date()
    assert {name: str(value) for name, value in f1.items()} == {
        "firstname": HERE,
        "ageyears": str(day.year - 1971),
        "dateofreporting": day.isoformat(),
        "relatedperson": "F0-0001",
        "dateoflastcontact": NOW.date().isoformat(),
        "certaintylevel": "LNG_REFERENCE_DATA_CATEGORY_CERTAINTY_LEVEL_3_HIGH",
        "comment": "F1",
        "addresstype": "LNG_REFERENCE_DATA_CATEGORY_ADDRESS_TYPE_USUAL_PLACE_OF_RESIDENCE",
        "addressline1": "Tổ 5",
        "phonenumber": "0904 118 226",
    }
    assert near["comment"] == "F2" and near["certaintylevel"].endswith("_1_LOW")
    assert near["phonenumber"] == "001 206 555 0100"
    assert f"-godata-2.{form}" in file.headers["Content-Disposition"]


def test_who_cannot_be_read_has_a_line_too_and_stops_nobody(given_twice, officer):
    with given_twice.session() as session:
        session.execute(
            sa.update(Contact).where(Contact.person_id == given_twice.ids[THERE]).values(details=b"not sealed at all")
        )
        session.commit()
    _, *lines, _ = rows_of(take(officer))
    assert sorted(line[3] for line in lines) == sorted(["(không mở được)", HERE, AWAY])
    items = json.loads(take(officer, form="json", columns="godata").get_data())
    assert {one["First Name"] for one in items} == {"(không mở được)", HERE, AWAY}


def test_who_is_on_a_list_twice_by_joining_has_one_line_as_on_the_page(given_twice, officer):
    before = len(rows_of(take(officer))) - 2
    assert officer.get("/cases/F0-0001/contacts").text.count("<td class") // 5 == before == 3
    with given_twice.session() as session:
        app, market = given_twice.app, factories.venue(session, vault_of(given_twice.app), "Chợ nhỏ")
        for who in (cast.CITIZEN, cast.NEIGHBOUR):
            factories.check_in(app, session, vault_of(app), market, cast.healthy(who), at=NOW)
        one, other = sorted(session.scalars(sa.select(Visit.person_id).where(Visit.venue_id == market.id)))
        two = session.scalars(sa.select(Contact).where(Contact.stage == "call").order_by(Contact.id)).all()[:2]
        two[0].person_id, two[1].person_id = one, other
        session.flush()
        session.add(Pair(id=new_id(NOW), one_id=one, other_id=other, likeness=1, state="same", found_at=NOW))
        joins.regroup(session)
        session.commit()
    _, *lines, last = rows_of(take(officer))
    assert len(lines) == 2 and [line[0] for line in lines] == ["1", "2"] and "Số dòng: 2" in "".join(last)
    assert officer.get("/cases/F0-0001/contacts").text.count("<td class") // 5 == 2


def test_above_the_limit_a_second_person_has_a_say(given_twice, officer, monkeypatch):
    with inside(given_twice.app), given_twice.app.test_request_context():
        limits = replace(today.limits(), export_rows=2)
    monkeypatch.setattr(second, "limits", lambda: limits)
    page = take(officer, form="json")
    assert "Danh sách này cần người thứ hai" in page.text and "Cần gọi" in page.text
    assert not log(given_twice, "lookup.export.json")
    token = factories.token(officer, "/account")
    said = {"mode": "now", "reason": "Đêm nay phải gọi hết", "csrf_token": token}
    again = officer.post(page.request.path, data=said)
    assert again.status_code == 307
    file = officer.post(again.location, data=said)
    assert len(json.loads(file.get_data())["people"]) == 3
    assert log(given_twice, "lookup.export.json") == [("lookup.export.json", "F0-0001", "Giao ban sáng", 3)]
    # Who takes one list after the other takes all of them: a short one of many wants the same.
    short = take(officer, list="refused", form="json")
    assert "Danh sách này cần người thứ hai" in short.text
    many = take(officer, "/cases/export", list="f1", form="json")
    assert "Danh sách này cần người thứ hai" in many.text
    # Let meanwhile, the page that asks leads to where the files are.
    assert officer.get(page.request.path).location.startswith("/approvals/")


@pytest.mark.parametrize(
    "wrong", [{"reason": "x"}, {"list": "all"}, {"form": "pdf"}, {"columns": "theirs"}, {"reason": "y" * 501}]
)
def test_a_form_that_is_not_whole_reads_nobody_and_leads_back(given, wrong):
    officer = given.signed_in(cast.CDC)
    page = take(officer, **wrong)
    assert page.status_code == 200 and "Ghi lý do xuất danh sách" in page.text
    assert not log(given, "lookup.contacts")


def test_stations_and_command_have_no_such_file(given):
    for who in (cast.COMMUNE, cast.COMMAND):
        assert take(given.signed_in(who)).status_code in (403, 404)
    assert not log(given, "lookup.contacts")


def test_the_headings_are_in_the_language_that_was_chosen_with_the_columns(given, monkeypatch):
    officer = given.signed_in(cast.CDC)
    officer.get("/cases/?lang=en")
    assert "List of contacts" not in officer.get("/cases/").text and "To call" in officer.get("/cases/").text
    heads, line, *_, last = rows_of(take(officer))
    assert heads[:6] == HEADS and line[2] == "Cần gọi" and last[0] == "Nguồn" and "Số dòng: 3" in last[1]
    book, _ = made(officer, given, monkeypatch)
    assert [cell.value for cell in book.worksheets[0][1]][:6] == HEADS
    assert rows_of(take(officer, "/cases/export", list="cases"))[0][:2] == ["Số ca", "Tên gọi"]
    assert json.loads(take(officer, form="json").get_data())["people"][0]["Là"] == "Cần gọi"


def test_a_list_that_breaks_off_is_no_json_and_never_taken_for_whole(given, monkeypatch):
    officer = given.signed_in(cast.CDC)
    real = queries.some
    monkeypatch.setattr(queries, "some", lambda *args: real(*args)[:-1])
    token = factories.token(officer, "/account")
    said = {"list": "call", "form": "json", "columns": "own", "reason": "Giao ban sáng", "csrf_token": token}
    file = officer.post("/cases/F0-0001/contacts/export", data=said).location
    answer = officer.post(file, data={"csrf_token": token})
    parts = []
    with pytest.raises(CutShort):
        parts.extend(answer.iter_encoded())
    answer.close()
    with pytest.raises(ValueError, match="JSON|Expecting"):
        json.loads(b"".join(parts))
    assert log(given, "lookup.sent.json") == [("lookup.sent.json", "F0-0001", "Giao ban sáng", 0)]


def test_the_pages_offer_the_lists_and_cases_have_go_data_in_the_same_control(given):
    officer = given.signed_in(cast.CDC)
    for path in ("/cases/", "/cases/F0-0001", "/cases/F0-0001/contacts?stage=outside"):
        page = officer.get(path).text
        assert 'value="traced"' in page and 'value="godata"' in page and ">JSON<" in page, path
    assert re.search(r'value="outside" selected', page)
    assert 'value="cases" selected' in officer.get("/cases/").text
    # What was asked for stands among the lookups of the case.
    take(officer, list="traced")
    assert "F1 và F2" in officer.get("/lookup/").text and "danh sách thành tệp" in officer.get("/cases/F0-0001").text
