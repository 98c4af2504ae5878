"""Kinds of venue. Their default stays are rule data (`rules/data/stays-*.toml`), keyed by these words."""

from flask_babel import lazy_gettext as _l

KINDS = {
    "market": _l("Chợ"),
    "supermarket": _l("Siêu thị, trung tâm thương mại"),
    "shop": _l("Cửa hàng, đại lý"),
    "food": _l("Quán ăn, nhà hàng, cà phê"),
    "bar": _l("Quán bar, karaoke"),
    "hotel": _l("Khách sạn, nhà nghỉ"),
    "office": _l("Cơ quan, văn phòng"),
    "factory": _l("Nhà máy, công trường, mỏ"),
    "school": _l("Trường học"),
    "health": _l("Cơ sở y tế, nhà thuốc"),
    "transport": _l("Xe, tàu, phà"),
    "station": _l("Bến xe, bến tàu, sân bay"),
    "religious": _l("Cơ sở tôn giáo, tín ngưỡng"),
    "culture": _l("Điểm du lịch, văn hoá, giải trí"),
    "sport": _l("Phòng tập, sân thể thao"),
    "beauty": _l("Cắt tóc, làm đẹp"),
    "bank": _l("Ngân hàng, bưu điện"),
    "other": _l("Nơi khác"),
}
HEALTH = "health"
