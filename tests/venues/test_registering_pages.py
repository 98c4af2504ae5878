"""Registering: one page to a code that works, likely doubles shown first, and whatever anybody types."""

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.accounts.models import Account
from checkin.db import db
from checkin.venues.kinds import VEHICLES
from checkin.venues.models import Venue
from tests import cast, factories
from tests.conftest import NOW
from tests.venues.pages import VENUE, add, codes_on, register
from tests.worlds import inside, vault_of


def stored(world):
    with clock.fixed(NOW), inside(world.app()):
        return db.session().scalars(sa.select(Venue).order_by(Venue.name)).all()


def phone_of(world, venue):
    return vault_of(world.app()).unlock("owner", venue.contact)["phone"]


def test_one_page_makes_the_account_the_venue_and_a_code_that_works_at_once(world, client):
    answer = register(client)
    (venue,) = stored(world)
    assert (answer.status_code, answer.location) == (302, f"/venues/{venue.id}")
    page = client.get(answer.location).text
    assert "poster-a4.pdf" in page and "In áp phích và dán ở mọi lối vào" in page
    (code,) = codes_on(page)
    assert client.get(f"/venues/codes/{code}/poster-a4.pdf").data.startswith(b"%PDF")
    assert world.app().test_client().get(f"/v/{code}").status_code == 200
    # The number that signs in is the one to call, where no other one was told.
    assert phone_of(world, venue) == "+84912000111"


def test_who_signs_in_with_an_address_tells_a_number_to_call(world, client):
    answer = register(client, login="binh@example.vn")
    assert answer.status_code == 422 and "Ghi số điện thoại của cơ sở." in answer.text
    register(client, login="binh@example.vn", phone="0203 3 825 499")
    assert phone_of(world, stored(world)[0]) == "+842033825499"


def test_an_account_that_is_there_makes_no_venue_and_what_was_typed_stays(world, client):
    register(client)
    other = world.app().test_client()
    answer = register(other, name="Quán khác hẳn", phone="0203 3 825 499")
    assert answer.status_code == 422 and "Đã có tài khoản" in answer.text
    assert "Quán khác hẳn" in answer.text and cast.OWNER[1] not in answer.text
    assert len(stored(world)) == 1


@pytest.fixture
def known(world):
    """A venue of Bình, who is not there now."""
    register(world.app().test_client())


def test_a_likely_double_is_shown_before_a_second_code_is_made_and_saving_anyway_is_one_tap(world, client, known):
    answer = register(client, login=cast.OUTSIDER[0], name="PHO BINH", address="5 Kim Hoàn", phone="0904 118 226")
    assert answer.status_code == 200 and "Có phải cơ sở này?" in answer.text
    assert "Quán phở Bình" in answer.text and 'value="PHO BINH"' in answer.text
    assert len(stored(world)) == 1
    # The account is there, and the button on this very page does it.
    fields = {**VENUE, "name": "PHO BINH", "csrf_token": factories.hidden(answer.text, "csrf_token"), "anyway": "y"}
    assert client.post("/venues/new", data=fields).status_code == 302
    assert [venue.name for venue in stored(world)] == ["PHO BINH", "Quán phở Bình"]


def test_a_double_of_ones_own_leads_to_its_page(world, client):
    register(client)
    answer = add(client)
    assert f'href="/venues/{stored(world)[0].id}"' in answer.text and "Đây là địa điểm của bạn" in answer.text


def test_a_phone_number_alone_does_not_tell_whose_it_is(world, client, known):
    answer = register(
        client, login=cast.OUTSIDER[0], phone="0912 000 111", name="Tiệm vàng Kim", address="Số 88, đường Cao Thắng"
    )
    assert "Một nơi trong xã, phường này đã ghi số điện thoại đó." in answer.text
    assert "Quán phở Bình" not in answer.text and "Kim Hoàn" not in answer.text


def test_the_same_name_in_another_commune_is_another_venue(world, client, known):
    answer = register(client, login=cast.OUTSIDER[0], phone="0904 118 226", commune=factories.HONG_GAI)
    assert answer.status_code == 302 and len(stored(world)) == 2


def test_a_vehicle_is_known_by_its_plate_in_any_writing_in_every_commune(world, client):
    register(client, kind="transport", plate="14a 327 18", name="Taxi Hòn Gai 27")
    assert stored(world)[0].plate == "14A32718"
    answer = add(
        client, kind="transport", plate="14A-327.18", name="Xe của tôi", commune=factories.HONG_GAI, address="x9"
    )
    assert "Có phải cơ sở này?" in answer.text
    assert add(client, kind="transport", plate="14A-327.19", name="Taxi Hòn Gai 27").status_code == 302


def test_what_is_told_beyond_the_needed_is_kept_in_one_form(world, client):
    code = codes_on(client.get(register(client, name="Chợ Hà Tu", kind="market", address="Khu 4").location).text)[0]
    add(
        client, name="Sạp cá", address="Dãy B", opens_at="7h30", closes_at="9:05", size="large",
        inside=f" {code[:4].lower()}-{code[4:8]}-{code[8:]} ", point="20.9517, 107.0789", phone="0904 118 226",
    )  # fmt: skip
    market, stall = stored(world)
    assert (stall.opens_at, stall.closes_at, stall.size, stall.parent_id) == ("07:30", "09:05", "large", market.id)
    assert (stall.latitude, stall.longitude) == (20.9517, 107.0789)
    edit = client.get(f"/venues/{stall.id}/edit").text
    assert 'value="20.951700, 107.078900"' in edit and 'value="07:30"' in edit
    assert f"{code[:4]}-{code[4:8]}-{code[8:]}" in edit
    page = client.get(f"/venues/{market.id}").text
    assert "Các nơi nằm trong đây" in page and "Sạp cá" in page
    assert "Chia khu" in client.get(f"/venues/{stall.id}").text
    # Taken out again by its owner, and put inside itself by a slip.
    own = codes_on(client.get(f"/venues/{stall.id}").text)[0]
    form = {**VENUE, "name": "Sạp cá", "csrf_token": factories.token(client, f"/venues/{stall.id}/edit")}
    answer = client.post(f"/venues/{stall.id}/edit", data={**form, "inside": own})
    assert answer.status_code == 422 and "Đây là mã của chính địa điểm này." in answer.text
    assert client.post(f"/venues/{stall.id}/edit", data=form).status_code == 302
    assert stored(world)[1].parent_id is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"name": "x" * 201}, "Dài quá"),
        ({"name": "😀😀"}, "Ghi tên bằng chữ hoặc số."),
        ({"name": "\u202e\u200f"}, "Ghi tên như trên biển hiệu."),
        ({"kind": "palace"}, "Chọn một mục trong danh sách."),
        ({"commune": "00000"}, "Chọn một mục trong danh sách."),
        ({"commune": ""}, "Chọn xã, phường."),
        *(({"kind": kind}, "Xe, tàu, phà cần biển số") for kind in VEHICLES),
        ({"kind": "transport", "plate": "của tôi"}, "Ghi biển số bằng chữ và số"),
        ({"plate": "1" * 5000}, "Dài quá"),
        ({"opens_at": "25:00"}, "Ghi giờ và phút"),
        ({"closes_at": "7:61"}, "Ghi giờ và phút"),
        ({"opens_at": "\u0667:30:99"}, "Ghi giờ và phút"),
        ({"size": "huge"}, "Chọn một mục trong danh sách."),
        ({"point": "hà tu"}, "Ghi vĩ độ và kinh độ"),
        ({"point": "48.8584, 2.2945"}, "Ghi vĩ độ và kinh độ"),
        ({"inside": "K7QF-3M2P-9XD"}, "Không có nơi nào mang mã này."),
        ({"inside": "'; DROP TABLE venue; --"}, "Không có nơi nào mang mã này."),
        ({"phone": "12"}, "Số điện thoại chưa đúng."),
    ],
)
def test_it_rejects_what_cannot_be_and_says_why_beside_the_field(world, client, changes, why):
    answer = register(client, **changes)
    assert answer.status_code == 422 and why in answer.text
    assert stored(world) == []


@pytest.mark.parametrize(
    "name",
    ["N" + "h" * 199, "Quán \u202eevil\u202c", "مقهى هالونغ", "Quán 😀 vui", "Ấ" * 200, "<script>alert(1)</script>", "Cafe\u0301 Bie\u0302\u0309n"],
)  # fmt: skip
def test_whatever_a_venue_is_called_its_pages_and_poster_are_made(world, client, name):
    shown = client.get(register(client, name=name).location)
    assert shown.status_code == 200 and "<script>alert" not in shown.text and "\u202e" not in shown.text
    (code,) = codes_on(shown.text)
    assert client.get(f"/venues/codes/{code}/poster-a4.pdf").status_code == 200
    assert world.app().test_client().get(f"/v/{code}").status_code == 200
    assert client.get("/venues/").status_code == 200


def test_a_closed_place_is_nothing_to_stand_inside(world, client):
    page = register(client, name="Chợ cũ", kind="market").location
    code = codes_on(client.get(page).text)[0]
    client.post(f"{page}/close", data={"csrf_token": factories.token(client, page)})
    assert "Không có nơi nào mang mã này." in add(client, name="Sạp cá", address="Dãy B", inside=code).text


def test_two_accounts_at_once_for_one_number_make_one(world):
    first, second = world.app().test_client(), world.app().test_client()
    with clock.fixed(NOW):
        for client in (first, second):
            client.get("/sign-up")
        assert [register(client).status_code for client in (first, second)] == [302, 422]
    with inside(world.app()):
        assert db.session().scalar(sa.select(sa.func.count()).select_from(Account)) == 1
