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
    "bus": _l("Xe khách, xe buýt"),
    "taxi": _l("Taxi, xe hợp đồng"),
    "motorbike": _l("Xe ôm"),
    "boat": _l("Tàu, phà, đò"),
    "transport": _l("Xe, phương tiện khác"),
    "station": _l("Bến xe, bến tàu, sân bay"),
    "religious": _l("Cơ sở tôn giáo, tín ngưỡng"),
    "culture": _l("Điểm du lịch, văn hoá, giải trí"),
    "sport": _l("Phòng tập, sân thể thao"),
    "beauty": _l("Cắt tóc, làm đẹp"),
    "bank": _l("Ngân hàng, bưu điện"),
    "other": _l("Nơi khác"),
}
HEALTH = "health"
# They have a plate, and a sticker rather than a poster. What was registered before the kinds of vehicle were told
# apart is "transport" until somebody says more.
VEHICLES = ("bus", "taxi", "motorbike", "boat", "transport")
# How many people are there at once at most.
SIZES = {
    "small": _l("Dưới 50 người"),
    "medium": _l("50 đến 200 người"),
    "large": _l("Trên 200 người"),
}
# What a venue is divided into, where its kind says so.
DIVIDED = {"school": "class", "food": "table", "hotel": "floor", "office": "floor", "bar": "table"}
ZONE_KINDS = {
    "door": _l("Cửa"),
    "floor": _l("Tầng"),
    "hall": _l("Sảnh, hội trường"),
    "area": _l("Khu, gian"),
    "table": _l("Bàn"),
    "class": _l("Lớp, phòng học"),
}
