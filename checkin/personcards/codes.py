"""The code on a person's card. What a scanner at a counter makes of it: `people/scanned.py`.

It is a code like those on the walls (`venues/codes.py`), of fewer letters: those that Vietnamese input methods turn
into others where a scanner types them are left out. Telex and VNI change nothing but what stands behind a vowel, DD,
D9 and a W of its own; so without A, D, E, U, W and Y a code arrives as it is printed. 26 letters in ten places, and a
check character among them, are 46 random bits: who guesses needs a counter to try, and gains that somebody came.
"""

import secrets

from checkin.config import Config
from checkin.venues.codes import ALPHABET, BODY_LENGTH, check_character

LETTERS = "".join(letter for letter in ALPHABET if letter not in "ADEUWY")


def new_code() -> str:
    """A fresh code of eleven letters of LETTERS, without hyphens. The caller's unique index catches repeats."""
    while True:
        body = "".join(secrets.choice(LETTERS) for _ in range(BODY_LENGTH))
        code = body + check_character(body)
        if code[-1] in LETTERS:
            return code


def address_of(code: str, config: Config) -> str:
    """The address in the QR code. It never changes, since it lies in drawers and wallets."""
    return f"{config.public_origin}/c/{code}"
