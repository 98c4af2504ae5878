"""Which kind of venue the words of registers mean: vehicles told apart, and not taken for what stands beside them."""

import pytest

from checkin import clock
from checkin.register.kinds import CODES, kind_of
from checkin.venues.kinds import KINDS, VEHICLES
from tests import cast
from tests.conftest import NOW
from tests.register.files import register, row, venues

WORDS = {
    "bus": "Xe buýt|xe bus tuyến 3|XE KHACH|Xe khách giường nằm|Ô tô khách|Xe đưa đón công nhân|Xe limousine",
    "taxi": "Taxi|TAXI Mai Linh|Xe taxi|Xe hợp đồng|Xe công nghệ|Tắc xi",
    "motorbike": "Xe ôm|XE OM|Xe ôm công nghệ|Xe ôm Trần Văn Lợi",
    "boat": "Phà Tuần Châu|Tàu du lịch|Tàu khách|Tàu cao tốc|Đò ngang|Thuyền nan|Ca nô|Du thuyền 5 sao|Tàu tham quan",
    "transport": "Vận tải|Phương tiện khác|transport",
    # Beside vehicles, and none.
    "station": "Bến xe khách Bãi Cháy|Bến tàu|Bến phà Rừng|Cảng tàu khách|Bến xe buýt",
    "shop": "Đại lý xe máy|Cửa hàng đồ da|Sửa chữa xe máy|Cửa hàng xe điện",
    "factory": "Xưởng cơ khí|Nhà máy đóng tàu",
    "religious": "Đền Cửa Ông|Đình Phong Cốc",
    "food": "Quán ăn đồ Nhật|Đồ ăn nhanh",
}


@pytest.mark.parametrize("name", ["Tàu hũ nóng Bà Ba", "Đồ gỗ Hùng", "Đo mắt Kim Anh", "Phương Anh"])
def test_a_name_that_sounds_like_a_vehicle_is_none(name):
    assert kind_of(name) not in VEHICLES


@pytest.mark.parametrize(("kind", "words"), [(kind, word) for kind, line in WORDS.items() for word in line.split("|")])
def test_words_mean_the_kind_that_they_say(kind, words):
    assert kind_of(words) == kind


def test_the_mapping_knows_every_kind_of_venue_and_no_other():
    assert set(KINDS) == CODES and {kind_of(kind) for kind in KINDS} == set(KINDS)


def test_a_vehicle_without_plate_is_taken_and_the_preview_says_so(office):
    with clock.fixed(NOW):
        khoa = office.browser(cast.ADMIN)
        page, _ = office.checked(
            khoa,
            register(
                row(name="Tuyến 01", number="1", kind="Xe buýt"), row(name="Phở Bình", number="2", kind="Ăn uống")
            ),
        )
        shown = khoa.get(f"{page}?rows=created").text
        assert shown.count("chưa ghi biển số") == 1
        office.post(khoa, page, "load")
        assert len(venues(office)) == 2
