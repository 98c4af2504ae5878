"""Passwords: argon2id, length instead of composition rules (NIST SP 800-63B-4)."""

from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's parameters: 19 MiB and two passes keep a worker small and a guess dear.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Verified when no account has the login, so that both answers take the same time.
_nobody = _hasher.hash("nobody has this password")

MIN_OWNER, MIN_STAFF, MAX = 8, 15, 200
# The most used ones of eight characters and more, and what suggests itself here.
COMMON = frozenset(
    [
        "12345678",
        "123456789",
        "1234567890",
        "password",
        "password1",
        "qwertyui",
        "qwerty123",
        "11111111",
        "00000000",
        "88888888",
        "abcd1234",
        "abc12345",
        "iloveyou",
        "87654321",
        "987654321",
        "1q2w3e4r",
        "matkhau1",
        "matkhau123",
        "quangninh",
        "halong123",
        "khaibaoyte",
        "123123123",
        "12341234",
        "66666666",
        "99999999",
        "1qaz2wsx",
        "q1w2e3r4",
        "anhyeuem",
        "vietnam1",
        "admin123",
    ]
)


def hash_password(password: str) -> str:
    """The hash to keep."""
    return _hasher.hash(_composed(password))


def verify(password_hash: str | None, password: str) -> bool:
    """True when the password fits; takes as long when there is no hash at all."""
    try:
        return _hasher.verify(password_hash or _nobody, _composed(password)) and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False


def weakness(password: str, minimum: int) -> str | None:
    """Why a new password cannot be used: 'short', 'long', 'common'; None when it can."""
    if len(password) > 4 * MAX:  # before composing, which takes its time over very long ones
        return "long"
    password = _composed(password)
    if len(password) < minimum:
        return "short"
    if len(password) > MAX:
        return "long"
    if password.casefold() in COMMON or len(set(password)) < 4:
        return "common"
    return None


def _composed(password: str) -> str:
    # Keyboards differ in how they write ấ: the same password typed elsewhere must fit (SP 800-63B-4, 3.1.1.2).
    return normalize("NFKC", password)
