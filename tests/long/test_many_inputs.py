"""Two million inputs for every reader of what people type: an answer or its own error, never another, and never late.

Made by changing right ones and hostile ones a little; the same seed makes the same ones. `SEED=7 INPUTS=9000000` for others.
"""

import os
import random
import time
import unicodedata
from datetime import date

import pytest

from checkin.accounts.logins import contact_kind, mask, normalise_login
from checkin.cells import neutral, restored, safe
from checkin.declarations.told import Identity
from checkin.fold import fold
from checkin.loading.files import COLUMNS, BadFile, open_sheet, records
from checkin.loading.reasons import WORDS
from checkin.loading.rows import Entry, judge
from checkin.names import clean_name, mask_for_desk, mask_middle
from checkin.people.cards import CardError, parse_card
from checkin.people.idnumbers import parse_id_number
from checkin.phones import display_phone, normalise_phone
from checkin.places.lookup import match_address, match_commune
from checkin.venues.codes import diagnose, normalise
from tests import cast
from tests.hostile import HOSTILE
from tests.loading.test_rows import CODE, TERMS, door, keys

pytestmark = pytest.mark.long
__all__ = ["keys"]

INPUTS, SEED = int(os.environ.get("INPUTS", "2000000")), int(os.environ.get("SEED", "20261122"))
# Seconds of computing for one line.
LATE = 1.0
RIGHT = [
    cast.CCCD, cast.CCCD_MAN, "022185001234", "0912345678", "+84 912 345 678", "1900 1234", "DN4010112345678", "Q8163925", "K7QF3M2P9XD", "K7QF-3M2P-9XD",
    "Nguyễn Thị Ánh Tuyết", "Phường Hồng Gai, Quảng Ninh", "Tổ 5, Khu 2, Hồng Hải, Hạ Long", "a@example.vn", "2026-11-20T10:30", "1985", "HT2797936015001|4e677579e1bb856e|02/09/1985|2|…",
]  # fmt: skip
STOCK = RIGHT * 20 + [text for text in HOSTILE if len(text) <= 300]
SPICE = [
    *"|,;=-+@ \t\n'\"0129aăâêđƠ４\x00\u0301\u0323\u200b\u202e\u3164🙂",
    "\r\n",
    "Nữ",
    "+84",
    "\u0301" * 20,
    "xã ",
    "||",
    "\ud800",
]


def inputs(share, part):
    """As many texts as this part has of all."""
    rng = random.Random(f"{SEED}:{part}")
    for _ in range(INPUTS * share // 100):
        text = rng.choice(STOCK)
        for _ in range(rng.choice((0, 1, 1, 2, 4))):
            place = rng.randrange(len(text) + 1)
            kind = rng.random()
            if kind < 0.4:
                text = text[:place] + rng.choice(SPICE) + text[place:]
            elif kind < 0.6:
                text = text[:place] + text[place + rng.randrange(1, 4) :]
            elif kind < 0.75:
                text = text[:place] + chr(rng.randrange(0x20, 0x1F00)) + text[place + 1 :]
            elif kind < 0.85:
                text = text[place:] + text[:place]
            elif kind < 0.93:
                text = unicodedata.normalize(rng.choice(("NFD", "NFC", "NFKC")), text)
            else:
                text = (text + rng.choice(STOCK))[:2_000]
        yield text


def card(text):
    try:
        found = parse_card(text, date(2026, 11, 20))
    except CardError:
        return
    assert found.full_name == clean_name(found.full_name)


def id_number(text):
    try:
        value = parse_id_number(text).value
    except ValueError:
        return
    assert parse_id_number(value).value == value and len(value) <= 40


def phone(text):
    try:
        value = normalise_phone(text)
    except ValueError:
        return
    assert normalise_phone(value) == value == normalise_phone(display_phone(value))


def name(text):
    clean = clean_name(text)
    assert clean_name(clean) == clean == unicodedata.normalize("NFC", clean)
    assert fold(fold(text)) == fold(text)
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in clean) and "\u202e" not in clean
    assert len(mask_middle(text)) <= 80 and len(mask_for_desk(text)) <= 80


def code(text):
    assert diagnose(text) in {"ok", "mistyped", "not_a_code"}
    assert normalise(normalise(text)) == normalise(text)


def login(text):
    normal = normalise_login(text)
    assert normalise_login(normal) == normal and len(mask(normal)) <= 130
    assert contact_kind(text) in {None, "phone", "email"}


def cell(text):
    kept = safe(text)
    assert safe(restored(kept)) == kept and neutral(kept) == kept
    first = kept.replace("\u200b", "").lstrip()[:1]
    assert first not in {"=", "+", "-", "@", "＝"}, ascii(kept)


def place(text):
    match_commune(text, "22")
    match_address(text, "22")


# Hundredths of all inputs.
READERS = {card: 17, id_number: 20, phone: 12, name: 10, code: 12, login: 8, cell: 15, place: 1}


@pytest.mark.wide
@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
def test_a_reader_gives_an_answer_or_its_own_error_in_time(read):
    read("Hồng Gai")  # what is loaded once is not counted
    slowest, worst, count = 0.0, "", 0
    for text in inputs(READERS[read], read.__name__):
        begun = time.thread_time()
        try:
            read(text)
        except Exception as error:
            raise AssertionError(f"{read.__name__}: {ascii(text)}") from error
        took, count = time.thread_time() - begun, count + 1
        if took > slowest:
            slowest, worst = took, text
    assert slowest < LATE, (slowest, ascii(worst)[:300])
    assert count == INPUTS * READERS[read] // 100


@pytest.mark.wide
def test_every_line_of_a_file_is_an_entry_or_has_its_reasons(tmp_path, keys):
    """Files of spoilt lines and spoilt bytes: every line is accounted for."""
    rng, doors, oldest, seen = random.Random(SEED), {CODE: door()}, TERMS.oldest, 0
    wanted = INPUTS * (100 - sum(READERS.values())) // 100
    good = [
        CODE,
        "Nguyễn Thị Ánh Tuyết",
        "022185001234",
        "0912345678",
        "1985",
        "Phường Hồng Gai",
        "2026-11-20T08:00+07:00",
        "",
    ]
    texts = inputs(100, "csv")
    path = tmp_path / "visits.csv"
    while seen < wanted:
        lines = [rng.choice(",;\t").join(COLUMNS)] if rng.random() < 0.05 else [",".join(COLUMNS)]
        for _ in range(2_000):
            cells = list(good)
            if rng.random() < 0.8:
                cells[rng.randrange(8)] = next(texts)
            quoted = [f'"{one.replace(chr(34), chr(34) * 2)}"' if rng.random() < 0.9 else one for one in cells]
            lines.append(",".join(quoted if rng.random() < 0.9 else quoted[: rng.randrange(9)]))
        body = "\n".join(lines).encode("utf-8", "replace")
        if rng.random() < 0.1:
            body = bytes(
                rng.choice((byte, byte ^ (1 << rng.randrange(8)))) if rng.random() < 0.0001 else byte for byte in body
            )
        path.write_bytes(body)
        seen += 2_000
        try:
            sheet = open_sheet(path)
        except BadFile as error:
            assert error.reason in {"empty", "utf16", "encoding", "header", "missing", "twice"}
            continue
        last = 1
        for line in records(sheet):
            assert line.number > last or line.number == 2
            last = line.number
            if line.fault:
                assert line.fault in WORDS
                continue
            found = judge([line.cells[place] for place in sheet.places], doors, TERMS, oldest, keys)
            assert isinstance(found, Entry) and isinstance(found.who, Identity) or found and set(found) <= set(WORDS)
