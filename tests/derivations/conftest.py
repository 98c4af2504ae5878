"""What the tests of runs share."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from checkin.config import ROOT
from checkin.rules import RuleBook
from tests.conftest import NOW

RULES = ROOT / "checkin" / "rules" / "data"


@pytest.fixture
def new_rules(world, tmp_path: Path, monkeypatch) -> None:
    """From the day after NOW on measles leaves the air of a place at once, and every other disease after a day."""
    shutil.copytree(RULES, tmp_path / "rules")
    newest = sorted(RULES.glob("disease-*.toml"))[-1].read_text(encoding="utf-8")
    changed = newest.replace("residual_air_minutes = 0", "residual_air_minutes = 1440")
    changed = changed.replace("residual_air_minutes = 120", "residual_air_minutes = 0")
    day = (NOW + timedelta(days=1)).date()
    (tmp_path / f"rules/disease-{day}.toml").write_text(changed, encoding="utf-8")
    monkeypatch.setitem(world.app().extensions, "checkin_rules", RuleBook.load(tmp_path / "rules"))
