"""What places of each kind are called in the province, how large they are and when they are open."""

import random
from dataclasses import dataclass

from checkin.demo.names import GIVEN_FEMALE_OLD, GIVEN_MALE_OLD
from checkin.demo.wordlists import words
from checkin.places.rows import PlaceRow


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of venue is drawn: `share` of all venues, where, its names, hours and zones."""

    share: float
    names: tuple[str, ...]
    hours: tuple[tuple[str, str] | None, ...]
    weight: float = 1.0
    zones: tuple[str, ...] = ()
    zoned: float = 0.0
    wards_only: bool = False


WORDS = words(
    "Hải Yến|Bình Minh|Phương Đông|Thiên An|Hoa Ban|Sao Mai|Hồng Ngọc|Tân Phát|An Khang|Ngọc Lan|Biển Xanh|Hoàng Gia"
)
DISHES = words(
    "Bún bề bề|Phở bò|Bún chả|Cơm bình dân|Bánh cuốn chả mực|Lẩu hải sản|Cháo sườn|Bún riêu|Gà đồi Tiên Yên|Cơm tấm"
)
DRINKS = words("Cà phê|Trà chanh|Cà phê sân vườn|Sinh tố")
GOODS = words(
    "Tạp hoá|Điện máy|Vật liệu xây dựng|Quần áo|Điện thoại|Giày dép|Hoa tươi|Sách và thiết bị|Xe máy|Hải sản khô"
)
HEROES = words("Lê Văn Tám|Kim Đồng|Trần Quốc Toản|Nguyễn Bỉnh Khiêm|Hòn Gai|Chu Văn An|Lý Tự Trọng|Võ Thị Sáu")

_OFFICE = (("07:00", "17:00"), ("07:30", "17:00"))
KINDS: dict[str, Kind] = {
    "market": Kind(0.10, ("Chợ {commune}", "Chợ {hamlet}", "Chợ khu {n} {commune}"),
                   (("04:30", "18:00"), ("05:00", "17:30"), ("05:00", "12:00")), 3,
                   ("Khu hải sản", "Khu rau", "Khu thịt", "Cửa chính"), 0.5),
    "supermarket": Kind(0.03, ("Siêu thị {word}", "Siêu thị mini {word} {commune}", "Cửa hàng tự chọn {word}"),
                        (("07:30", "22:00"), ("08:00", "21:30")), 3, ("Cửa chính", "Cửa bãi xe"), 0.5),
    "shop": Kind(0.13, ("{goods} {given}", "{goods} {word}", "Đại lý {word}", "{goods} số {n}"),
                 (("07:00", "21:00"), ("08:00", "20:30"), None)),
    "food": Kind(0.17, ("{dish} {aunt} {given}", "{drink} {word}", "{dish} {given}", "Nhà hàng {word}", "Quán {given}"),
                 (("06:00", "21:30"), ("05:30", "14:00"), ("09:00", "22:30"), None), 1.2),
    "bar": Kind(0.03, ("Karaoke {word}", "Quán bia hơi {given}", "Karaoke {given}", "Beer club {word}"),
                (("16:00", "23:30"), ("18:00", "01:00")), 1, ("Phòng 1", "Phòng 2", "Phòng 3"), 0.3, True),
    "hotel": Kind(0.06, ("Khách sạn {word}", "Nhà nghỉ {given}", "Homestay {word}", "Khách sạn {commune} {n}"),
                  (None,), 1, ("Sảnh", "Nhà hàng"), 0.2),
    "office": Kind(0.08, ("Công an {full}", "Văn phòng công chứng {given}", "Công ty {word}", "Chi cục Thuế {commune}"),
                   _OFFICE, 1.5),
    "factory": Kind(0.05, ("Công ty may {word}", "Nhà máy gạch {commune}", "Công trường cầu {hamlet}",
                           "Mỏ đá {commune}", "Xưởng đóng tàu {word}", "Chế biến thuỷ sản {word}"),
                    (None,), 3, ("Cổng chính", "Nhà ăn"), 0.6),
    "school": Kind(0.08, ("Trường Tiểu học {hero}", "Trường THCS {commune}", "Trường THPT {hero}",
                          "Trường Mầm non {word}"), (("06:30", "17:30"),), 4,
                   ("Cổng chính", "Khối 6", "Khối 7", "Khối 8", "Khối 9"), 0.5),
    "health": Kind(0.05, ("Nhà thuốc {word}", "Phòng khám đa khoa {word}", "Nhà thuốc {given}",
                          "Phòng khám răng {given}"), (("07:00", "21:00"), ("07:30", "19:00")), 1.2),
    "bus": Kind(0.015, ("Xe buýt {route}", "Xe khách {word}"), (None,), 1.5),
    "transport": Kind(0.01, ("Xe đưa đón công nhân {word}", "Xe bán hàng lưu động {given}"), (None,), 1.5),
    "taxi": Kind(0.012, ("Taxi {word} {n}",), (None,), 1.5),
    "motorbike": Kind(0.005, ("Xe ôm {given}",), (None,)),
    "boat": Kind(0.008, ("Tàu du lịch {word} {n}", "Đò ngang {hamlet}"), (None,), 1.5),
    "station": Kind(0.01, ("Bến xe {commune}", "Bến tàu {commune}", "Bến phà {hamlet}"), (("05:00", "20:00"),), 2),
    "religious": Kind(0.04, ("Chùa {temple}", "Đền {temple}", "Đình {commune}", "Nhà thờ {commune}"),
                      (("06:00", "19:00"), None)),
    "culture": Kind(0.04, ("Nhà văn hoá {commune}", "Nhà văn hoá thôn {hamlet}", "Khu du lịch {word}",
                           "Bãi tắm {hamlet}"), (("07:00", "21:30"), None)),
    "sport": Kind(0.03, ("Sân bóng {word}", "Phòng tập {word}", "Bể bơi {commune}", "Câu lạc bộ cầu lông {commune}"),
                  (("05:00", "21:30"),)),
    "beauty": Kind(0.04, ("Cắt tóc {given}", "Tiệm tóc {word}", "Spa {word}", "Làm móng {given}"),
                   (("08:30", "20:30"), ("09:00", "20:00"))),
    "bank": Kind(0.03, ("Quỹ tín dụng nhân dân {commune}", "Bưu điện {commune}", "Phòng giao dịch ngân hàng {commune}"),
                 (("07:30", "16:30"),)),
    "other": Kind(0.02, ("Bãi gửi xe {given}", "Điểm tiêm chủng lưu động {commune}", "Hội trường khu {n} {commune}"),
                  (("07:00", "18:00"), None)),
}  # fmt: skip
HAMLETS = words("Cái Dăm|Vườn Đào|Loong Toòng|Đá Chồng|Hà Khánh|Cái Lân|Cầu Sến|Bến Giang|Hà Liễu|Cột 3|Cột 5|Cột 8")
TEMPLES = words("Phúc Lâm|Linh Quang|Vạn Thiện|Hưng Long|Bảo An|Đức Ông|Thánh Mẫu|Quan Âm|Phổ Minh|Thiên Trúc")


def name_of(rng: random.Random, kind: str, commune: PlaceRow, other: PlaceRow) -> str:
    """A name for a venue of this kind in this commune; `other` is where a bus goes."""
    given = rng.choice(GIVEN_FEMALE_OLD + GIVEN_MALE_OLD)
    female = given in GIVEN_FEMALE_OLD
    return rng.choice(KINDS[kind].names).format(
        commune=commune.name,
        full=commune.full_name,
        hamlet=rng.choice(HAMLETS),
        n=rng.randint(1, 9),
        word=rng.choice(WORDS),
        goods=rng.choice(GOODS),
        dish=rng.choice(DISHES),
        drink=rng.choice(DRINKS),
        given=given,
        aunt=rng.choice(("Bà", "Cô", "Chị") if female else ("Ông", "Chú", "Anh")),
        hero=rng.choice(HEROES),
        temple=rng.choice(TEMPLES),
        route=f"{commune.name} – {other.name}",
    )


def plate(rng: random.Random) -> str:
    """A registration plate of the province."""
    return f"14{rng.choice('AB')}-{rng.randrange(1000):03d}.{rng.randrange(100):02d}"
