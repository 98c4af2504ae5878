"""Passwords: argon2id, length instead of composition rules (NIST SP 800-63B-4)."""

import re
from functools import cache
from pathlib import Path
from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from checkin.fold import fold

# OWASP's parameters: 19 MiB and two passes keep a worker small and a guess dear.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Verified when no account has the login, so that both answers take the same time.
_nobody = _hasher.hash("nobody has this password")

MIN_OWNER, MIN_STAFF, MAX = 8, 15, 200
# What is typed into a password field, at most: verifying more would only cost time.
LONGEST = 1000
COMMON_FILE = Path(__file__).parent / "data" / "common-passwords.txt"
# Words that suggest themselves here, without accents and blanks. What is left without them must say something.
OURS = (
    "checkin", "khaibaoyte", "khaibao", "declaration", "quangninh", "halong", "vietnam", "covid", "corona",
    "cdc", "admin", "administrator", "quantri", "password", "matkhau", "dangnhap", "taikhoan", "dichte", "truyvet",
    "kiemsoatbenhtat", "trungtam", "soyte", "tramyte", "banchidao", "benhvien", "sieuthi", "nhahang", "khachsan",
    "cuahang", "quanan", "qrcode", "welcome", "qwerty", "abcdef", "demo",
)  # fmt: skip
LEAST_LEFT = 4


def hash_password(password: str) -> str:
    """The hash to keep."""
    return _hasher.hash(_composed(password))


def verify(password_hash: str | None, password: str) -> bool:
    """True when the password fits; takes as long when there is no hash at all."""
    try:
        return _hasher.verify(password_hash or _nobody, _composed(password[:LONGEST])) and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False


def hash_again(password_hash: str, password: str) -> str | None:
    """A hash with today's parameters of a password that fits an older one; None when it has them."""
    return hash_password(password) if _hasher.check_needs_rehash(password_hash) else None


def weakness(password: str, minimum: int, *, login: str = "") -> str | None:
    """Why a new password cannot be used: 'short', 'long', 'common'; None when it can."""
    if len(password) > 4 * MAX:  # before composing, which takes its time over very long ones
        return "long"
    password = _composed(password)
    if len(password) < minimum:
        return "short"
    if len(password) > MAX:
        return "long"
    return "common" if _suggests_itself(password, login) else None


@cache
def common() -> frozenset[str]:
    """The most used passwords of eight characters and more, in lower case."""
    return frozenset(COMMON_FILE.read_text(encoding="utf-8").splitlines())


def _suggests_itself(password: str, login: str) -> bool:
    if len(set(password)) < 4:
        return True
    plain = password.casefold()
    bare = re.sub(r"[\W_]+", "", fold(password))
    if {plain, bare, _once(bare), bare.strip("0123456789")} & common():
        return True
    if not bare:
        return False
    own = re.split(r"[\W_]+", fold(login))
    if login.startswith("+84"):
        own.append("0" + login.removeprefix("+84"))  # as its owner writes it
    left = bare
    for word in sorted((word for word in (*OURS, *own, "".join(own)) if len(word) >= 3), key=len, reverse=True):
        left = left.replace(word, "")
    # Our words, the login and a year or two are no secret.
    return left != bare and len(left.strip("0123456789")) < LEAST_LEFT


def _once(text: str) -> str:
    """What is repeated: 'password' of 'passwordpassword'."""
    return (text + text)[: (text + text).find(text, 1)] if text else text


def _composed(password: str) -> str:
    # Keyboards differ in how they write ấ: the same password typed elsewhere must fit (SP 800-63B-4, 3.1.1.2).
    return normalize("NFKC", password)
