"""The people of one device: who is remembered, in which order, and that a cookie holds them."""

import base64
import json
import random
import re
from datetime import date, timedelta

import pytest

from checkin import clock
from checkin.ids import new_id
from checkin.visits import device
from checkin.visits import remembered as rules
from checkin.visits.models import Submission, Visit
from checkin.visits.remembered import LastForm, Remembered, added
from tests import cast, factories
from tests.conftest import NOW
from tests.visits.test_group import CHILD, COUGHS, SISTER, post, stored, words
from tests.visits.test_group import code as code  # the fixture
from tests.worlds import vault_of

TODAY = date(2026, 11, 20)
MOTHER, AN = "Nguyễn Thị Ánh Tuyết", "Trần Minh An"
MINUTE = timedelta(minutes=1)


def person(name="Trần Minh An", born=2017, phone="+84912345678", *, days=0, number="", all_no=True):
    who = cast.Identity(
        full_name=name, birth_year=born, gender="male", phone=phone, province_id="22", commune_id="06652", id_number=number
    )  # fmt: skip
    return Remembered(who, TODAY - timedelta(days=days), all_no)


def names(people):
    return [one.who.full_name for one in people]


def test_who_declared_first_stays_first_and_others_are_added_behind():
    people = added([], [person("Mẹ", 1985)], corrected=False)
    people = added(people, [person("An")], corrected=False)
    people = added(people, [person("Bà", 1950), person("An")], corrected=False)
    assert names(people) == ["Mẹ", "An", "Bà"]
    assert [one.together for one in people] == [False, True, True]
    assert len({one.key for one in people}) == 3


@pytest.mark.parametrize(
    ("again", "how_many"),
    [
        ({"name": "TRẦN MINH AN"}, 1),
        ({"number": "022217001234"}, 1),
        ({"born": 2018}, 2),
        ({"phone": "+84904118226"}, 2),
        ({"name": "Trần Minh Ân"}, 1),
        ({"name": "Trần Minh Bân"}, 2),
    ],
)
def test_people_are_told_apart_as_in_the_store(again, how_many):
    known = added([], [person()], corrected=False)
    assert len(added(known, [person(**again)], corrected=False)) == how_many


def test_two_of_one_name_with_two_numbers_are_two_people():
    known = added([], [person(number="022217001234")], corrected=False)
    assert len(added(known, [person(number="022217001235")], corrected=False)) == 2


def test_a_name_mistyped_and_corrected_is_not_remembered_twice_but_somebody_else_is():
    number = {"number": "022185001234"}
    known = added([], [person("Nguyên Thi Tuyêt", 1985, **number)], corrected=False)
    fixed = added(known, [person("Nguyễn Thị Tuyết Mai", 1985, **number)], corrected=True)
    assert names(fixed) == ["Nguyễn Thị Tuyết Mai"] and fixed[0].key == known[0].key
    assert names(added(known, [person("An", 2017)], corrected=True)) == ["Nguyên Thi Tuyêt", "An"]
    # A form of its own corrects nothing.
    assert len(added(known, [person("Nguyễn Thị Tuyết Mai", 1985, **number)], corrected=False)) == 2


@pytest.mark.parametrize(("hers", "his"), [("", ""), ("022185001234", ""), ("", "022085005678")])
def test_spouses_of_one_year_and_one_phone_are_two_and_keep_their_keys(hers, his):
    known = added([], [person("Nguyễn Thị Tuyết", 1985, number=hers)], corrected=False)
    both = added(known, [person("Trần Văn Hưng", 1985, number=his)], corrected=True)
    assert names(both) == ["Nguyễn Thị Tuyết", "Trần Văn Hưng"]
    assert both[0].key == known[0].key != both[1].key


def test_of_eleven_the_one_of_longest_ago_falls_out_and_never_the_first():
    known = added([], [person("Mẹ", 1985, days=80)], corrected=False)
    for number in range(9):
        known = added(known, [person(f"Em {number}", 2010, days=70 - number)], corrected=False)
    known = added(known, [person("Bà", 1950)], corrected=False)
    assert len(known) == rules.MOST
    assert names(known)[0] == "Mẹ" and names(known)[-1] == "Bà" and "Em 0" not in names(known)
    ten = [person(f"Cả nhà {number}", 1990) for number in range(10)]
    assert names(added(known, ten, corrected=False))[0] == "Mẹ"


def test_who_declared_more_than_90_days_ago_is_not_remembered():
    people = [person("Mẹ", 1985, days=90), person("An", days=91)]
    form = LastForm(new_id(NOW), "K7QF3M2P9XD", NOW)
    known, last = rules.from_values(json.loads(json.dumps(rules.as_values(people, form))), TODAY)
    assert names(known) == ["Mẹ"] and last == form


def send(client, code, *others, at=NOW, **more):
    with clock.fixed(at):
        return post(client, code, *others, **more)


def remembered(world, client):
    """What the cookie of this browser holds."""
    locked = base64.urlsafe_b64decode(client.get_cookie("me").value)
    return rules.from_values(vault_of(world.app()).unlock("cookie", locked), TODAY)[0]


def set_cookie(world, client, values, **more):
    client.set_cookie("me", base64.urlsafe_b64encode(vault_of(world.app()).lock("cookie", values, **more)).decode())


def ticks(html):
    return html.count('name="who"'), html.count('" checked>')


@pytest.mark.long
@pytest.mark.parametrize(
    "letters", ["abcdefghiklmnoprstuvxy", "ạảãầấẩẫđẽểễỉịọốộờợữựỳỷ", "".join(map(chr, range(0x4E00, 0x9FA5)))]
)
def test_what_does_not_fit_into_a_cookie_falls_out_and_the_owner_stays(client, code, world, letters):
    pick = random.Random(7)  # noqa: S311 - names that cannot be made small
    others = [
        {**CHILD, "full_name": "".join(pick.choices(letters, k=100)), "address": "".join(pick.choices(letters, k=200)), "commune": "06652"}
        for _ in range(9)
    ]  # fmt: skip
    answer = post(client, code, *others)
    assert answer.status_code == 200 and len(words(answer.text)) == 10
    cookies = answer.headers.getlist("Set-Cookie")
    assert all(len(cookie.encode()) <= 3900 for cookie in cookies) and any(c.startswith("me=") for c in cookies)
    known = names(remembered(world, client))
    assert known[0] == MOTHER and 2 <= len(known) <= 10
    assert len(known) < 10 or letters.isascii()


def test_ten_names_of_100_letters_are_all_remembered(client, code, world):
    names_of_100 = [("Công Tằng Tôn Nữ Nguyễn Phước " * 4)[:99] + letter for letter in "ABCDEFGHI"]
    post(client, code, *[{**CHILD, "full_name": name} for name in names_of_100])
    assert names(remembered(world, client)) == [MOTHER, *names_of_100]


def test_the_cookie_of_one_person_of_before_is_still_read(client, code, world):
    old = {"who": cast.CITIZEN.as_dict(), "on": "2026-11-18", "all_no": True}
    set_cookie(world, client, old)
    html = client.get(f"/v/{code}").text
    assert "N. T. Ánh Tuyết" in html and 'name="confirm"' in html
    fields = {
        "confirm": "yes",
        "who": factories.hidden(html, "who"),
        "submission": factories.hidden(html, "submission"),
    }
    assert "ĐÃ KHAI BÁO" in client.post(f"/v/{code}", data=fields).text
    assert names(remembered(world, client)) == [MOTHER]


@pytest.mark.long
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"people": 1},
        {"people": [{}], "last": ""},
        {"people": [{"who": {}}]},
        {"last": "", "people": []},
        {"last": [1], "people": []},
        {"last": ["x", "y", "z"], "people": []},
    ],
)
def test_a_cookie_that_says_nothing_is_as_none(client, code, world, values):
    set_cookie(world, client, values, small=True)
    assert 'name="full_name"' in client.get(f"/v/{code}").text
    assert post(client, code).status_code == 200


def test_another_person_is_added_and_does_not_replace_the_first(client, code, world):
    post(client, code)
    assert 'name="full_name"' in client.get(f"/v/{code}?new=1").text
    post(client, code, full_name=AN, birth_year="2017", gender="male")
    assert names(remembered(world, client)) == [MOTHER, AN]
    html = client.get(f"/v/{code}").text
    assert "T. M. An" in html or "Minh An" in html
    assert ticks(html) == (2, 1)


def test_a_family_of_three_declares_with_one_tap_and_each_gets_a_result(client, code, world):
    post(client, code, CHILD, SISTER)
    with clock.fixed(NOW + timedelta(hours=3)):
        html = client.get(f"/v/{code}").text
        assert ticks(html) == (3, 3) and "Nguyễn" not in html and "912" not in html
        keys = [one.key for one in remembered(world, client)]
        fields = {"confirm": "yes", "who": keys, "submission": factories.hidden(html, "submission")}
        answer = client.post(f"/v/{code}", data=fields)
    assert set(words(answer.text)) == {MOTHER, AN, "Trần Bảo Ngọc"}
    assert len(stored(world, Submission.id)) == 2
    assert len(stored(world, Visit.id)) == 6


def test_whoever_said_yes_last_is_listed_cannot_be_ticked_and_gets_the_form(client, code, world):
    post(client, code, {**CHILD, **COUGHS})
    html = client.get(f"/v/{code}").text
    mother, child = remembered(world, client)
    assert ticks(html) == (1, 1) and f"who={child.key}" in html and "&lt;" not in html
    form = client.get(f"/v/{code}?who={child.key}").text
    assert factories.hidden(form, "full_name") == AN
    # And no form that was made up ticks them.
    fields = {"confirm": "yes", "who": [mother.key, child.key], "submission": factories.hidden(html, "submission")}
    answer = client.post(f"/v/{code}", data=fields)
    assert answer.status_code == 422 and "vừa thay đổi" in answer.text
    assert len(stored(world, Visit.id)) == 2


@pytest.mark.long
def test_with_nobody_ticked_it_says_so_and_stores_nothing(client, code, world):
    post(client, code, CHILD)
    html = client.get(f"/v/{code}").text
    answer = client.post(f"/v/{code}", data={"confirm": "yes", "submission": factories.hidden(html, "submission")})
    assert answer.status_code == 422 and "Chọn ít nhất một người" in answer.text
    assert len(stored(world, Visit.id)) == 2


@pytest.mark.long
def test_something_has_changed_opens_the_form_of_those_who_are_ticked(client, code, world):
    post(client, code, CHILD, SISTER)
    mother, _child, sister = remembered(world, client)
    html = client.get(f"/v/{code}").text
    fields = {"change": "yes", "who": [mother.key, sister.key], "submission": factories.hidden(html, "submission")}
    form = client.post(f"/v/{code}", data=fields).text
    assert factories.hidden(form, "full_name") == MOTHER
    assert factories.hidden(form, "p2-full_name") == "Trần Bảo Ngọc" and AN not in form
    # What they share is told once.
    assert not factories.hidden(form, "p2-phone")
    assert "checked" not in "".join(line for line in form.splitlines() if "symptoms" in line)


def test_one_person_is_removed_and_the_others_stay(client, code, world):
    post(client, code, CHILD)
    mother, _child = remembered(world, client)
    # Hidden until the phone's script finds something unsent.
    assert re.search(r"<p [^>]*data-unsent-stays hidden>Xoá một người không xoá", client.get(f"/v/{code}").text)
    answer = client.post("/forget-me", data={"person": mother.key, "code": code})
    assert answer.status_code == 303 and answer.location.endswith(f"/v/{code}")
    assert names(remembered(world, client)) == [AN] and client.get_cookie("device")
    assert 'name="confirm"' in client.get(f"/v/{code}").text
    answer = client.post("/forget-me", data={"person": remembered(world, client)[0].key})
    assert answer.location.endswith("/me/") and client.get_cookie("me") is None


@pytest.mark.long
@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "x", "\x00", "A" * 5000])
def test_removing_a_person_leads_nowhere_else(client, code, back):
    answer = client.post("/forget-me", data={"person": "x", "code": back})
    assert answer.status_code == 303 and answer.location.endswith("/me/")


@pytest.mark.long
def test_a_key_says_nothing_and_names_nobody_of_another_device(client, code, world):
    post(client, code)
    (mother,) = remembered(world, client)
    other = world.app().test_client()
    assert MOTHER not in other.get(f"/v/{code}?who={mother.key}").text
    assert len(mother.key) == 6


def test_the_largest_cookie_is_of_a_size_that_browsers_take():
    assert device.LARGEST < 3800
