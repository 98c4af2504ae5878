import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin.accounts import passwords
from checkin.accounts.passwords import MAX, MIN_OWNER, MIN_STAFF, common, hash_password, verify, weakness
from tests import cast

pytestmark = pytest.mark.usefixtures("real_passwords")
GOOD = "mật khẩu dài của Hạnh"


def test_the_right_password_fits_and_no_other_does():
    kept = hash_password(GOOD)
    assert verify(kept, GOOD)
    for wrong in ("", GOOD[:-1], GOOD + " ", GOOD.upper(), "mat khau dai cua Hanh", "x" * 10_000):
        assert not verify(kept, wrong)


@pytest.mark.parametrize("written", ["NFC", "NFD", "NFKC", "NFKD"])
def test_the_same_password_typed_on_another_keyboard_fits(written):
    assert verify(hash_password(GOOD), unicodedata.normalize(written, GOOD))
    assert verify(hash_password(unicodedata.normalize(written, GOOD)), GOOD)


def test_the_same_password_is_kept_differently_each_time_and_never_readable():
    one, other = hash_password(GOOD), hash_password(GOOD)
    assert one != other
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert "Hạnh" not in one and len(one) <= 200


@pytest.mark.parametrize(
    "kept", [None, "", "x", "$argon2id$", "sha256$abc", "$argon2id$v=19$m=19456,t=2,p=1$AAAA$BBBB"]
)
def test_nothing_fits_a_hash_that_is_none(kept):
    assert not verify(kept, GOOD)
    assert not verify(kept, "")
    assert not verify(kept, "nobody has this password")


def test_an_unknown_login_costs_one_hash_as_a_known_one_does(monkeypatch):
    verified = []

    class Counting:
        def verify(self, kept, password):
            verified.append(kept)
            return True

    monkeypatch.setattr(passwords, "_hasher", Counting())
    verify(None, GOOD)
    verify("kept", GOOD)
    assert verified == [passwords._nobody, "kept"]


@pytest.mark.parametrize(
    ("password", "minimum", "why"),
    [
        ("", MIN_OWNER, "short"),
        ("bảy chữ", MIN_OWNER, "short"),
        ("tám chữ!", MIN_OWNER, None),
        ("mười bốn chữ..", MIN_STAFF, "short"),
        ("mười lăm chữ...", MIN_STAFF, None),
        ("aă" * 100, MIN_OWNER, "common"),
        ("abcd" * 50, MIN_OWNER, None),
        ("abcd" * 50 + "e", MIN_OWNER, "long"),
        ("x" * 10_000, MIN_OWNER, "long"),
        ("a" * 20, MIN_STAFF, "common"),
        ("Password1", MIN_OWNER, "common"),
        ("MATKHAU123", MIN_OWNER, "common"),
        ("ｐａｓｓｗｏｒｄ", MIN_OWNER, "common"),
    ],
)
def test_new_passwords_are_judged_by_length_and_by_how_common_they_are(password, minimum, why):
    assert weakness(password, minimum) == why


def test_accents_typed_apart_do_not_make_a_password_longer():
    assert weakness(unicodedata.normalize("NFD", "ấấấấ ế"), MIN_OWNER) == "short"


def test_the_list_holds_far_more_than_the_3000_most_used():
    assert len(common()) > 10_000
    assert all(len(one) >= MIN_OWNER and one == one.casefold() for one in common())


def test_no_password_of_the_list_can_be_chosen_in_any_letter_case():
    for one in sorted(common())[::7]:
        assert weakness(one, MIN_OWNER) == weakness(one.upper(), MIN_OWNER) == "common", one


@pytest.mark.parametrize(
    "password",
    [
        "CDC Quảng Ninh 2026",
        "cdc-quang-ninh-2026",
        "Khai báo y tế 2026!",
        "trung tâm kiểm soát bệnh tật",
        "mật khẩu quản trị 123",
        "matkhau123matkhau123",
        "password password",
        "P.a.s.s.w.o.r.d.1.2.3",
        "hanh@cdc hanh@cdc hanh@cdc",
        "hanhcdc2026hanhcdc",
    ],
)
def test_words_of_this_place_and_the_own_login_make_no_password(password):
    assert weakness(password, MIN_OWNER, login="hanh@cdc") == "common"


def test_an_own_phone_number_is_no_password_and_a_sentence_with_it_is():
    for login in ("0912000111", "+84912000111"):
        assert weakness("0912000111", MIN_OWNER, login=login) == "common"
        assert weakness("0912 000 111 2026", MIN_OWNER, login=login) == "common"
    assert weakness("bà bán phở 0912000111", MIN_OWNER, login="0912000111") is None


def test_the_cast_could_choose_its_passwords():
    for _, password in (cast.CDC, cast.COMMUNE, cast.COMMAND, cast.ADMIN):
        assert weakness(password, MIN_STAFF) is None
    for _, password in (cast.OWNER, cast.OUTSIDER):
        assert weakness(password, MIN_OWNER) is None


@settings(max_examples=15)
@given(st.text(min_size=MIN_OWNER, max_size=MAX))
def test_any_password_that_may_be_chosen_fits_itself(password):
    if weakness(password, MIN_OWNER) is None:
        assert verify(hash_password(password), password)
