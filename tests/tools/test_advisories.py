"""A scan that asked nobody has not passed."""

import pytest

from tests.tools import advisories

WANTED = {"flask": "3.1.3", "qrcode": "8.2"}
CLEAN = [{"name": "Flask", "version": "3.1.3", "vulns": []}, {"name": "qrcode", "version": "8.2", "vulns": []}]


def test_every_package_asked_about_and_no_hole_passes():
    assert advisories.verdict(WANTED, {"dependencies": CLEAN}) == ([], [])


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"dependencies": []},
        {"dependencies": CLEAN[:1]},
        {"dependencies": [CLEAN[0], {"name": "qrcode", "skip_reason": "Dependency not found"}]},
        {"dependencies": [CLEAN[0], {**CLEAN[1], "version": "8.1"}]},
    ],
    ids=["no answer", "nothing", "left out", "skipped", "another version"],
)
def test_a_package_that_was_left_out_has_not_passed(report):
    holes, unasked = advisories.verdict(WANTED, report)
    assert holes == [] and "qrcode 8.2" in unasked


def test_a_hole_is_named():
    report = {"dependencies": [CLEAN[0], {**CLEAN[1], "vulns": [{"id": "PYSEC-2026-1"}]}]}
    assert advisories.verdict(WANTED, report) == (["qrcode 8.2: PYSEC-2026-1"], [])


@pytest.mark.parametrize("name", advisories.LISTS)
def test_every_line_of_the_lists_is_read(name):
    text = (advisories.ROOT / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith(("#", "-r"))]
    assert len(advisories.pinned(text)) == len(lines) > 10
