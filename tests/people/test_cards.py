import time
import unicodedata
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from checkin.people.cards import CARD_MAX, CardError, parse_card

REASONS = {"empty", "too_long", "no_fields", "no_number", "two_cards", "incomplete"}

HOME = "Tổ 5, Khu 3, Hồng Gai, Thành phố Hạ Long, Quảng Ninh"
CCCD = f"022189001234|101234567|Nguyễn Thị Ánh Tuyết|05031989|Nữ|{HOME}|15042021"


def hexed(text: str) -> str:
    return text.encode().hex()


BHYT = (
    f"GD4222212345678|{hexed('Phạm Quang Đức')}|07/09/2008|1|{hexed(HOME)}|22 - 001|01/01/2021|-|24/12/2020|"
    "22052212345678|-|4|01/10/2025|1f2e3d4c5b6a7988-7102|4|5175e1baa36e67204e696e68|$"
)
BHYT_NEW = (
    f"2212345678|{hexed('Phạm Quang Đức')}|07/09/2008|1|-|22 - 001|01/07/2023|-|31/07/2023|"
    "22052212345678|-|4| 01/10/2027|1f2e3d4c5b6a7988-7102|4|5175e1baa36e67204e696e68|$"
)


def test_a_citizen_card_is_read_whole():
    card = parse_card(CCCD)
    assert card.kind == "cccd"
    assert card.id_number == "022189001234"
    assert card.old_id == "101234567"
    assert card.full_name == "Nguyễn Thị Ánh Tuyết"
    assert (card.birth_date, card.birth_year) == (date(1989, 3, 5), 1989)
    assert card.gender == "female"
    assert card.address == HOME
    assert card.issued_on == date(2021, 4, 15)
    assert card.insurance_number is None
    assert card.warnings == ()


@pytest.mark.parametrize(
    "text",
    [
        CCCD,
        unicodedata.normalize("NFD", CCCD),
        "\ufeff" + CCCD + "\r\n",
        "\x02\x00" + CCCD + "\x03\x00",
        "]Q1" + CCCD,
        "CCCD: " + CCCD,
        "|" + CCCD,
        CCCD + "|",
        CCCD + "$",
        CCCD + "||Nguyễn Văn Hùng|Trần Thị Lan|",
        CCCD.replace("|", " | "),
        CCCD.replace("|", "｜"),
        CCCD.replace("|", "¦"),
        CCCD.replace("|", "~"),
        CCCD.replace("|", "\\"),
        CCCD.replace("|", "\t"),
        CCCD.replace("05031989", "05/03/1989").replace("15042021", "15/04/2021"),
        CCCD.replace("05031989", "5-3-1989").replace("15042021", "15.4.2021"),
        CCCD.replace("05031989", "1989-03-05"),
        CCCD.replace("05031989", "０５０３１９８９"),
        CCCD.replace("022189001234", "022 189 001 234"),
        CCCD.replace("|Nữ|", "|NỮ|"),
        CCCD.replace("|Nữ|", "|Nu|"),
        CCCD.replace("|Nữ|", "|Nữx|"),
        CCCD.replace("Khu 3, ", "Khu 3,\r\n"),
        CCCD + "\n" + CCCD + "\n",
        CCCD + CCCD,
        CCCD + "|" + CCCD,
        CCCD + "|Nguyễn Văn Hùng|022055001111|Trần Thị Lan|022057002222|",
        CCCD + "\nxin chào",
    ],
)
def test_the_same_card_however_it_is_typed_reads_the_same(text):
    assert parse_card(text) == parse_card(CCCD)


@pytest.mark.parametrize("old_id", ["||", "| |", "|-|", "|"])
def test_a_card_without_an_old_number_reads_the_same_but_for_it(old_id):
    card = parse_card(CCCD.replace("|101234567|", old_id))
    assert card.old_id is None
    assert card.full_name == "Nguyễn Thị Ánh Tuyết"
    assert card.birth_date == date(1989, 3, 5)
    assert card.warnings == ()


def test_bytes_typed_as_western_letters_are_repaired():
    card = parse_card(CCCD.encode().decode("latin-1"))
    assert (card.full_name, card.address, card.gender) == ("Nguyễn Thị Ánh Tuyết", HOME, "female")
    assert card.warnings == ("encoding_repaired",)


def test_lost_accents_and_capitals_are_kept_as_read():
    card = parse_card("022189001234||NGUYEN THI ANH TUYET|05031989|NU|HA LONG, QUANG NINH|15042021")
    assert (card.full_name, card.gender, card.warnings) == ("NGUYEN THI ANH TUYET", "female", ())


@pytest.mark.parametrize(
    "name", ["Nguye6n4 Thi5 A1nh", "Nguy?n Th? Ánh", "Nguy\ufffdn Thị", "Nguyễn#", "Ng@uyễn", "Nguyễn = Thị"]
)
def test_a_mangled_name_is_kept_and_marked_while_number_and_dates_hold(name):
    card = parse_card(CCCD.replace("Nguyễn Thị Ánh Tuyết", name))
    assert card.full_name == name
    assert card.warnings == ("name_mangled",)
    assert (card.id_number, card.birth_date) == ("022189001234", date(1989, 3, 5))


@pytest.mark.parametrize("name", ["O'Brien", "Jean-Luc Martin", "D’Arcy", "Ma. Teresa", "Nguyễn Ỷ Ếch", "H’Hen Niê"])
def test_real_names_are_not_called_mangled(name):
    assert parse_card(CCCD.replace("Nguyễn Thị Ánh Tuyết", name)).warnings == ()


@pytest.mark.parametrize("written", ["1957", "00001957", "00/00/1957", "05/1957", "00051957"])
def test_a_card_that_knows_the_year_alone_gives_the_year(written):
    card = parse_card(f"022157001234||Trần Thị Lan|{written}|Nữ|{HOME}|15042021")
    assert (card.birth_date, card.birth_year, card.warnings) == (None, 1957, ())


@pytest.mark.parametrize("written", ["31021989", "29021989", "00131989", "45/45/1989"])
def test_a_date_that_cannot_be_is_a_warning_and_keeps_its_year(written):
    card = parse_card(CCCD.replace("05031989", written))
    assert (card.birth_date, card.birth_year) == (None, 1989)
    assert card.warnings == ("birth_date_impossible",)


def test_a_birthday_on_a_leap_day_is_read():
    card = parse_card("022088001234||Trần Văn Lâm|29021988|Nam|Cẩm Phả|15042021")
    assert card.birth_date == date(1988, 2, 29)


@pytest.mark.parametrize("written", ["", "o5o3l989", "không rõ"])
def test_an_unreadable_date_falls_back_on_the_year_in_the_number(written):
    card = parse_card(CCCD.replace("05031989", written))
    assert (card.birth_date, card.birth_year) == (None, 1989)
    assert card.warnings == ("birth_date_unreadable", "birth_year_from_number")
    assert (card.gender, card.address, card.issued_on) == ("female", HOME, date(2021, 4, 15))


def test_a_birth_after_today_cannot_be():
    text = "022223001234||Lê Minh|01012024|Nam|Hạ Long|15042021"
    assert parse_card(text, today=date(2024, 1, 1)).birth_date == date(2024, 1, 1)
    early = parse_card(text, today=date(2023, 12, 31))
    assert early.birth_date is None
    assert early.warnings == ("birth_date_impossible", "birth_year_from_number")


def test_an_unreadable_sex_is_taken_from_the_number():
    card = parse_card(CCCD.replace("|Nữ|", "|?|"))
    assert (card.gender, card.warnings, card.address) == ("female", ("gender_from_number",), HOME)


def test_a_number_that_contradicts_the_card_is_a_warning():
    card = parse_card(CCCD.replace("022189", "022390"))
    assert card.warnings == ("birth_year_contradicts_number",)
    card = parse_card(CCCD.replace("|Nữ|", "|Nam|"))
    assert (card.gender, card.warnings) == ("male", ("gender_contradicts_number",))


def test_an_unreadable_day_of_issue_is_a_warning():
    assert parse_card(CCCD.replace("15042021", "31022021")).warnings == ("issued_on_unreadable",)
    assert parse_card(CCCD.replace("15042021", "hôm qua")).warnings == ("issued_on_unreadable",)


def test_a_card_cut_short_gives_what_there_is():
    card = parse_card("022189001234|101234567|Nguyễn Thị Ánh Tuyết|05031989")
    assert (card.full_name, card.gender, card.address) == ("Nguyễn Thị Ánh Tuyết", "female", "")
    assert card.warnings == ("gender_from_number",)


def test_a_card_without_a_name_says_so():
    card = parse_card(CCCD.replace("Nguyễn Thị Ánh Tuyết", ""))
    assert (card.full_name, card.birth_date) == ("", date(1989, 3, 5))
    assert card.warnings == ("name_missing",)


def test_an_older_insurance_card_is_read_whole():
    card = parse_card(BHYT)
    assert card.kind == "bhyt"
    assert card.insurance_number == "GD4222212345678"
    assert card.id_number is None
    assert card.full_name == "Phạm Quang Đức"
    assert (card.birth_date, card.birth_year) == (date(2008, 9, 7), 2008)
    assert card.gender == "male"
    assert card.address == HOME
    assert card.issued_on == date(2020, 12, 24)
    assert card.warnings == ()


def test_a_newer_insurance_card_has_ten_digits_and_no_address():
    card = parse_card(BHYT_NEW)
    assert (card.insurance_number, card.address) == ("2212345678", "")
    assert (card.full_name, card.issued_on) == ("Phạm Quang Đức", date(2023, 7, 31))
    assert card.warnings == ()


def test_an_insurance_card_under_the_citizen_number_gives_both_numbers():
    card = parse_card(BHYT_NEW.replace("2212345678|", "022208001234|", 1))
    assert card.kind == "bhyt"
    assert card.insurance_number == card.id_number == "022208001234"
    assert (card.full_name, card.old_id, card.warnings) == ("Phạm Quang Đức", None, ())


@pytest.mark.parametrize(
    "text",
    [
        BHYT.replace(hexed("Phạm Quang Đức"), hexed("Phạm Quang Đức").upper()),
        BHYT.replace(hexed("Phạm Quang Đức"), hexed(unicodedata.normalize("NFD", "Phạm Quang Đức"))),
        BHYT.replace(hexed("Phạm Quang Đức"), hexed("Phạm Quang Đức\x00")),
        BHYT.replace("GD4222212345678", "gd 4 22 22 12345678"),
        "]Q1" + BHYT + "\r",
        BHYT.removesuffix("|$"),
        BHYT + "\n" + BHYT,
    ],
)
def test_the_same_insurance_card_however_it_is_typed_reads_the_same(text):
    assert parse_card(text) == parse_card(BHYT)


@pytest.mark.parametrize(("sex", "gender"), [("1", "male"), ("2", "female"), ("0", "female"), ("", None), ("9", None)])
def test_an_insurance_card_writes_sex_as_a_digit(sex, gender):
    assert parse_card(BHYT.replace("|1|", f"|{sex}|")).gender == gender


def test_an_insurance_card_with_a_year_alone_gives_the_year():
    card = parse_card(BHYT.replace("07/09/2008", "1957"))
    assert (card.birth_date, card.birth_year, card.warnings) == (None, 1957, ())


def test_broken_hex_keeps_what_is_readable_and_says_so():
    whole = hexed("Phạm Quang Đức")
    cut = parse_card(BHYT.replace(whole, whole[:-1]))
    assert (cut.full_name, cut.warnings) == ("Phạm Quang Đứ", ("name_mangled",))
    dirty = parse_card(BHYT.replace(whole, "5x" + whole[2:]))
    assert (dirty.full_name, dirty.warnings) == ("hạm Quang Đức", ("name_mangled",))
    address = parse_card(BHYT.replace(hexed(HOME), hexed(HOME)[:-2] + "e1"))
    assert (address.address, address.warnings) == (HOME[:-1], ("address_mangled",))


def test_a_name_that_is_no_hex_at_all_is_kept_as_read():
    card = parse_card(BHYT.replace(hexed("Phạm Quang Đức"), "Phạm Quang Đức"))
    assert (card.full_name, card.warnings) == ("Phạm Quang Đức", ())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \r\n\x00\ufeff", "empty"),
        ("022189001234", "no_fields"),
        ("https://example.org/v/ABCDEFGHJK", "no_fields"),
        ("a|b|c", "no_number"),
        ("02218900123|101234567|Nguyễn Thị Ánh Tuyết|05031989|Nữ", "no_number"),
        ("0221890012345|101234567|Nguyễn Thị Ánh Tuyết|05031989|Nữ", "no_number"),
        ("||||||", "no_number"),
        ("022189001234||", "incomplete"),
        ("2212345678||||", "incomplete"),
        (CCCD + "\n" + CCCD.replace("022189001234", "022189009999"), "two_cards"),
        (CCCD + "\n" + BHYT, "two_cards"),
        # No line between them, as when a reading that failed stayed in the field.
        (CCCD + CCCD.replace("022189001234", "022189009999"), "two_cards"),
        (CCCD + "|" + CCCD.replace("022189001234", "022189009999"), "two_cards"),
        (CCCD + "]Q1" + CCCD.replace("022189001234", "022189009999"), "two_cards"),
        (CCCD + BHYT, "two_cards"),
        (CCCD + BHYT_NEW, "two_cards"),
        (BHYT + CCCD, "two_cards"),
        (BHYT_NEW + CCCD, "two_cards"),
        (CCCD.replace("15042021", "15/04/2021") + CCCD.replace("022189001234", "022189009999"), "two_cards"),
        ("|" * (CARD_MAX + 1), "too_long"),
        (CCCD + "x" * 10_000, "too_long"),
    ],
)
def test_it_rejects_what_is_no_usable_card_and_says_why(text, reason):
    with pytest.raises(CardError) as caught:
        parse_card(text)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "text",
    [
        "|" * CARD_MAX,
        "1" * CARD_MAX,
        "\n" * CARD_MAX,
        "022189001234|\n" * 140,
        (CCCD + "|" + "a\u0301\u0323" * 700)[:CARD_MAX],
        (BHYT.replace(hexed("Phạm Quang Đức"), "e1" * 900))[:CARD_MAX],
        ("022189001234||" + "\u0301\u0323" * 1000)[:CARD_MAX],
        ("022189001234||A|" + "/" * 2000)[:CARD_MAX],
        ("022189001234||A|1" + " " * 2000)[:CARD_MAX],
        ("a|b|c|" + "15042021022189001234|" * 100)[:CARD_MAX],
    ],
)
def test_no_text_of_full_length_is_slow(text):
    started = time.perf_counter()
    with suppress(CardError):
        parse_card(text)
    assert time.perf_counter() - started < 0.25


def outcome(text: str) -> object:
    try:
        card = parse_card(text, today=date(2026, 1, 1))
    except CardError as error:
        assert error.reason in REASONS
        return error.reason
    assert card.full_name or card.birth_year
    assert card.id_number or card.insurance_number
    assert card.birth_date is None or card.birth_date.year == card.birth_year
    return card


junk = st.text(st.characters(codec=None), max_size=12)
pieces = st.one_of(
    st.sampled_from(["|", "||", "\n", "\x00", "022189001234", "2212345678", "05031989", "Nữ", "-", "$", "e1bb", *CCCD]),
    junk,
)


@given(st.text(st.characters(codec=None), max_size=200))
def test_any_text_gives_a_card_or_a_known_reason(text):
    outcome(text)


@given(st.lists(pieces, max_size=14).map("".join))
@example("022189001234|²|x")
@example("022189001234|٣٣٣٣|Nam|")
@example("2212345678|" + "ff" * 20 + "|")
def test_pieces_of_cards_in_any_order_give_a_card_or_a_known_reason(text):
    outcome(text)


@given(st.sampled_from([CCCD, BHYT, BHYT_NEW]), st.integers(0, 400), st.integers(0, 6), junk)
def test_a_damaged_card_gives_a_card_or_a_known_reason(text, start, length, put):
    start = min(start, len(text))
    outcome(text[:start] + put + text[start + length :])


letters = st.characters(categories=["Lu", "Ll"], max_codepoint=0x1EF9)
names = st.lists(st.text(letters, min_size=2, max_size=7), min_size=2, max_size=5).map(" ".join)


@given(
    names.map(lambda name: unicodedata.normalize("NFC", name)),
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.sampled_from(["Nam", "Nữ"]),
    st.integers(0, 999_999),
    st.sampled_from(["", "101234567"]),
)
def test_what_is_written_on_a_citizen_card_is_what_is_read(name, birth, sex, serial, old_id):
    digit = (birth.year - 1900) // 100 * 2 + (sex == "Nữ")
    number = f"022{digit}{birth:%y}{serial:06d}"
    card = parse_card(f"{number}|{old_id}|{name}|{birth:%d%m%Y}|{sex}|{HOME}|15042021")
    assert (card.id_number, card.old_id, card.full_name) == (number, old_id or None, name)
    assert (card.birth_date, card.gender) == (birth, "male" if sex == "Nam" else "female")
    assert card.warnings == ()


@given(names.map(lambda name: unicodedata.normalize("NFC", name)), st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_what_is_written_on_an_insurance_card_is_what_is_read(name, birth):
    card = parse_card(f"GD4222212345678|{hexed(name)}|{birth:%d/%m/%Y}|2|{hexed(HOME)}|22 - 001|01/01/2021|-")
    assert (card.full_name, card.birth_date, card.gender, card.address) == (name, birth, "female", HOME)
    assert card.warnings == ()


VNI_ON = {"a1": "á", "a2": "à", "a3": "ả", "a4": "ã", "a5": "ạ", "a6": "â", "a8": "ă", "e1": "é", "e2": "è", "e3": "ẻ", "e4": "ẽ",
          "e5": "ẹ", "e6": "ê", "d9": "đ"}  # fmt: skip
TELEX_ON = {"aa": "â", "ee": "ê", "dd": "đ", "af": "à", "ef": "è"}


@pytest.mark.parametrize("method", [VNI_ON, TELEX_ON], ids=["vni", "telex"])
@given(st.sampled_from(["Nguyễn Thị Ánh Tuyết", "Đỗ Hùng", "Lê Thị Mỹ Hạnh", "Trần Văn Hưng", "Phạm Quốc Đạt", "Võ Ý"]))
def test_an_insurance_card_whose_hex_an_input_method_took_for_words_is_read(method, name):
    typed = name.encode().hex()
    mangled, place = "", 0
    while place < len(typed):
        pair = typed[place : place + 2]
        mangled, place = (mangled + method[pair], place + 2) if pair in method else (mangled + typed[place], place + 1)
    card = parse_card(f"GD4220123456789|{mangled}|02/09/1985|2||22001|01/01/2026")
    assert (card.kind, card.full_name, card.birth_year) == ("bhyt", name, 1985)
