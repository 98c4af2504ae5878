"""Filling the form from a card: only what is still empty, so that nothing typed is lost."""

from datetime import date
from threading import BoundedSemaphore, Lock

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage

from checkin.declarations.forms import DeclarationForm
from checkin.declarations.homes import suggest
from checkin.fold import fold
from checkin.people.cardphoto import LARGEST, PhotoError, read_photo
from checkin.people.cards import Card, CardError, parse_card
from checkin.people.scanned import PERSON, TwoCodes, scanned
from checkin.web import MAX_BODY

# How often a photo is read for one network, behind which a whole carrier may stand.
PHOTOS = "600 per 10 minutes"
# A photo, and what else stands on the form.
PHOTO_BODY = LARGEST + MAX_BODY

REFUSED = {
    "empty": _l("Chưa có ảnh. Chụp hoặc chọn ảnh thẻ, rồi bấm “Đọc ảnh thẻ”."),
    "heic": _l("Máy chủ không đọc được kiểu ảnh này (HEIC, video). Chụp màn hình ảnh đó rồi chọn lại, hoặc gõ tay."),
    "kind": _l("Tệp này không phải ảnh. Chọn ảnh JPEG, PNG hoặc WebP, hoặc gõ tay."),
    "large": _l("Ảnh lớn quá. Chụp ở cỡ thường, hoặc gõ tay."),
    "damaged": _l("Ảnh bị hỏng hoặc gửi chưa hết. Chụp lại, hoặc gõ tay."),
    "busy": _l("Máy chủ đang bận đọc ảnh khác. Vài giây nữa chọn lại ảnh và bấm lại, hoặc gõ tay."),
    "nothing": _l("Không thấy mã QR trong ảnh. Chụp gần hơn, rõ nét, không loá, thấy cả mã; hoặc gõ tay."),
    "two": _l("Trong ảnh có hai thẻ khác nhau. Chụp một thẻ thôi."),
    "strange": _l("Mã QR trong ảnh không phải của thẻ căn cước hay thẻ bảo hiểm y tế. Chụp mặt thẻ có mã."),
    "other": _l("Tên trên thẻ khác tên đã ghi. Để không lẫn hai người: xoá tên đã ghi, rồi đọc lại thẻ."),
    "person": _l("Đây là thẻ qua cửa: đưa nhân viên quét ở quầy. Ở đây cần thẻ căn cước hoặc thẻ bảo hiểm y tế."),
    "wall": _l("Đây là mã dán ở một địa điểm, không phải thẻ của bạn. Cần thẻ căn cước hoặc thẻ bảo hiểm y tế."),
}

# Of a process's four threads one reads a photo and one waits: the others are there for who walks in.
_reading, _one = BoundedSemaphore(2), Lock()


def fill(form: DeclarationForm, today: date, home: str) -> bool:
    """Fill the empty fields from the card's string; False with an error beside the field when unreadable."""
    text = form.card.data or ""
    try:
        wrong = _put(form, parse_card(text, today), home)
    except CardError:
        wrong = _of_ours(text) or gettext("Không đọc được chuỗi này. Quét lại thẻ, hoặc gõ các mục bên dưới.")
    if wrong:
        form.card.errors = [wrong]
    return not wrong


def in_photo(sent: FileStorage | None, today: date) -> Card | str:
    """The one card in a photo, which is forgotten; else what to say beside the photo.

    It asks the database nothing: unpacking a picture takes longer than a check-in, which must not wait for it.
    """
    data = sent.stream.read(LARGEST + 1) if sent is not None else b""
    if len(data) > LARGEST:
        return str(REFUSED["large"])
    try:
        texts = _texts(data)
    except PhotoError as error:
        return str(REFUSED[error.reason])
    if texts is None:
        return str(REFUSED["busy"])
    cards: dict[str | None, Card] = {}
    said = ""
    for text in texts:
        try:
            card = parse_card(text, today)
        except CardError as error:
            said = said or (str(REFUSED["two"]) if error.reason == "two_cards" else _of_ours(text))
        else:
            cards[card.id_number or card.insurance_number] = card
    if len(cards) == 1:
        return next(iter(cards.values()))
    return str(REFUSED["two"]) if cards else said or str(REFUSED["strange" if texts else "nothing"])


def fill_with(form: DeclarationForm, found: Card | str, home: str) -> bool:
    """Fill the empty fields from what was found in a photo; False with an error beside it where that was no card."""
    wrong = found if isinstance(found, str) else _put(form, found, home)
    if wrong:
        form.photo.errors = [wrong]
    return not wrong


def _texts(data: bytes) -> list[str] | None:
    """The codes in a photo; None where others are being read."""
    if not _reading.acquire(blocking=False):
        return None
    try:
        with _one:
            return read_photo(data)
    finally:
        _reading.release()


def _of_ours(text: str) -> str:
    """What a code of this product is, which says nothing of who holds it; empty for any other."""
    try:
        code = scanned(text)
    except TwoCodes:
        code = None
    if code is None:
        return ""
    return str(REFUSED["person" if code.kind == PERSON else "wall"])


def _put(form: DeclarationForm, card: Card, home: str) -> str:
    """Fill the empty fields; else what is wrong: nobody gets the number of another's card beside their name."""
    typed, read = set(fold(form.full_name.data or "").split()), set(fold(card.full_name).split())
    # Some type their given name alone.
    if typed and read and not (typed <= read or read <= typed):
        return str(REFUSED["other"])
    found = {
        "full_name": card.full_name,
        "birth_year": str(card.birth_year) if card.birth_year else "",
        "gender": card.gender or "",
        "id_number": card.id_number or "",
    }
    for name, value in found.items():
        if value and not form[name].data:
            form[name].data = value
    if card.address and not (form.commune.data or form.commune_other.data or form.address.data):
        province, commune, street = suggest(card.address, home)
        form.address.data = street[:200]
        if province:
            form.province.data = province
        if commune:
            form.commune.data = commune.code
            if province != home:
                form.commune_other.data = commune.name
    return ""
