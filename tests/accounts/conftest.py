"""Counters at nought, and recovery codes that cost nothing for tests of what happens around them."""

import hashlib
from contextlib import suppress

import pytest

from checkin.accounts import factors
from checkin.web import limiter


@pytest.fixture(autouse=True)
def counters():
    """What was refused in another test does not count here; where no application was made yet, nothing was."""
    with suppress(AssertionError):
        limiter.storage.reset()


@pytest.fixture
def quick_hashes(monkeypatch):
    """Recovery codes are hashed in no time, as passwords are anyway."""
    monkeypatch.setattr(
        factors, "code_hash", lambda account_id, code: hashlib.md5(account_id.bytes + code.encode()).digest()
    )
