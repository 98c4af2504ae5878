"""What is left to do at a venue."""

from dataclasses import replace

import pytest

from checkin.venues.duties import DUTIES, Facts, due

DONE = Facts(
    state="active", size="small", zones=0, signed="2026-01-01", version="2026-01-01", scanned=True, hours=True,
    contact=True, confirmed=True,
)  # fmt: skip


def test_nothing_is_left_where_all_is_done():
    assert due(DONE) == ()


@pytest.mark.parametrize(
    ("change", "duty"),
    [
        ({"signed": None}, "commitment"),
        ({"signed": "2025-06-01"}, "commitment"),
        ({"contact": False}, "contact"),
        ({"size": "large"}, "zones"),
        ({"scanned": False}, "scan"),
        ({"hours": False}, "hours"),
        ({"confirmed": False}, "confirm"),
        ({"state": "suspended"}, "suspended"),
        ({"others": frozenset({"workers"})}, "workers"),
    ],
)
def test_each_thing_that_is_missing_is_said_once_and_alone(change, duty):
    assert due(replace(DONE, **change)) == (duty,)


def test_where_no_message_goes_out_nothing_is_to_be_confirmed():
    assert due(replace(DONE, confirmed=None)) == ()


def test_a_large_venue_with_zones_and_one_of_unknown_size_are_not_asked_for_them():
    assert due(replace(DONE, size="large", zones=1)) == due(replace(DONE, size=None)) == ()


def test_nobody_is_asked_for_scans_where_nobody_may_check_in_nor_for_anything_of_a_closed_venue():
    nothing = replace(
        DONE,
        signed=None,
        scanned=False,
        hours=False,
        contact=False,
        confirmed=False,
        size="large",
        others=frozenset({"workers"}),
    )
    assert due(nothing) == DUTIES[1:]
    assert "scan" not in due(replace(nothing, state="suspended"))
    assert due(replace(nothing, state="closed")) == ()
