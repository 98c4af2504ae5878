"""What makes thousands of requests a second affordable, and changes nothing of what they do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import argon2
import pytest
import sqlalchemy as sa
from argon2.exceptions import VerifyMismatchError
from sqlalchemy.engine import Engine


@contextmanager
def passwords() -> Iterator[None]:
    """Passwords that cost nothing; those made at full price fit no more."""
    cheap = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    real_hash, real_verify = argon2.PasswordHasher.hash, argon2.PasswordHasher.verify

    def verify(self: Any, kept: Any, password: Any) -> Any:
        if "m=8," not in str(kept):
            raise VerifyMismatchError
        return real_verify(self, kept, password)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argon2.PasswordHasher, "hash", lambda self, password, **more: real_hash(cheap, password, **more))
        patch.setattr(argon2.PasswordHasher, "verify", verify)
        yield


@contextmanager
def disk() -> Iterator[None]:
    """SQLite does not wait for the disk: nothing is killed here."""

    def hurry(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    sa.event.listen(Engine, "connect", hurry)
    try:
        yield
    finally:
        sa.event.remove(Engine, "connect", hurry)
