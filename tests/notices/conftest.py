"""The street of the notices, on each database or on one."""

import pytest

from checkin import clock
from tests.conftest import NOW
from tests.notices.street import Street


@pytest.fixture
def street(world):
    """The street on each database in turn; the clock stands at NOW."""
    with clock.fixed(NOW):
        yield Street(world)


@pytest.fixture
def one_street(sqlite):
    """The street on one of them, for what the database has no part in."""
    with clock.fixed(NOW):
        yield Street(sqlite)
