"""A register on its page, in short: looked through before it is imported, for who sent it, a station's own alone."""

import pytest

from checkin import clock
from tests import cast
from tests.conftest import NOW
from tests.register.conftest import TRAM_HA_TU
from tests.register.files import FILE_OF_FIVE, figures, venues


@pytest.fixture(autouse=True)
def _at_ten():
    with clock.fixed(NOW):
        yield


def test_a_file_is_looked_through_before_anything_is_imported(office):
    khoa = office.browser(cast.ADMIN)
    page, text = office.checked(khoa, FILE_OF_FIVE)
    assert figures(text) == {"dòng trong tệp": 5, "tạo mới": 2, "cập nhật": 0, "đã có, giống hệt": 0, "không nhập được": 1, "chờ chọn xã, phường": 2}  # fmt: skip
    assert "thiếu tên cơ sở" in text and "Nhập 2 cơ sở" in text
    assert "Quán phở Bình" in khoa.get(f"{page}?rows=created").text
    assert venues(office) == {}
    assert ("register", "work") in office.started


def test_a_station_imports_its_own_commune_alone(office):
    station = office.browser(TRAM_HA_TU)
    page, text = office.checked(station, FILE_OF_FIVE)
    assert figures(text)["tạo mới"] == 1 and "trạm chỉ nhập cơ sở trong địa bàn của mình" in text
    office.post(station, page, "load")
    assert venues(office) == {"Quán Hà Tu": "06652"}


def test_nobody_elses_file_exists(office):
    khoa, station = office.browser(cast.ADMIN), office.browser(TRAM_HA_TU)
    page, _ = office.checked(station, FILE_OF_FIVE)
    for address in (page, f"{page}/refused.csv"):
        assert khoa.get(address).status_code == 404
    assert "so.csv" not in khoa.get("/register/").text
    assert office.browser(TRAM_HA_TU).get(page).status_code == 200
