"""The code on the wall: ten random characters and a check character, shown as K7QF-3M2P-9XD.

The alphabet has 32 letters, so ten of them hold 50 random bits. Of each pair that a hand or an eye confuses
in capitals both members are left out (0 and O, 1 and I). L stays: without 1 and I nothing in capitals looks
like it, and without it only 31 letters would be left.
"""

import secrets
import unicodedata
from typing import Literal

from checkin.config import Config

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
BODY_LENGTH = 10
CODE_LENGTH = BODY_LENGTH + 1

Diagnosis = Literal["ok", "mistyped", "not_a_code"]

_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}

# x^5 + x^4 + x^3 + x^2 + 1 is irreducible over GF(2): modulo it the 32 letters are the field GF(32), and
# the powers of x up to the 30th all differ.
_MODULUS = 0b111101

# A small l is read as 1 or I and, capital, is the L of the alphabet; neither 1 nor I can be meant. 0 and O
# are not mapped: D and Q are both as near, and a guess could turn a slip into somebody else's code.
_LOOK_ALIKES = str.maketrans({"1": "L", "I": "L"})

# Dashes (Pd), spaces (Zs, Zl, Zp) and what cannot be seen (Cf: zero width, direction marks, soft hyphen).
_IGNORED_CATEGORIES = frozenset({"Pd", "Zs", "Zl", "Zp", "Cf"})
_MINUS_SIGN = "\u2212"


def _times_x(value: int) -> int:
    doubled = value << 1
    return doubled ^ _MODULUS if doubled & 0b100000 else doubled


def _weighted_sum(text: str) -> int:
    """The letters as a polynomial over GF(32), at x: 0 to 31. KeyError for a letter outside the alphabet."""
    total = 0
    for letter in text:
        total = _times_x(total) ^ _VALUE[letter]
    return total


def new_code() -> str:
    """A fresh code of eleven characters, without hyphens. The caller's unique index catches repeats."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(BODY_LENGTH))
    return body + check_character(body)


def check_character(body: str) -> str:
    """The eleventh character for ten given ones.

    Every place has its own non-zero weight in GF(32), the powers of x, so one wrong character, and any two
    exchanged, always show; of random strings one in 32 passes. Raises ValueError unless body is ten letters
    of the alphabet.
    """
    if len(body) != BODY_LENGTH or not set(body) <= _VALUE.keys():
        raise ValueError("the body of a code is ten letters of the alphabet")
    return ALPHABET[_times_x(_weighted_sum(body))]


def normalise(text: str) -> str:
    """What a hand typed, as the database spells it: capitals, no dash, space, invisible mark; 1, I as L.

    Says nothing about whether it is a code; anything else in the text is kept. Idempotent.
    """
    kept = (
        letter
        for letter in text.upper()
        if not (letter.isspace() or letter == _MINUS_SIGN or unicodedata.category(letter) in _IGNORED_CATEGORIES)
    )
    return "".join(kept).translate(_LOOK_ALIKES)


def is_well_formed(code: str) -> bool:
    """Whether an already normalised text is eleven letters of the alphabet whose check character is right."""
    return len(code) == CODE_LENGTH and set(code) <= _VALUE.keys() and _weighted_sum(code) == 0


def diagnose(text: str) -> Diagnosis:
    """What to tell somebody who typed a code.

    "ok": a code that could exist; "mistyped": eleven letters or digits as a code has, but one of them is
    wrong, be it by the check character or outside the alphabet (0, O); "not_a_code": everything else.
    """
    code = normalise(text)
    if is_well_formed(code):
        return "ok"
    if len(code) == CODE_LENGTH and code.isascii() and code.isalnum():
        return "mistyped"
    return "not_a_code"


def address_of(code: str, config: Config) -> str:
    """The address in the QR code. It never changes, since it hangs on walls."""
    return f"{config.public_origin}/v/{code}"


def display(code: str) -> str:
    """The code in groups of 4, 4 and 3, to be read. Raises ValueError unless it has eleven characters."""
    code = normalise(code)
    if len(code) != CODE_LENGTH:
        raise ValueError("a code has eleven characters")
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"
