"""The forms and languages of a poster in the words of the pages."""

from flask_babel import lazy_gettext as _l

from checkin.venues.kinds import VEHICLES

# Form: its name, its size, where it belongs and from how far it is read (docs/posters.md).
FORMS = {
    "a4": (_l("Áp phích A4"), "210 × 297 mm", _l("Dán ở cửa ra vào, ngang tầm mắt. Quét được từ xa 2,5 m.")),
    "a5": (_l("Áp phích A5"), "148 × 210 mm", _l("Dán ở quầy, cửa kính hẹp. Quét được từ xa 1,5 m.")),
    "tent": (_l("Bảng gấp để bàn"), _l("tờ A4, gấp lại"), _l("In tờ A4, gấp theo đường đứt, đặt trên bàn hoặc quầy.")),
    "sticker": (_l("Nhãn dán 8 cm"), "80 × 80 mm", _l("Cho xe, lưng ghế, cửa nhỏ. Đưa máy lại gần.")),
    "sheet": (
        _l("Tờ nhiều nhãn"),
        _l("tờ A4, 6 nhãn 8 cm"),
        _l("Sáu nhãn giống nhau trên một tờ A4, cắt theo đường đứt."),
    ),
}
LANGUAGES_ON_PAPER = {"vi": _l("Tiếng Việt, kèm tiếng Anh"), "en": _l("Tiếng Anh, kèm tiếng Việt")}
# The same for many codes: on a sheet of stickers each code has its own.
MANY = {form: (name, size) for form, (name, size, _) in FORMS.items()}


def ordered(kind: str) -> dict[str, tuple[object, object, object]]:
    """The forms for a venue of this kind, the fitting one first: a vehicle has no wall for an A4 sheet."""
    first = ("sticker", "sheet") if kind in VEHICLES else ()
    return {form: FORMS[form] for form in (*first, *(form for form in FORMS if form not in first))}
