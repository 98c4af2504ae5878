"""The second factor: codes that a phone shows for 30 seconds (RFC 6238), and ten to keep on paper."""

import hmac
import re
import secrets
from datetime import datetime
from unicodedata import normalize
from uuid import UUID

import pyotp
from argon2.low_level import Type, hash_secret_raw

# A phone's clock may be off by one step of 30 seconds.
AROUND = (0, -1, 1)
STEP = 30
CODES, CODE_DIGITS = 10, 12
# Longer things are no code of ours.
LONGEST = 40


def new_secret() -> str:
    """A fresh secret of 160 bits, in base32."""
    return pyotp.random_base32()


def address(secret: str, name: str, issuer: str) -> str:
    """What the QR of enrolment says to the app on the phone."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def digits_of(typed: str) -> str:
    """The digits of what was typed, without blanks and hyphens; '' when there is anything else."""
    bare = re.sub(r"[\s\-–.]", "", normalize("NFKC", typed[:LONGEST]))
    return bare if re.fullmatch(r"[0-9]+", bare) else ""


def matching_step(secret: str, code: str, now: datetime, last: int | None) -> int | None:
    """The time step whose code this is, later than the last one that was taken; None when it is none."""
    if len(code) != 6:
        return None
    totp, present = pyotp.TOTP(secret), int(now.timestamp()) // STEP
    for step in (present + off for off in AROUND):
        if hmac.compare_digest(totp.generate_otp(step), code) and (last is None or step > last):
            return step
    return None


def new_codes() -> list[str]:
    """Ten codes of twelve digits (40 bits), each different. Digits: everybody can copy and type them."""
    made: set[str] = set()
    while len(made) < CODES:
        made.add(f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}")
    return sorted(made, key=lambda _: secrets.randbits(32))


def shown(code: str) -> str:
    """A recovery code as it is printed: 1234 5678 9012."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def code_hash(account_id: UUID, code: str) -> bytes:
    """16 bytes of argon2id, salted by the account: one hash answers whether any of its codes fits."""
    return hash_secret_raw(
        code.encode(), account_id.bytes, time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=16, type=Type.ID
    )
