"""The places of the demo province that are named one by one: the stage of the planted story, and every rare state."""

from dataclasses import dataclass

SEA, GREENS, GATE = "Khu hải sản", "Khu rau", "Cửa chính"


@dataclass(frozen=True, slots=True)
class Landmark:
    """A named place; `inside` is the role of the place that it stands in. The commune "" is the hub's."""

    role: str
    kind: str
    name: str
    commune: str = ""
    address: str = "Khu 3"
    hours: tuple[str, str] | None = None
    zones: tuple[str, ...] = ()
    weight: float = 3.0
    inside: str = ""
    plate: str | None = None
    state: str = "active"
    last_day: int | None = None
    registered_days_ago: int = 60
    reissued: bool = False
    owned: bool = False
    default_minutes: int | None = None


_L = Landmark
LANDMARKS = (
    _L("market", "market", "Chợ Hạ Long 1", address="Đường Trần Hưng Đạo, khu 2", hours=("04:00", "18:30"),
       zones=(SEA, GREENS, GATE), weight=14, owned=True),
    _L("supermarket", "supermarket", "Siêu thị Bạch Đằng", address="Số 98, phố Bạch Đằng, khu 4",
       hours=("08:00", "22:00"), zones=(GATE,), weight=9, owned=True, reissued=True),
    _L("kiosk", "food", "Quầy bánh mì Hương Lan", address="Tầng 1, Siêu thị Bạch Đằng", hours=("08:00", "21:30"),
       inside="supermarket", weight=2, owned=True, default_minutes=15),
    _L("bus", "bus", "Xe buýt tuyến 01 Bãi Cháy – Mông Dương", address="Bến xe Bãi Cháy",
       plate="14B-012.34", weight=7, zones=("Cửa trước", "Cửa sau"), owned=True),
    _L("new_cafe", "food", "Cà phê Gió Biển", address="Số 7, đường Hạ Long, khu 1", hours=("07:00", "22:30"),
       weight=2, last_day=-1, registered_days_ago=1, owned=True),
    _L("suspended_bar", "bar", "Karaoke Sao Đêm", address="Số 120, đường Cao Thắng, khu 7", hours=("10:00", "23:59"),
       state="suspended", last_day=5, weight=4, owned=True),
    _L("closed_shop", "shop", "Tạp hoá Cô Tám", address="Số 31, đường Giếng Đồn, khu 5", hours=("06:00", "21:00"),
       state="closed", last_day=7, weight=3),
    _L("silent_hall", "culture", "Nhà văn hoá khu 9", address="Khu 9", last_day=-1),
    _L("pho", "food", "Phở bò Bà Tuyết", address="Số 15, phố Bạch Đằng, khu 4", hours=("05:30", "13:30"), weight=5),
    _L("pharmacy", "health", "Nhà thuốc Minh Châu", address="Số 44, đường Lê Thánh Tông, khu 4",
       hours=("07:00", "21:30"), weight=5, default_minutes=15),
    _L("station_health", "health", "Trạm Y tế Phường Hồng Gai", address="Số 2, đường Lê Quý Đôn, khu 1",
       zones=("Bàn đón tiếp", "Phòng khám sàng lọc"), weight=3),
    _L("stall_1", "shop", "Quầy hải sản Bà Mận (ki-ốt 12)", address="Chợ Hạ Long 1", inside="market",
       hours=("04:00", "18:30"), weight=2),
    _L("stall_2", "food", "Bún bề bề Cô Nhài (ki-ốt 31)", address="Chợ Hạ Long 1", inside="market",
       hours=("05:00", "14:00"), weight=3),
    _L("stall_3", "shop", "Vải vóc Thanh Hà (ki-ốt 47)", address="Chợ Hạ Long 1", inside="market",
       hours=("07:00", "18:30"), weight=1),
    _L("mall", "supermarket", "Trung tâm thương mại Bến Đoan", address="Khu đô thị Bến Đoan",
       hours=("09:00", "22:00"), zones=("Tầng 1", "Tầng 2", "Rạp chiếu phim", "Hầm để xe"), weight=10),
    _L("mall_food", "food", "Lẩu nấm Thu Hương", address="Tầng 2, Trung tâm thương mại Bến Đoan",
       hours=("10:00", "22:00"), inside="mall", weight=4),
    _L("mall_beauty", "beauty", "Tiệm tóc Mây Trắng", address="Tầng 1, Trung tâm thương mại Bến Đoan",
       hours=("09:00", "21:00"), inside="mall", weight=2),
    _L("mall_sport", "sport", "Phòng tập Bến Đoan", address="Tầng 2, Trung tâm thương mại Bến Đoan",
       hours=("05:30", "21:30"), inside="mall", weight=3),
    _L("hospital", "health", "Bệnh viện đa khoa tỉnh, cơ sở Hồng Gai", "Hồng Gai", "Đường Tuệ Tĩnh",
       zones=("Cổng chính", "Khoa khám bệnh", "Khoa cấp cứu", "Khu điều trị nội trú"), weight=8),
    _L("bay", "culture", "Vịnh Hạ Long – Hang Sửng Sốt", "Bãi Cháy", "Vịnh Hạ Long", ("06:30", "18:00"),
       ("Cửa hang", "Bến cập tàu"), 9),
    _L("museum", "culture", "Bảo tàng và Thư viện tỉnh", "Hồng Gai", "Đường Trần Quốc Nghiễn", ("08:00", "17:00"),
       weight=4),
    _L("cruise_port", "station", "Cảng tàu khách Tuần Châu", "Tuần Châu", "Đảo Tuần Châu", ("06:00", "21:00"),
       ("Nhà chờ", "Cầu cảng số 1", "Cầu cảng số 2"), 8),
    _L("coach_station", "station", "Bến xe khách Bãi Cháy", "Bãi Cháy", "Quốc lộ 18", ("04:30", "21:00"),
       ("Cửa vào", "Phòng vé"), 8),
    _L("coach_station_2", "station", "Bến xe khách Móng Cái", "Móng Cái 1", "Đại lộ Hoà Bình", ("04:30", "20:00"),
       weight=5),
    _L("airport", "station", "Sân bay Vân Đồn", "Vân Đồn", "Thôn Đông Tiến", ("05:00", "23:30"),
       ("Nhà ga đi", "Nhà ga đến"), 4),
    _L("border", "station", "Cửa khẩu quốc tế Móng Cái", "Móng Cái 1", "Đại lộ Hữu Nghị", ("07:00", "17:00"),
       ("Luồng khách", "Luồng hàng"), 5),
    _L("island_pier", "station", "Cảng Cái Rồng", "Vân Đồn", "Khu 9", ("06:00", "18:00"), ("Nhà chờ",), 4),
    _L("yen_tu", "religious", "Chùa Hoa Yên, khu di tích Yên Tử", "Yên Tử", "Núi Yên Tử", ("06:00", "18:00"),
       ("Ga cáp treo", "Sân chùa"), 8),
    _L("temple", "religious", "Chùa Long Tiên", "Hồng Gai", "Đường Long Tiên", ("06:00", "20:00"), weight=5),
    _L("church", "religious", "Nhà thờ giáo xứ Hòn Gai", "Hồng Gai", "Khu 3", ("05:00", "20:00"), weight=2),
    _L("pit_1", "factory", "Mỏ than hầm lò Hà Lầm, khu Đông", "Hà Lầm", "Khu 6",
       zones=("Cổng chính", "Nhà giao ca", "Nhà ăn ca 1", "Nhà ăn ca 3"), weight=9),
    _L("pit_2", "factory", "Mỏ than Mông Dương, phân xưởng khai thác 3", "Mông Dương", "Khu 4",
       zones=("Cổng chính", "Nhà giao ca", "Nhà ăn"), weight=8),
    _L("pit_3", "factory", "Mỏ than Vàng Danh, cửa lò Cánh Gà", "Vàng Danh", "Khu 5",
       zones=("Cổng chính", "Nhà giao ca", "Nhà ăn"), weight=8),
    _L("power", "factory", "Nhà máy nhiệt điện Uông Bí", "Uông Bí", "Khu 2", zones=("Cổng A", "Cổng B"), weight=5),
    _L("coal_port", "factory", "Cảng than Cửa Ông", "Cửa Ông", "Khu 7", zones=("Cổng 1", "Cổng 2"), weight=6),
    _L("university", "school", "Trường Đại học Hạ Long, cơ sở 1", "Uông Bí", "Số 258, đường Bạch Đằng",
       ("06:30", "21:00"), ("Giảng đường A", "Giảng đường B", "Ký túc xá", "Thư viện"), 7),
    _L("ferry", "boat", "Phà Tuần Châu – Cát Bà số 2", "Tuần Châu", "Bến phà Tuần Châu", plate="QN-8642",
       zones=("Boong xe", "Khoang khách"), weight=4),
    _L("boat", "boat", "Tàu cao tốc Cái Rồng – Cô Tô", "Cô Tô", "Cảng Cô Tô", plate="QN-7015", weight=3),
    _L("cruise", "boat", "Tàu tham quan Ánh Dương 18", "Tuần Châu", "Cảng tàu khách Tuần Châu", plate="QN-5518",
       zones=("Tầng 1", "Tầng 2"), weight=3, default_minutes=360),
    _L("taxi_1", "taxi", "Taxi Hòn Gai 27", "Hồng Gai", "Đường Lê Lợi", plate="14A-327.18", weight=1),
    _L("taxi_2", "motorbike", "Xe ôm công nghệ Trần Văn Lợi", "Bãi Cháy", "Bến xe Bãi Cháy", plate="14B1-662.05",
       weight=0.6, default_minutes=20),
    _L("coach", "bus", "Xe khách Móng Cái – Hà Nội 19h30", "Móng Cái 1", "Bến xe Móng Cái", plate="14B-041.77",
       weight=3, default_minutes=300),
    _L("shift_bus", "transport", "Xe đưa đón công nhân Hà Lầm", "Hà Lầm", "Cổng chính mỏ Hà Lầm", plate="14B-027.46",
       weight=3),
    _L("stadium", "sport", "Sân vận động Cẩm Phả", "Cẩm Phả", "Đường Trần Phú", ("05:00", "21:30"),
       ("Khán đài A", "Khán đài B", "Sân phụ"), 4),
    _L("hotel", "hotel", "Khách sạn Hạ Long Xanh", "Bãi Cháy", "Đường Hạ Long", weight=6, zones=("Sảnh", "Nhà hàng")),
    _L("post", "bank", "Bưu điện trung tâm Hòn Gai", "Hồng Gai", "Số 539, đường Lê Thánh Tông", ("07:30", "18:00"),
       weight=3),
    _L("court", "office", "Trung tâm phục vụ hành chính công tỉnh", "Hồng Gai", "Đường 25 tháng 4",
       ("07:30", "17:00"), ("Sảnh chính", "Quầy 1–20", "Quầy 21–40"), 6),
    _L("funeral", "other", "Nhà tang lễ thành phố", "Hà Lầm", "Khu 8", weight=1),
    _L("relief", "other", "Điểm phát gạo từ thiện Khu 5", "Cao Xanh", "Khu 5", weight=1),
    _L("long_name", "office", "Ban Quản lý dự án đầu tư xây dựng các công trình dân dụng, công nghiệp, giao thông, "
       "nông nghiệp và phát triển nông thôn khu vực phía Đông, Văn phòng tiếp nhận hồ sơ và trả kết quả", "Quảng Hà",
       "Khu Chu Văn An", ("07:30", "17:00"), weight=1),
    _L("one_word", "beauty", "Mây", "Bãi Cháy", "Số 3, đường Hậu Cần", ("09:00", "20:00"), weight=1),
    _L("foreign_name", "bar", "Seoul Garden & Bar – 서울", "Bãi Cháy", "Đường Hạ Long", ("17:00", "02:00"), weight=2),
)  # fmt: skip
