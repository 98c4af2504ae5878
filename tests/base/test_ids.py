from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from checkin.ids import derived_id, new_id
from tests.conftest import NOW

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(MOMENTS)
def test_an_id_is_a_uuid_of_version_7_of_its_moment(moment):
    made = new_id(moment)
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == int(moment.timestamp() * 1000)


@given(MOMENTS, st.integers(1, 10_000_000))
def test_ids_sort_by_time_as_numbers_text_and_bytes(moment, milliseconds):
    earlier, later = new_id(moment), new_id(moment + timedelta(milliseconds=milliseconds))
    assert earlier < later
    assert str(earlier) < str(later)
    assert earlier.bytes < later.bytes


def test_ids_of_one_moment_differ():
    assert len({new_id(NOW) for _ in range(2000)}) == 2000


def test_a_derived_id_is_always_the_same_and_differs_with_its_parent_and_salt():
    parent, other = new_id(NOW), new_id(NOW)
    assert derived_id(parent, b"a") == derived_id(parent, b"a")
    assert len({derived_id(parent, b"a"), derived_id(parent, b"b"), derived_id(other, b"a"), parent}) == 4
    assert derived_id(UUID(int=0), b"").version == 5
