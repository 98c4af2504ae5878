"""The rules of a row: each reason by itself, all of them together, and what is taken."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from checkin.config import ROOT
from checkin.keys import generate
from checkin.loading.files import COLUMNS
from checkin.loading.reasons import WORDS
from checkin.loading.rows import Door, Entry, Terms, judge
from checkin.rules import RuleBook
from checkin.vault import Vault
from tests.conftest import NOW
from tests.loading.files import row

CODE, GONE = "K7QF3M2P9XD", "AAAAAAAAAAA"
BOOK = RuleBook.load(ROOT / "checkin" / "rules" / "data")
TERMS = Terms(NOW, "22", BOOK.on)
LOCAL = "2026-11-20T{}+07:00"


def door(**changes):
    values = {
        "venue_id": UUID(int=7),
        "zone_id": None,
        "kind": "shop",
        "own_minutes": None,
        "closes_at": None,
        "issued_at": NOW - timedelta(days=100),
        "revoked_at": None,
        **changes,
    }
    return Door(**values)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    generate(folder)
    return Vault.load(folder, "all")


def judged(keys, code=CODE, found=None, **changes):
    cells = row(code, **changes)
    return judge([cells[name] for name in COLUMNS], {CODE: found or door()}, TERMS, TERMS.oldest, keys)


@pytest.mark.parametrize(
    ("cell", "value", "reason"),
    [
        ("code", "", "code_missing"),
        ("code", "  ", "code_missing"),
        ("code", "K7QF3M2P9XE", "code_mistyped"),
        ("code", "x" * 900, "code_mistyped"),
        ("full_name", "", "name"),
        ("full_name", "0912345678", "name"),
        ("full_name", "\u200b\u3164", "name"),
        ("full_name", "a" * 101, "name_long"),
        ("full_name", "a" * 10_000, "long"),
        ("full_name", "Lan\x00", "nul"),
        ("birth_year", "", "birth_year"),
        ("birth_year", "85", "birth_year"),
        ("birth_year", "01/09/1985", "birth_year"),
        ("birth_year", "2027", "birth_year"),
        ("birth_year", "1900", "birth_year"),
        ("birth_year", "1,985E+03", "birth_year"),
        ("id_number", "12345", "id_number"),
        ("id_number", "22185001234", "id_number"),
        ("id_number", "2.2185E+10", "rounded"),
        ("id_number", "2,21850012E10", "rounded"),
        ("phone", "0912", "phone"),
        ("phone", "không có", "phone"),
        ("phone", "9,12E+08", "rounded"),
        ("commune", "Gotham", "commune"),
        ("commune", "99999", "commune"),
        ("entered_at", "", "entered_unreadable"),
        ("entered_at", "20/11/2026 08:30", "entered_unreadable"),
        ("entered_at", "2026-11-20T08:30:00", "entered_zone"),
        ("entered_at", "2026-11-20", "entered_zone"),
        ("entered_at", "2026-11-31T08:30:00+07:00", "entered_unreadable"),
        ("entered_at", "0001-01-01T00:00:00+07:00", "entered_unreadable"),
        ("entered_at", "9999-12-31T23:59:59-07:00", "entered_unreadable"),
        ("left_at", "mai", "left_unreadable"),
        ("left_at", "2026-11-20T09:15:00", "left_zone"),
        ("left_at", "0001-01-01T00:00:00+00:00", "left_before"),
        ("left_at", "2026-11-20T08:29:59+07:00", "left_before"),
    ],
)  # fmt: skip
def test_a_bad_cell_is_the_reason(keys, cell, value, reason):
    assert judged(keys, **{cell: value}) == (reason,)
    assert reason in WORDS


def test_every_reason_of_a_row_is_told(keys):
    found = judged(keys, code="", full_name="", birth_year="x", phone="1", id_number="1", commune="?!", entered_at="?",
                   left_at="?")  # fmt: skip
    assert found == (
        "code_missing", "name", "id_number", "phone", "birth_year", "commune", "entered_unreadable", "left_unreadable"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("entered", "left", "reasons"),
    [
        (NOW + timedelta(minutes=5), None, ()),
        (NOW + timedelta(minutes=5, seconds=1), None, ("entered_future",)),
        # The first moment of the oldest day that is kept, and the last of the day before.
        (datetime(2026, 10, 29, 17, tzinfo=UTC), None, ()),
        (datetime(2026, 10, 29, 16, 59, 59, 999999, tzinfo=UTC), None, ("entered_old",)),
        (NOW - timedelta(hours=13), NOW - timedelta(hours=1), ()),
        (NOW - timedelta(hours=13), NOW - timedelta(minutes=59, seconds=59), ("left_long",)),
        (NOW, NOW, ()),
        (NOW, NOW + timedelta(minutes=6), ("left_future",)),
        (datetime(9999, 12, 31, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC), ("entered_future", "left_future")),
    ],
)
def test_times_at_the_edge(keys, entered, left, reasons):
    found = judged(keys, entered_at=entered.isoformat(), left_at=left.isoformat() if left else "")
    assert (() if isinstance(found, Entry) else found) == reasons


@pytest.mark.parametrize(
    ("issued", "revoked", "reasons"),
    [
        (LOCAL.format("08:30:00"), None, ()),
        (LOCAL.format("08:30:01"), None, ("code_later",)),
        (LOCAL.format("00:00:00"), LOCAL.format("08:30:01"), ()),
        (LOCAL.format("00:00:00"), LOCAL.format("08:30:00"), ("code_revoked",)),
    ],
)
def test_the_code_must_have_been_in_force_when_the_visitor_came(keys, issued, revoked, reasons):
    revoked_at = datetime.fromisoformat(revoked) if revoked else None
    found = judged(keys, found=door(issued_at=datetime.fromisoformat(issued), revoked_at=revoked_at))
    assert (() if isinstance(found, Entry) else found) == reasons


def test_what_is_taken_is_in_its_normal_form(keys):
    found = judged(keys, code="k7qf-3m2p-9xd", full_name="  Nguye\u0302\u0303n   Thị\u200b Lan ", phone="84.912.345.678",
                   id_number="022 185 001 234", birth_year=" 1985 ")  # fmt: skip
    assert (found.who.full_name, found.who.phone, found.who.id_number) == (
        "Nguyễn Thị Lan",
        "+84912345678",
        "022185001234",
    )
    assert (found.who.birth_year, found.who.commune_id, found.who.province_id) == (1985, "06652", "22")
    assert found.entered_at == datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    assert (found.guess.likely, found.guess.latest) == (found.left_at, found.left_at)


@pytest.mark.parametrize(
    ("text", "commune"),
    [
        ("06652", "06652"),
        ("6652", "06652"),  # as a spreadsheet leaves it
        ("phuong ha tu", "06652"),
        ("Phường Hồng Hải, Hạ Long", "06688"),  # of before July 2025
        ("", None),
        ("00004", "00004"),  # a commune of Hà Nội by its code
    ],
)
def test_homes_are_read_by_code_and_by_name(keys, text, commune):
    assert judged(keys, commune=text).who.commune_id == commune


def test_an_end_that_nobody_wrote_down_is_guessed(keys):
    found = judged(keys, left_at="", found=door(own_minutes=20, closes_at="08:45"))
    assert found.left_at is None
    assert found.guess.likely == found.guess.latest == found.entered_at + timedelta(minutes=15)


def test_neither_phone_nor_number_is_needed(keys):
    assert isinstance(judged(keys, phone=" ", id_number=""), Entry)


@pytest.mark.parametrize(
    "changes",
    [
        {"full_name": "NGUYỄN THỊ ÁNH TUYẾT"},
        {"entered_at": "2026-11-20T01:30:00Z"},
        {"phone": "+84 912 345 678"},
        {"left_at": ""},
        {"commune": ""},
    ],
)
def test_the_same_presence_written_otherwise_has_the_same_id(keys, changes):
    assert judged(keys).id == judged(keys, **changes).id


@pytest.mark.parametrize(
    "changes",
    [
        {"full_name": "Nguyễn Thị Anh Tuyết"},
        {"birth_year": "1986"},
        {"phone": ""},
        {"id_number": ""},
        {"entered_at": "2026-11-20T08:30:01+07:00"},
        {"found": door(venue_id=UUID(int=8))},
    ],
)
def test_another_presence_has_another_id(keys, changes):
    assert judged(keys).id != judged(keys, **changes).id


def test_an_id_cannot_be_found_out_without_the_key(keys, tmp_path):
    generate(Path(tmp_path))
    assert judged(keys).id != judged(Vault.load(Path(tmp_path), "all")).id
