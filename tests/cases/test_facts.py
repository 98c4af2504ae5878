"""The page of what is known of a case: facts, windows put right, history, and movements as they are typed."""

import csv
import io
import json
import re
import shutil
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.accounts.models import Account
from checkin.audit.models import AuditEntry
from checkin.cases.models import Case, CaseStep
from checkin.db import db
from checkin.exposure.models import Lookup
from checkin.movements.models import ToldMove
from checkin.notices import service as notices
from checkin.rules import RuleBook
from checkin.venues.models import Venue
from tests import cast, factories
from tests.cases.kept import link, person_of
from tests.conftest import NOW
from tests.fuzz import cheap
from tests.worlds import inside, vault_of

RULES = Path(__file__).resolve().parents[2] / "checkin/rules/data"
FACTS = {"title": "Chợ Hạ Long 1", "disease": "covid-19", "state": "confirmed"}


@pytest.fixture
def officer(sqlite):
    """The CDC's officer, signed in; a case with its person, whom a neighbour was beside, and two places of one name."""
    app = sqlite.app()
    with clock.fixed(NOW), cheap.passwords():
        with inside(app):
            session, vault = db.session(), vault_of(app)
            factories.account(session, vault, "cdc", cast.CDC)
            market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
            for number in range(2):
                factories.venue(session, vault, "Quán cà phê Mây", address=f"Số {number}")
            factories.check_in(app, session, vault, market, cast.healthy(), at=NOW - timedelta(hours=5))
            factories.check_in(app, session, vault, market, cast.healthy(cast.NEIGHBOUR), at=NOW - timedelta(hours=4))
            visit = factories.all_visits(session)[0].id
            link(app, session, factories.case(session), person_of(session, visit))
            factories.commit()
        client = app.test_client()
        factories.sign_in(client, cast.CDC)
        yield client


def post(client, path, **fields):
    return client.post(path, data={"csrf_token": factories.token(client, "/account"), **fields}, follow_redirects=True)


def seen(client):
    return factories.hidden(client.get("/cases/F0-0001/facts").text, "seen")


def change(client, **fields):
    return post(client, "/cases/F0-0001/facts", **{"seen": seen(client), **FACTS, **fields})


def case_of(client):
    with inside(client.application):
        return db.session.scalars(sa.select(Case)).one()


def actions(client):
    with inside(client.application):
        return set(db.session.scalars(sa.select(AuditEntry.action)))


def test_facts_are_written_down_and_the_history_says_who_changed_what(officer):
    page = change(
        officer, onset_on="2026-11-16", sample_on="2026-11-18", isolated_on="2026-11-19", isolated_where="BV Bãi Cháy",
        commune=factories.HA_TU, detected="community", symptoms=["cough", "fever"],
    ).text  # fmt: skip
    assert "Đã ghi." in page and "Khởi phát: – → 16/11/2026" in page and "Triệu chứng: – → Sốt, Ho" in page
    assert cast.CDC[0] in page or "CDC" in page
    case = case_of(officer)
    assert (case.detected, case.symptoms, case.isolated_where) == ("community", ["fever", "cough"], "BV Bãi Cháy")
    shown = officer.get("/cases/F0-0001").text
    assert "BV Bãi Cháy" in shown and "Cộng đồng" in shown
    assert "case.facts" in actions(officer)
    assert "Không có gì thay đổi" in change(
        officer, onset_on="2026-11-16", sample_on="2026-11-18", isolated_on="2026-11-19", isolated_where="BV Bãi Cháy",
        commune=factories.HA_TU, detected="community", symptoms=["fever", "cough"],
    ).text  # fmt: skip


def test_what_cannot_be_is_said_beside_its_field_and_what_was_typed_stays(officer):
    for fields, words in (
        ({"onset_on": "2026-11-21"}, "Ngày này chưa tới."),
        ({"sample_on": "0001-01-01"}, "Ngày này xa quá"),
        ({"onset_on": "31/02"}, "Ghi ngày, tháng, năm"),
        ({"onset_on": "2026-11-18", "sample_on": "2026-11-16"}, "Khởi phát sau ngày lấy mẫu."),
        ({"onset_on": "2026-11-18", "isolated_on": "2026-11-15"}, "Cách ly trước khi có thể lây"),
        ({"symptoms": ["none", "cough"]}, "bỏ “Không có triệu chứng”"),
        ({"title": ""}, "Đặt tên gọi"),
        ({"commune": "99999"}, "Chọn một mục trong danh sách."),
    ):
        answer = change(officer, **{"isolated_where": "Khu cách ly Quảng Yên", **fields})
        assert answer.status_code == 422 and words in answer.text and "Khu cách ly Quảng Yên" in answer.text
        assert case_of(officer).version == 2


@pytest.mark.parametrize(
    "days",
    [{"onset_on": "2026-11-18", "sample_on": "2026-11-16"}, {"onset_on": "2026-11-18", "isolated_on": "2026-11-15"}],
)
def test_what_is_unusual_and_true_is_written_down_once_it_was_checked(officer, days):
    assert 'name="sure"' in change(officer, **days).text
    assert "Đã ghi." in change(officer, sure="y", **days).text


def test_an_f1_isolated_between_the_infectious_start_and_the_onset_needs_no_check(officer):
    assert "Đã ghi." in change(officer, onset_on="2026-11-18", isolated_on="2026-11-16").text


def test_of_two_who_change_a_case_at_once_the_second_sees_what_happened_and_keeps_what_was_typed(officer):
    before = seen(officer)
    change(officer, onset_on="2026-11-16")
    answer = change(officer, seen=before, onset_on="2026-11-17", isolated_where="Tại nhà")
    assert answer.status_code == 409
    assert "làm trước bạn, lúc" in answer.text and "Khởi phát: – → 16/11/2026" in answer.text
    assert "Tại nhà" in answer.text and str(case_of(officer).onset_on) == "2026-11-16"
    late = post(officer, "/cases/F0-0001/state", state="recovered", seen=before)
    assert "vừa sửa ca F0-0001 lúc" in late.text and case_of(officer).state == "confirmed"


def test_confirmed_and_interviewed_are_moments_of_the_case(officer):
    assert case_of(officer).confirmed_at == NOW
    change(officer, state="suspected")
    assert case_of(officer).confirmed_at is None
    change(officer, state="confirmed")
    assert case_of(officer).confirmed_at == NOW and case_of(officer).interviewed_at is None
    assert "Đã ghi: ca này đã được phỏng vấn." in post(officer, "/cases/F0-0001/interviewed").text
    assert "phỏng vấn trước đó" in post(officer, "/cases/F0-0001/interviewed").text
    assert case_of(officer).interviewed_at == NOW


def window(officer, which="forward", **fields):
    fields = {f"{which}-{name}": value for name, value in {"seen": seen(officer), **fields}.items()}
    return post(officer, f"/cases/F0-0001/window/{which}", **fields)


def looked_up(officer):
    post(officer, "/cases/F0-0001/lookup", reason="Lập danh sách")
    with inside(officer.application):
        last = db.session.scalars(sa.select(Lookup).where(Lookup.kind == "case").order_by(Lookup.seq.desc())).first()
        return clock.to_local(last.start).isoformat()[:16], clock.to_local(last.end).isoformat()[:16]


def test_a_window_is_put_right_with_a_reason_used_by_lookups_and_taken_back(officer):
    change(officer, onset_on="2026-11-18")
    assert looked_up(officer)[0] == "2026-11-16T00:00"
    said = {"start": "2026-11-14T06:00", "end": "2026-11-19T12:00", "reason": "Ho từ trước, theo lời vợ"}
    page = window(officer, **said).text
    assert "Ho từ trước" in page and "16/11/2026" in page and "14/11/2026" in page
    assert looked_up(officer) == ("2026-11-14T06:00", "2026-11-19T12:00")
    shown = officer.get("/cases/F0-0001").text
    assert "Theo quy tắc:" in shown and "Ho từ trước" in shown and "đã sửa bằng tay" in shown
    assert "như quy tắc tính" in post(officer, "/cases/F0-0001/window/forward/back", seen=seen(officer)).text
    assert looked_up(officer)[0] == "2026-11-16T00:00"
    with inside(officer.application):
        assert set(db.session.scalars(sa.select(CaseStep.what))) >= {"window", "window_back"}


def test_one_end_alone_is_put_right_and_the_other_is_as_the_rules_count(officer):
    change(officer, onset_on="2026-11-18")
    window(officer, start="2026-11-10T00:00", reason="Khởi phát sớm hơn")
    start, end = looked_up(officer)
    assert start == "2026-11-10T00:00" and end == "2026-11-20T10:30"


def test_what_is_no_window_is_said_beside_the_field(officer):
    for fields, words in (
        ({"reason": "Lời khai"}, "Ghi ít nhất một trong hai giờ."),
        ({"start": "2026-11-14T06:00"}, "Ghi lý do"),
        ({"start": "2026-11-14T06:00", "end": "2026-11-13T06:00", "reason": "Lời khai"}, "Giờ kết thúc trước"),
        ({"start": "1999-01-01T00:00", "reason": "Lời khai"}, "Ngày này xa quá"),
        ({"start": "0001-01-01T00:00", "reason": "Lời khai"}, "Ghi ngày và giờ, ví dụ"),
        ({"end": "2026-11-21T00:00", "reason": "Lời khai"}, "Giờ này chưa tới."),
        ({"start": "hôm qua", "reason": "Lời khai"}, "Ghi ngày và giờ, ví dụ"),
    ):
        answer = window(officer, **fields)
        assert answer.status_code == 422 and words in answer.text


def test_a_case_keeps_the_rules_of_its_day_until_somebody_counts_it_anew(officer, tmp_path, monkeypatch):
    change(officer, onset_on="2026-11-18")
    shutil.copytree(RULES, tmp_path / "rules")
    newest = sorted(RULES.glob("disease-*.toml"))[-1].read_text(encoding="utf-8")
    changed = newest.replace("infectious_days_before = 2", "infectious_days_before = 5", 1)
    (tmp_path / "rules/disease-2026-11-21.toml").write_text(changed, encoding="utf-8")
    monkeypatch.setitem(officer.application.extensions, "checkin_rules", RuleBook.load(tmp_path / "rules"))
    with clock.fixed(NOW + timedelta(days=2)):
        factories.sign_in(officer, cast.CDC)
        assert looked_up(officer)[0] == "2026-11-16T00:00"
        assert "Ca này vẫn theo quy tắc cũ" in officer.get("/cases/F0-0001/facts").text
        assert (
            "Tính theo quy tắc ngày: 20/11/2026 → 22/11/2026"
            in post(officer, "/cases/F0-0001/rules", seen=seen(officer)).text
        )
        assert looked_up(officer)[0] == "2026-11-13T00:00"


def tell(officer, page="/cases/F0-0001/movements", **fields):
    times = {"start": "2026-11-20T06:30", "end": "2026-11-20T07:30"}
    return post(officer, page, **{**times, **fields})


def test_a_movement_is_typed_by_name_shown_on_the_time_line_and_taken_back(officer):
    page = tell(officer, venue="cho ha long 1", note="Đi với con gái").text
    assert "Đã ghi chặng này." in page and "Đi với con gái" in page and "khai trong phỏng vấn" in page
    page = tell(officer, place="Nhà ngoại ở Cẩm Phả", start="2026-11-19T18:00", end="2026-11-19T20:00").text
    assert "Nhà ngoại ở Cẩm Phả" in page and "chưa rõ ở đâu" in page
    with inside(officer.application):
        stored = db.session.execute(sa.text("SELECT details FROM told_move")).scalars().all()
        assert len(stored) == 2 and all("Nhà ngoại".encode() not in one for one in stored)
    back = re.search(r'action="(/cases/F0-0001/movements/[0-9a-f-]+/back)"', page)[1]
    assert "Đã bỏ chặng này" in post(officer, back).text
    assert "hanh@cdc đã bỏ chặng này lúc 10:30 20/11/2026" in post(officer, back).text
    assert actions(officer) >= {"case.tell", "case.tell_back", "case.movements", "case.interview"}
    post(officer, "/cases/F0-0001/lookup", reason="Lập danh sách")


def test_of_several_places_of_a_name_one_is_chosen_and_the_times_stay(officer):
    answer = tell(officer, venue="quan ca phe may")
    assert answer.status_code == 200 and answer.text.count('name="venue_id"') >= 2 and "2026-11-20T06:30" in answer.text
    chosen = re.search(r'type="radio" name="venue_id" value="([^"]+)"', answer.text)[1]
    assert "Đã ghi chặng này." in tell(officer, venue="quan ca phe may", venue_id=chosen).text
    assert "Chặng này đã được ghi." in tell(officer, venue="quan ca phe may", venue_id=chosen).text


def test_a_movement_that_cannot_be_is_refused_beside_its_field(officer):
    for fields, words in (
        ({}, "Ghi địa điểm, hoặc nơi khác bằng lời."),
        ({"venue": "Chợ không có thật"}, "Không có địa điểm nào"),
        ({"venue": "Chợ Hạ Long 1", "place": "Nhà"}, "Chỉ ghi một nơi"),
        ({"place": "Nhà", "end": "2026-11-20T06:30"}, "Giờ đi phải sau giờ đến."),
        ({"place": "Nhà", "end": "2026-11-21T06:30"}, "Giờ này chưa tới."),
        ({"place": "Nhà", "start": "2025-01-01T06:30"}, "Ngày này xa quá"),
        ({"place": "Nhà", "start": "2026-10-01T06:30"}, "Lâu quá"),
        ({"place": "Nhà", "start": ""}, "Ghi ngày và giờ."),
        ({"place": "x" * 201}, "Dài quá"),
    ):
        answer = tell(officer, **fields)
        assert answer.status_code == 422 and words in answer.text


def export(officer, **fields):
    return post(officer, "/cases/export", **{"form": "csv", "columns": "own", "reason": "Giao ban sáng", **fields})


def test_the_line_list_comes_as_csv_xlsx_and_json_and_no_cell_is_a_formula(officer):
    change(officer, title="=HYPERLINK(1)", onset_on="2026-11-18", isolated_where="+84912")
    answer = export(officer)
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert rows[0][:3] == ["Số ca", "Tên gọi", "Bệnh"] and rows[1][:2] == ["F0-0001", "'=HYPERLINK(1)"]
    assert "18/11/2026" in rows[1] and "'+84912" in rows[1]
    assert "Giao ban sáng" in rows[-1][1] and len({len(row) for row in rows}) == 1
    assert export(officer, form="xlsx").get_data()[:2] == b"PK"
    told = json.loads(export(officer, form="json").get_data())
    assert told["cases"][0]["Số ca"] == "F0-0001" and "Giao ban sáng" in told["about"].values()
    with inside(officer.application):
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "case.list")).first()
        assert (entry.rows, entry.reason) == (1, "Giao ban sáng")


def as_godata_reads(answer, form):
    """The items and headings that its import takes from a file: each line of each sheet, and JSON as an array alone.

    A heading is compared with its own words by letters and figures alone, in lower case.
    """
    body = answer.get_data()
    if form == "json":
        items = json.loads(body)
        assert isinstance(items, list)
    elif form == "csv":
        # No byte order mark is expected: it would belong to the first heading.
        items = [{k: v for k, v in row.items() if v} for row in csv.DictReader(io.StringIO(body.decode("ascii")))]
    else:
        items = []
        for sheet in openpyxl.load_workbook(io.BytesIO(body)).worksheets:
            heads, *lines = sheet.iter_rows(values_only=True)
            items += [{k: v for k, v in zip(heads, line, strict=True) if v is not None} for line in lines]
    return [{re.sub(r"[^a-z0-9]", "", head.lower()): value for head, value in item.items()} for item in items]


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_the_line_list_is_what_go_data_imports(officer, form):
    change(officer, onset_on="2026-11-18", isolated_on="2026-11-19", state="recovered")
    answer = export(officer, columns="godata", form=form)
    (case,) = as_godata_reads(answer, form)
    opened = case.pop("dateofreporting")
    assert re.fullmatch(r"2026-11-\d\d", opened) and case.pop("dateofbecomingcase") >= opened
    assert case == {
        "caseid": "F0-0001",
        "firstname": "F0-0001",
        "classification": "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_CONFIRMED",
        "outcome": "LNG_REFERENCE_DATA_CATEGORY_OUTCOME_RECOVERED",
        "dateofonset": "2026-11-18",
        "daterangetype": "LNG_REFERENCE_DATA_CATEGORY_PERSON_DATE_TYPE_ISOLATION",
        "startdate": "2026-11-19",
    }
    assert f"-godata-1.{form}" in answer.headers["Content-Disposition"]


def test_a_list_without_a_reason_or_too_long_for_a_sheet_is_refused_with_a_way_out(officer, monkeypatch):
    assert "Ghi lý do xuất danh sách" in export(officer, reason="x").text
    monkeypatch.setattr("checkin.exposure.caselist.XLSX_ROWS", 0)
    assert "Chọn CSV hoặc lọc bớt" in export(officer, form="xlsx").text
    assert export(officer).mimetype == "text/csv"
    assert "case.list" in actions(officer)


def test_the_list_is_narrowed_by_state_disease_and_commune(officer):
    change(officer, commune=factories.HA_TU)
    for asked, there in (
        (f"state=confirmed&disease=covid-19&commune={factories.HA_TU}", True),
        ("state=died", False),
        ("commune=00001", False),
        ("disease=measles", False),
        ("state=xyz&commune='", True),
    ):
        page = officer.get(f"/cases/?{asked}").text
        assert ("F0-0001" in page) is there and ("Không có ca nào như vậy." in page) is not there


def test_a_case_discarded_after_its_notice_went_out_says_that_the_notice_still_stands(officer):
    with inside(officer.application):
        session, case = db.session(), db.session.scalars(sa.select(Case)).one()
        account = session.scalars(sa.select(Account)).first()
        venue = session.scalars(sa.select(Venue).limit(1)).one()
        words = notices.Words(
            venue_id=venue.id, zone_id=None, start=NOW - timedelta(hours=3), end=NOW, severity="watch",
            words_vi="Theo dõi sức khoẻ", words_en=None,
        )  # fmt: skip
        how = {"now": NOW, "actor": account.actor, "case": case}
        notice = notices.write(session, words=words, **how)
        notices.publish(session, notice=notice, lasts=timedelta(days=14), **how)
        factories.commit()
    tell(officer, venue="cho ha long 1")
    post(officer, "/cases/F0-0001/state", state="discarded", sure="1", seen=seen(officer))
    page = officer.get("/cases/F0-0001").text
    assert "vẫn đang hiệu lực" in page and 'class="notice stop ' in page
    with inside(officer.application):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(ToldMove)) == 0
    assert "Đổi tình trạng" in officer.get("/cases/F0-0001/facts").text


def test_a_day_that_cannot_be_stops_no_page_where_a_case_is_opened(officer):
    for day in ("0001-01-01", "2026-11-21"):
        answer = post(officer, "/cases/", **FACTS, onset_on=day)
        assert answer.status_code == 422 and "Ngày này" in answer.text
