"""A photo of a card sent with the form, at a door and at /declare: filled in, what was typed kept, and nothing of it kept."""

import io
import re
import sys
import tempfile
import threading
from html import unescape

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import FileStorage
from werkzeug.test import stream_encode_multipart

from checkin import clock
from checkin.calls.models import StationCall
from checkin.db import db
from checkin.declarations.models import Declaration
from checkin.people import cardphoto
from checkin.personcards import codes as personcards
from checkin.visits import cardfill, photos
from checkin.visits.models import Visit
from checkin.web import limiter
from tests import cast, factories
from tests.conftest import NOW
from tests.people.photos import BHYT, jpeg, picture
from tests.worlds import inside, vault_of

SMALL = {"size": (1000, 750), "part": 4, "blur": 0}
# A later card has more fields, and a card without an old number an empty one.
NEWER = cast.CCCD_MAN + "|Trần Văn Cha|Lê Thị Mẹ|"


def photo(*texts):
    return jpeg(picture(*texts, **(SMALL if len(texts) < 2 else {**SMALL, "size": (1600, 1200), "part": 6})))


CARD = photo(cast.CCCD)


@pytest.fixture(params=["door", pytest.param("declare", marks=pytest.mark.long)])
def at(request, sqlite):
    """The address of a form; the client is `at.client`."""
    return Place(sqlite, request.param)


@pytest.fixture
def door(sqlite):
    return Place(sqlite, "door")


class Place:
    def __init__(self, world, which):
        self.app, self.client = world.app(), world.app().test_client()
        with clock.fixed(NOW), inside(self.app):
            venue = factories.venue(db.session(), vault_of(self.app))
            self.code = factories.code_of(db.session(), venue)
            factories.commit()
        self.form = f"/v/{self.code}" if which == "door" else "/declare/ill"

    def open(self):
        with clock.fixed(NOW):
            return self.client.get(f"{self.form}?new=1").text

    def send(self, data=None, name="IMG_2041.JPG", to="/card", **typed):
        """Press the button under the photo; what was typed goes along."""
        typed.setdefault("submission", factories.hidden(self.open(), "submission"))
        if data is not None:
            typed["photo"] = FileStorage(io.BytesIO(data), name)
        # The client would put a large body into a temporary file of its own.
        body, length, boundary = stream_encode_multipart(typed, use_tempfile=False)
        kind = f"multipart/form-data; boundary={boundary}"
        with clock.fixed(NOW):
            return self.client.post(self.form + to, input_stream=body, content_length=length, content_type=kind)

    def post(self, **typed):
        with clock.fixed(NOW):
            return self.client.post(self.form, data=typed)

    def stored(self):
        with inside(self.app):
            return [
                db.session.scalar(sa.select(sa.func.count()).select_from(one))
                for one in (Visit, Declaration, StationCall)
            ]


def said(html, name="photo"):
    """The error beside a field."""
    found = re.search(rf'id="{name}-error">(?:<span class="sr">[^<]*</span>)?([^<]*)<', html)
    return unescape(found[1]) if found else None


def value(html, name):
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', html)
    return unescape(found[1]) if found else None


def test_a_photo_fills_in_what_is_empty_and_what_was_typed_stays(at):
    answer = at.send(CARD, phone="0904 118 226", birth_year="1986", symptoms="yes", symptom="cough")
    html = answer.text
    assert answer.status_code == 200 and "Đã điền từ thẻ" in html
    assert value(html, "full_name") == "Nguyễn Thị Ánh Tuyết" and value(html, "id_number") == "022185001234"
    assert value(html, "phone") == "0904 118 226" and value(html, "birth_year") == "1986"
    assert re.search(r'name="gender"[^>]*value="female"[^>]*checked', html)
    assert re.search(r'value="cough" checked', html)
    assert not value(html, "card") and at.stored() == [0, 0, 0]


def test_a_declaration_without_a_venue_is_filled_in_alike(sqlite):
    answer = Place(sqlite, "declare").send(CARD, symptom="cough")
    assert value(answer.text, "id_number") == "022185001234" and re.search(r'value="cough" checked', answer.text)


def test_what_was_filled_in_is_declared_with_one_more_press(at):
    html = at.send(CARD).text
    # The form goes where it always goes, under the submission that it had.
    assert re.search(rf'<form[^>]*action="{re.escape(at.form)}"', html)
    names = ("submission", "full_name", "birth_year", "id_number")
    asked = {"symptom": ["cough"], "symptoms": "yes", "contact_abroad": "no", "contact_signs": "no"}
    answer = at.post(**(cast.form() | asked | {name: value(html, name) for name in names}))
    assert answer.status_code == 200 and at.stored()[1] == 1
    with inside(at.app):
        row = db.session.scalars(sa.select(Declaration)).one()
        assert vault_of(at.app).open(row.details)["id_number"] == "022185001234"


@pytest.mark.parametrize(
    ("card", "number"), [(NEWER, "022071004321"), (BHYT, "")], ids=["newer card", "insurance card"]
)
def test_every_kind_of_card_is_taken(door, card, number):
    html = door.send(photo(card)).text
    assert value(html, "full_name") in {"Trần Văn Hưng", "Nguyễn Thị Ánh Tuyết"}
    assert value(html, "id_number") == number


BAD = {
    "Chưa có ảnh": b"",
    "HEIC": b"\0\0\0\x24ftypheic" + bytes(200),
    "Tệp này không phải ảnh": b"%PDF-1.7 " + bytes(200),
    "Ảnh lớn quá": b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\xff\x3f\0\xff\x3f\0",
    "Ảnh bị hỏng": CARD[: len(CARD) // 2],
    "Không thấy mã QR": photo(),
    "Trong ảnh có hai thẻ": photo(cast.CCCD, cast.CCCD_MAN),
    "không phải của thẻ căn cước": photo("https://example.vn/khuyen-mai"),
}


def test_what_cannot_be_read_is_said_beside_the_photo_and_what_was_typed_stays(at):
    for words, data in BAD.items():
        answer = at.send(data, full_name="Lý", phone="0904")
        assert answer.status_code == 422 and words in said(answer.text)
        assert words in answer.text.split('id="errors"')[1].split("</ul>")[0], "the list at the top has it too"
        assert value(answer.text, "full_name") == "Lý" and value(answer.text, "phone") == "0904"
    assert at.stored() == [0, 0, 0]


def test_no_photo_at_all_a_field_of_text_and_a_form_that_is_no_multipart_are_the_same_as_none(at):
    with clock.fixed(NOW):
        for sent in ({}, {"data": {"photo": "IMG.JPG", "full_name": "Lý"}}, {"data": b"\0\xff", "content_type": "image/jpeg"}):  # fmt: skip
            answer = at.client.post(f"{at.form}/card", **sent)
            assert answer.status_code == 422 and "Chưa có ảnh" in said(answer.text)


def test_the_codes_of_this_product_are_named_as_what_they_are(door):
    for text, words in (
        (f"https://khaibao.example.vn/v/{door.code}", "mã dán ở một địa điểm"),
        (f"https://khaibao.example.vn/c/{personcards.new_code()}", "thẻ qua cửa"),
    ):
        assert words in said(door.send(photo(text)).text)
        # Pasted, or read by the camera, alike.
        page = door.post(card=text, fill="card", submission="x")
        assert page.status_code == 422 and words in said(page.text, "card")
    # Beside a card the wall is only the background.
    assert door.send(photo(cast.CCCD, f"https://khaibao.example.vn/v/{door.code}")).status_code == 200


def test_a_photo_over_12_mb_is_refused_and_every_other_form_keeps_its_bound(at):
    assert "Ảnh lớn quá" in said(at.send(b"\xff\xd8\xff" + bytes(cardphoto.LARGEST)).text)
    assert at.send(bytes(cardphoto.LARGEST + 1_100_000)).status_code == 413
    assert at.send(bytes(1_100_000), to="").status_code == 413


WATCHED: list[str] = []
_watching = threading.Event()


def _watch(event, arguments):
    if event == "open" and _watching.is_set() and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        WATCHED.append(str(arguments[0]))


sys.addaudithook(_watch)


def test_nothing_of_a_photo_is_written_to_a_disk_or_a_log(at, capfd, monkeypatch):
    large = CARD + bytes(3_000_000)  # what would be put aside in a temporary file elsewhere
    at.open()
    WATCHED.clear()
    for name in ("TemporaryFile", "SpooledTemporaryFile", "NamedTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, lambda *_, **__: pytest.fail("a temporary file"))
    _watching.set()
    try:
        answer = at.send(large, name="cccd-anh-tuyet.jpg")
    finally:
        _watching.clear()
    assert answer.status_code == 200 and value(answer.text, "id_number") == "022185001234"
    assert not WATCHED
    out = "".join(capfd.readouterr())
    for word in ("022185001234", "anh-tuyet", "Tuyết", "Exif"):
        assert word not in out
    assert "anh-tuyet" not in answer.text


def test_while_photos_are_read_a_third_waits_for_nobody_and_the_door_stays_open(door, monkeypatch):
    begun, go = threading.Event(), threading.Event()

    def slow(_data):
        begun.set()
        assert go.wait(20)
        return [cast.CCCD]

    monkeypatch.setattr(cardfill, "read_photo", slow)
    fields = {"submission": factories.hidden(door.open(), "submission")}
    answers = []

    def press():
        # Each a phone of its own.
        with clock.fixed(NOW):
            client, sent = door.app.test_client(), {**fields, "photo": (io.BytesIO(CARD), "x.jpg")}
            answers.append(client.post(f"{door.form}/card", data=sent, content_type="multipart/form-data"))

    two = [threading.Thread(target=press) for _ in range(2)]
    for one in two:
        one.start()
    assert begun.wait(20)
    while cardfill._reading._value:  # until the second one waits
        pass
    third = door.send(CARD, full_name="Lý")
    assert third.status_code == 422 and "đang bận" in said(third.text) and value(third.text, "full_name") == "Lý"
    assert door.post(**cast.form(submission=fields["submission"])).status_code == 200
    go.set()
    for one in two:
        one.join(20)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert door.send(CARD).status_code == 200


def test_one_photo_is_read_at_a_time_and_a_broken_one_leaves_the_place_free(door, monkeypatch):
    for _ in range(3):
        assert door.send(CARD[:2000]).status_code == 422
    monkeypatch.setattr(cardfill, "read_photo", lambda _data: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cardfill._texts(b"")
    assert not cardfill._one.locked() and cardfill._reading._value == 2
    monkeypatch.setattr(cardfill, "read_photo", lambda _data: [str(cardfill._one.locked())])
    assert cardfill._texts(b"") == ["True"]


def test_the_database_is_not_asked_while_a_photo_is_read(at, monkeypatch):
    at.open()
    asked = []
    monkeypatch.setattr(
        cardfill, "read_photo", lambda _data: asked.append(db.session().in_transaction()) or [cast.CCCD]
    )
    assert at.send(CARD).status_code == 200
    assert asked == [False]


@pytest.mark.long
def test_photos_of_one_network_are_bounded(door):
    limiter.reset()
    limiter.enabled = True
    try:
        with clock.fixed(NOW):
            codes = {door.client.post(f"{door.form}/card").status_code for _ in range(int(cardfill.PHOTOS.split()[0]))}
            assert codes == {422} and door.client.post(f"{door.form}/card").status_code == 429
            assert door.client.get(door.form).status_code == 200
    finally:
        limiter.reset()
        limiter.enabled = False


def test_the_camera_is_allowed_on_the_page_that_scans_alone(at):
    at.open()
    with clock.fixed(NOW):
        plain = at.client.get(f"{at.form}?new=1")
        scan = at.client.post(f"{at.form}/card", data={"scan": "1", "full_name": "Lý", "phone": "0904"})
    for page in (plain, at.send(CARD), at.send(b"")):
        assert (
            "wasm" not in page.headers["Content-Security-Policy"] and "camera=()" in page.headers["Permissions-Policy"]
        )
        assert "desk-camera.js" not in page.text and "vendor/" not in page.text
    assert "'wasm-unsafe-eval'" in scan.headers["Content-Security-Policy"]
    assert "camera=(self)" in scan.headers["Permissions-Policy"]
    assert scan.status_code == 200 and value(scan.text, "full_name") == "Lý" and value(scan.text, "phone") == "0904"
    assert "desk-camera.js" in scan.text and "data-camera-open" in scan.text
    assert at.stored() == [0, 0, 0]


def test_whoever_comes_back_to_the_address_gets_the_form_in_their_language(at):
    answer = at.client.get(f"{at.form}/card?lang=en")
    assert answer.status_code == 302 and answer.location == f"{at.form}?lang=en"


def test_the_same_page_in_another_language_keeps_what_was_typed_and_asks_for_no_photo(at):
    with clock.fixed(NOW):
        page = at.client.post(f"{at.form}/card?lang=en", data={"show_in": "typed", "full_name": "Lý"})
    assert page.status_code == 200 and value(page.text, "full_name") == "Lý" and said(page.text) is None
    assert 'lang="en"' in page.text and "wasm" not in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["Nguyễn Thị Ánh Tuyết", "nguyen thi anh tuyet", "Tuyết", "ÁNH TUYẾT"])
def test_a_card_goes_with_the_name_that_was_typed_however_it_is_spelt(door, name):
    html = door.send(CARD, full_name=name).text
    assert value(html, "full_name") == name and value(html, "id_number") == "022185001234"


def test_nobody_gets_the_number_of_another_ones_card(door):
    told = {"full_name": "Trần Văn Hưng", "phone": "0904"}
    photo, text = door.send(CARD, **told), door.post(card=cast.CCCD, fill="card", submission="x", **told)
    for page, field in ((photo, "photo"), (text, "card")):
        assert page.status_code == 422 and "Tên trên thẻ khác tên đã ghi" in said(page.text, field)
        assert value(page.text, "full_name") == "Trần Văn Hưng" and not value(page.text, "id_number")
    # Of a form that is sent as a whole the card says nothing then.
    sent = cast.form(**told | {"phone": "0904 118 226"}, card=cast.CCCD, submission=value(photo.text, "submission"))
    assert door.post(**sent).status_code == 200
    with inside(door.app):
        assert not vault_of(door.app).open(db.session.scalars(sa.select(Declaration)).one().details)["id_number"]


def test_a_photo_keeps_who_came_along(door):
    along = {"also": "2", "p2-full_name": "Bé Na", "p2-symptoms": "no"}
    html = door.send(CARD, **along).text
    assert value(html, "p2-full_name") == "Bé Na" and value(html, "full_name") == "Nguyễn Thị Ánh Tuyết"
    # Whom a card names is who fills in the form.
    assert not value(html, "p2-id_number")


def test_a_photo_for_a_code_that_does_not_exist_gets_the_page_that_says_so(door):
    with clock.fixed(NOW):
        sent = {"photo": (io.BytesIO(CARD), "x.jpg")}
        assert door.client.post("/v/K7QF3M2P9XX/card", data=sent).status_code == 404


@pytest.mark.parametrize("code", ["K7QF3M2P9XX", "x", "1" * 200])
def test_for_what_cannot_be_a_code_no_photo_is_read(door, code, monkeypatch):
    monkeypatch.setattr(photos, "in_photo", lambda *given: pytest.fail("read"))
    answer = door.client.post(f"/v/{code}/card", data={"photo": (io.BytesIO(CARD), "x.jpg")})
    assert answer.status_code == 404


def test_enter_presses_the_button_that_fills_in_and_never_the_one_for_photos(at):
    """Browsers press the first button of the form that sends it."""
    html = at.open().split("<form", 1)[1]
    first = re.search(r"<button(?![^>]*type=\"button\")[^>]*>", html)[0]
    assert 'name="fill"' in first and "formaction" not in first and "hidden" not in first.replace("aria-hidden", "")
    page = at.post(card=cast.CCCD, fill="card", full_name="", submission="x")
    assert "Đã điền từ thẻ" in page.text and at.stored() == [0, 0, 0]
