"""A search among as many places as a province has stays quick."""

import random
import statistics
import time

import pytest
import sqlalchemy as sa

from checkin.fold import fold
from checkin.ids import new_id
from checkin.venues import finding
from checkin.venues.models import Venue
from tests import factories
from tests.conftest import NOW

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
WORDS = [
    "Chợ",
    "Hạ",
    "Long",
    "Siêu",
    "thị",
    "Bạch",
    "Đằng",
    "Quán",
    "Phở",
    "Bình",
    "Cửa",
    "hàng",
    "Nhà",
    "thuốc",
    "Hồng",
    "Gai",
    "Cẩm",
    "Phả",
    "Bãi",
    "Cháy",
    "Uông",
    "Bí",
    "Minh",
    "Khai",
    "Lê",
    "Lợi",
]
PLACES, TIMES = 60_000, 9
# Milliseconds that are asked for, and how much slower this machine may be that shares its processors.
WANTED, SHARED = 50, 4


def test_a_place_is_found_among_those_of_a_province_by_name_address_or_code(session):
    chance, rows = random.Random(5), []
    for number in range(PLACES):
        name = f"Chợ Hạ Long {number}" if number < 3 else " ".join(chance.sample(WORDS, 4))
        address = f"Số {chance.randrange(400)}, đường {' '.join(chance.sample(WORDS, 2))}"
        rows.append(
            {
                "id": new_id(NOW), "name": name, "name_fold": fold(name), "kind": "market", "address": address,
                "search_fold": finding.searched(name, address), "commune_id": factories.HONG_GAI, "state": "active",
                "registered_at": NOW,
            }
        )  # fmt: skip
    session.execute(sa.insert(Venue.__table__), rows)
    for typed, best in (("Chợ Hạ Long 1", "Chợ Hạ Long 1"), ("cho ha long 2", "Chợ Hạ Long 2"), ("long cho ha", None)):
        took = []
        for _ in range(TIMES):
            began = time.perf_counter()
            found = finding.search(session, typed, limit=8)
            took.append(1000 * (time.perf_counter() - began))
        assert len(found) == 8 or best
        assert best is None or found[0].name == best
        assert statistics.median(took) < WANTED * SHARED, (typed, took)
