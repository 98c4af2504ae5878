"""The page of a register: from the file to the venues, by who may, and nobody else's."""

import html
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.db import db
from checkin.register import jobs, service, tables
from checkin.register.models import FAILED, FILE, RUNNING, RegisterImport, RegisterPart
from checkin.venues.models import Code
from tests import cast, factories
from tests.conftest import NOW
from tests.register.conftest import TRAM_HA_TU
from tests.register.files import FILE_OF_FIVE, figures, register, row, venues
from tests.worlds import inside

pytestmark = pytest.mark.long


@pytest.fixture(autouse=True)
def _at_ten():
    with clock.fixed(NOW):
        yield


def test_a_doubtful_name_is_asked_once_and_holds_for_all_its_rows(office):
    khoa = office.browser(cast.ADMIN)
    page, text = office.checked(khoa, FILE_OF_FIVE)
    assert text.count("<select") == 1 and "Đặc khu Vân Đồn" in text
    text = office.post(khoa, page, "communes", **{"choice-0": "06994"})
    assert figures(text)["tạo mới"] == 4 and "<select" not in text
    text = office.post(khoa, page, "load")
    assert "4 cơ sở mới đã có mã QR" in text
    assert venues(office) == {"Quán phở Bình": "06685", "Chợ": "06994", "Kiot": "06994", "Quán Hà Tu": "06652"}
    with inside(office.world.app()):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Code)) == 4


def test_a_doubtful_name_can_be_left_out(office):
    khoa = office.browser(cast.ADMIN)
    page, _ = office.checked(khoa, FILE_OF_FIVE)
    text = office.post(khoa, page, "communes", **{"choice-0": ""})
    assert figures(text)["không nhập được"] == 3 and "chờ chọn xã, phường" not in figures(text)
    text = office.post(khoa, page, "communes", **{"choice-0": "99999", "choice-7": "x"})
    assert figures(text)["không nhập được"] == 3


def test_the_same_file_again_has_nothing_new(office):
    khoa = office.browser(cast.ADMIN)
    body = register(row(number="57"), row(name="Chợ"))
    page, _ = office.checked(khoa, body)
    office.post(khoa, page, "load")
    again, text = office.checked(khoa, body)
    assert figures(text)["đã có, giống hệt"] == 2
    assert "Không có gì mới" in text and "Nhập 2 cơ sở" not in text
    assert "đã nhập" in khoa.get("/register/").text and again != page


def test_a_stations_list_need_not_name_its_commune(office):
    station = office.browser(TRAM_HA_TU)
    page, _ = office.checked(station, "Tên,Địa chỉ\nQuán,Tổ 3\n".encode())
    office.post(station, page, "load")
    assert venues(office) == {"Quán": "06652"}


def test_a_number_of_another_commune_is_refused_to_a_station(office):
    khoa, station = office.browser(cast.ADMIN), office.browser(TRAM_HA_TU)
    page, _ = office.checked(khoa, register(row(number="57")))
    office.post(khoa, page, "load")
    _, text = office.checked(station, register(row(number="57", commune="Hà Tu")))
    assert "mã số này đã thuộc một cơ sở ở xã, phường khác" in text and "Quán phở Bình" in text


def test_the_refused_rows_are_a_file_that_no_spreadsheet_takes_for_formulas(office):
    khoa = office.browser(cast.ADMIN)
    page, _ = office.checked(khoa, register(row(name="=cmd|' /C calc'!A0", address=""), row(name="Chợ")))
    answer = khoa.get(f"{page}/refused.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    text = answer.get_data().decode("utf-8-sig")
    assert "2;thiếu địa chỉ;;'=cmd" in text and "Chợ" not in text
    fine, _ = office.checked(khoa, register(row()))
    assert khoa.get(f"{fine}/refused.csv").status_code == 404


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "Tệp trống"),
        (b"%PDF-1.7 a bill", "không phải CSV hay XLSX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "kiểu cũ (.xls)"),
    ],
)
def test_what_is_no_register_is_said_beside_the_field(office, body, words):
    answer = office.send(office.browser(cast.ADMIN), body)
    assert answer.status_code == 422
    assert words in re.search(r'class="error" id="file-error">(.*?)</span>\s*<input', answer.text, re.S)[1]


def test_no_file_at_all_is_said(office):
    khoa = office.browser(cast.ADMIN)
    answer = khoa.post("/register/", data={"csrf_token": factories.token(khoa, "/register/")})
    assert answer.status_code == 422 and "Chọn tệp cần nhập." in answer.text
    answer = khoa.post("/register/", data={"csrf_token": factories.token(khoa, "/register/"), "file": "x"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"1,2\n3,4\n", "Không tìm thấy dòng tiêu đề"),
        ("Tên,Địa chỉ\n".encode(), "chỉ có dòng tiêu đề"),
        ("Tên,Tên cơ sở,Địa chỉ\na,b,c\n".encode(), "“Tên”, “Tên cơ sở”"),
        (b"PK\x03\x04 torn", "bị hỏng"),
    ],
)
def test_what_cannot_be_read_is_said_on_its_page(office, body, words):
    _, text = office.checked(office.browser(cast.ADMIN), body)
    assert "Không đọc được tệp" in text and words in html.unescape(text)


def test_thirty_megabytes_are_refused_in_words(office):
    khoa = office.browser(cast.ADMIN)
    answer = office.send(khoa, b"x" * (30 << 20))
    # Beside its field, on the page that it was chosen on.
    assert answer.status_code == 303 and "Tệp lớn hơn 20 MB" in khoa.get(answer.location).text
    with inside(office.world.app()):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(RegisterImport)) == 0


def test_a_file_just_below_the_limit_is_taken(office):
    khoa = office.browser(cast.ADMIN)
    body = register(row()) + b"\n" * (tables.LARGEST - len(register(row())))
    assert office.send(khoa, body).status_code == 303


def test_what_is_stored_can_not_be_read_without_the_key(office):
    khoa = office.browser(cast.ADMIN)
    office.checked(khoa, FILE_OF_FIVE, name="Sổ của bà Hạnh.csv")
    with inside(office.world.app()):
        parts = db.session.scalars(sa.select(RegisterPart.body)).all()
    stored = b"".join(map(bytes, parts))
    assert len(parts) >= 5
    for word in ("Quán phở", "0912345678", "Hạnh", "Hạ Long"):
        assert word.encode() not in stored


def test_after_a_day_the_file_is_gone_and_the_counts_stay(office):
    khoa = office.browser(cast.ADMIN)
    page, _ = office.checked(khoa, FILE_OF_FIVE)
    with clock.fixed(NOW + service.KEPT), inside(office.app):
        jobs.purge_round(db.session())
        db.session.commit()
    with clock.fixed(NOW + service.KEPT):
        khoa = office.browser(cast.ADMIN)
        text = khoa.get(page).text
        assert "Tệp đã được xoá" in text and figures(text)["dòng trong tệp"] == 5 and "Quán phở" not in text
        office.post(khoa, page, "load")
    with inside(office.world.app()):
        assert db.session.scalars(sa.select(RegisterPart)).all() == []
    assert venues(office) == {}


def test_a_file_can_be_deleted_at_once(office):
    khoa = office.browser(cast.ADMIN)
    page, _ = office.checked(khoa, FILE_OF_FIVE)
    assert khoa.post(f"{page}/forget", data={"csrf_token": factories.token(khoa, page)}).status_code == 303
    with inside(office.world.app()):
        assert db.session.scalars(sa.select(RegisterPart)).all() == []


def test_a_process_that_died_is_said_and_the_import_goes_on(office):
    khoa = office.browser(cast.ADMIN)
    page, _ = office.checked(khoa, register(row(), row(name="Chợ")))
    with inside(office.world.app()):
        db.session.execute(sa.update(RegisterImport).values(step="load", state=RUNNING, beat_at=NOW))
        db.session.commit()
    assert "Đang nhập" in khoa.get(page).text
    with clock.fixed(NOW + timedelta(seconds=61)):
        text = khoa.get(page).text
        assert "Việc nhập bị dừng" in text and "Nhập tiếp" in text
        text = office.post(khoa, page, "load")
    assert "2 cơ sở mới đã có mã QR" in text


def test_an_error_says_nothing_of_what_stood_in_a_row(office, monkeypatch, capsys):
    def broken(*_args, **_kwargs):
        raise RuntimeError("Quán phở Bình")

    khoa = office.browser(cast.ADMIN)
    monkeypatch.setattr(jobs, "work", broken)
    page, text = office.checked(khoa, register(row()))
    assert "Có lỗi ở phía chúng tôi" in text and "Đọc lại tệp" in text
    assert "Bình" not in capsys.readouterr().out
    with inside(office.world.app()):
        assert db.session.scalar(sa.select(RegisterImport.state)) == FAILED


def test_a_piece_of_another_file_does_not_open(office):
    khoa = office.browser(cast.ADMIN)
    first, _ = office.checked(khoa, FILE_OF_FIVE)
    second = office.send(khoa, register(row())).location
    ids = [address.rsplit("/", 1)[-1].replace("-", "") for address in (first, second)]
    with inside(office.world.app()):
        bodies = {
            part.import_id.hex: part.body
            for part in db.session.scalars(sa.select(RegisterPart).where(RegisterPart.kind == FILE))
        }
        of_second = sa.and_(
            RegisterPart.kind == FILE, RegisterPart.import_id == sa.literal(ids[1], sa.Uuid(as_uuid=False))
        )
        db.session.execute(sa.update(RegisterPart).where(of_second).values(body=bodies[ids[0]]))
        db.session.commit()
    office.work()
    assert "Có lỗi ở phía chúng tôi" in khoa.get(second).text


def test_pages_of_rows_are_turned(office, monkeypatch):
    khoa = office.browser(cast.ADMIN)
    page, _ = office.checked(khoa, register(*(row(name=f"Quán {n}") for n in range(205))))
    first, last = khoa.get(f"{page}?rows=created").text, khoa.get(f"{page}?rows=created&page=3").text
    assert "Quán 0<" in first and "Quán 204<" in last and "Trang 3 trong 3, 205 dòng" in last
    for wrong in ("4", "0", "-1", "x", "9" * 30):
        assert khoa.get(f"{page}?rows=created&page={wrong}").status_code == 404
    assert khoa.get(f"{page}?rows=nothing").status_code == 200


def test_long_names_and_other_writings_stay_whole(office):
    khoa = office.browser(cast.ADMIN)
    names = ["أ" * 60, "🍜" * 60, "<script>alert(1)</script>", "Tên " * 45]
    page, text = office.checked(khoa, register(*(row(name=name) for name in names)))
    # A name is in letters or digits, as in the owner's form.
    assert figures(text)["tạo mới"] == 3 and "<script>alert" not in text and "thiếu tên cơ sở" in text
