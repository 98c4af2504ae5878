"""Dated rules: read at the start or not at all, and each day has those of its day."""

from datetime import date, timedelta
from shutil import copytree

import pytest

from checkin.config import ROOT
from checkin.declarations.triage import TriageRules
from checkin.exposure.models import Lookup
from checkin.rules import SECTIONS, RuleBook, RuleError
from checkin.venues.kinds import KINDS
from checkin.visits.stays import cap

DATA = ROOT / "checkin" / "rules" / "data"


@pytest.fixture
def folder(tmp_path):
    return copytree(DATA, tmp_path / "rules")


def load_error(folder):
    with pytest.raises(RuleError) as error:
        RuleBook.load(folder)
    return str(error.value)


def test_the_rules_that_come_with_the_program_hold_every_section():
    rules = RuleBook.load(DATA).on(date(2026, 11, 20))
    assert set(rules.sections) == set(SECTIONS)
    assert (rules.declared_days, rules.retention_days) == (14, 21)


def test_every_version_that_comes_with_the_program_can_be_used():
    book = RuleBook.load(DATA)
    for path in DATA.glob("*.toml"):
        rules = book.on(date.fromisoformat(path.stem[-10:]))
        TriageRules.from_dict(rules["triage"])
        assert set(rules["stays"]["default_minutes"]) == set(KINDS)
        assert timedelta(0) < cap(rules) <= timedelta(days=1)
        assert all(
            0 < minutes <= rules["stays"]["cap_minutes"] for minutes in rules["stays"]["default_minutes"].values()
        )
        assert rules.declared_days <= rules.retention_days
        for disease in rules["disease"].values():
            assert {"name", "name_en", "infectious_days_before", "source_from_day", "source_to_day"} <= disease.keys()


@pytest.mark.parametrize(
    "name", ["triage.toml", "triage-2026-1-1.toml", "Triage-2026-01-01.toml", "stay-2026-01-01.toml", "triage-2026-01-01-b.toml", "-2026-01-01.toml"]
)  # fmt: skip
def test_it_rejects_a_file_that_is_not_named_as_a_rule(folder, name):
    (folder / name).write_text("a = 1")
    assert name in load_error(folder)


@pytest.mark.parametrize("day", ["2026-02-30", "2026-13-01", "0000-01-01"])
def test_it_rejects_a_day_that_does_not_exist(folder, day):
    (folder / f"triage-{day}.toml").write_text("")
    assert f"triage-{day}.toml" in load_error(folder)


@pytest.mark.parametrize("body", [b"travel = ", b"travel = watch", b"\xff\xfe", b"a = 1\na = 2", b"\x00"], ids=repr)
def test_it_rejects_a_file_that_cannot_be_read_and_names_it(folder, body):
    (folder / "triage-2026-12-01.toml").write_bytes(body)
    assert "triage-2026-12-01.toml" in load_error(folder)


@pytest.mark.parametrize("section", SECTIONS)
def test_it_rejects_a_folder_that_lacks_a_section(folder, section):
    for path in folder.glob(f"{section}-*.toml"):
        path.unlink()
    assert f"{section}-" in load_error(folder)


def test_it_rejects_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(RuleError):
        RuleBook.load(tmp_path / "nowhere")


def test_other_files_are_no_rules(folder):
    (folder / "README.md").write_text("Ghi chú")
    RuleBook.load(folder)


def test_a_new_version_is_in_force_from_its_day_on_and_the_old_one_stays(folder):
    (folder / "stays-2026-12-01.toml").write_text("cap_minutes = 600\n[default_minutes]\nother = 45\n")
    book = RuleBook.load(folder)
    first, last = date(2026, 11, 30), date(2026, 12, 1)
    assert (cap(book.on(first)), cap(book.on(last))) == (timedelta(minutes=720), timedelta(minutes=600))
    assert book.on(first)["triage"] == book.on(last)["triage"]
    assert book.on(first).id != book.on(last).id
    assert book.on(date(2030, 1, 1)).id == book.on(last).id


def test_before_the_first_version_that_first_one_holds():
    book = RuleBook.load(DATA)
    assert book.on(date(1990, 1, 1)).declared_days == book.on(date(2026, 11, 20)).declared_days


def test_the_id_is_the_same_while_nothing_changes_and_fits_its_column(folder):
    day = date(2026, 11, 20)
    same = RuleBook.load(folder).on(day).id
    assert same == RuleBook.load(folder).on(day).id == RuleBook.load(DATA).on(day).id
    assert len(same) <= 24


@pytest.mark.parametrize("section", SECTIONS)
def test_the_id_changes_with_any_section(folder, section):
    day = date(2026, 11, 20)
    before = RuleBook.load(folder).on(day).id
    path = next(folder.glob(f"{section}-*.toml"))
    path.write_bytes(path.read_bytes() + b"\n# corrected\n")
    assert RuleBook.load(folder).on(day).id != before


def test_the_kinds_of_venue_fit_their_column():
    assert max(map(len, KINDS)) <= Lookup.__table__.c.venue_kind.type.length


@pytest.mark.parametrize(
    ("section", "was", "becomes"),
    [
        ("triage", 'cough = "watch"', 'cough = "wach"'),
        ("triage", "contact_sick", "contact_sik"),
        ("stays", "cap_minutes = 720", "cap_minutes = -1"),
        ("stays", "other = 60", "others = 60"),
        ("lookback", "retention_days = 21", "retention_days = 0"),
        ("disease", 'name_en = "Measles"', ""),
        ("disease", "source_to_day = -2", "source_to_day = -20"),
        ("disease", "source_to_day = -2", "source_to_day = 2"),
        ("disease", "source_from_day", "source_form_day"),
        ("disease-2026", 'model = "source"', 'model = "sorce"'),
        ("zones", "zone = []", '[[zone]]\nname = "Chợ A"'),
    ],
)
def test_a_misspelt_rule_stops_the_start_and_names_the_file(tmp_path, section, was, becomes):
    from checkin import RULE_CHECKS

    for path in DATA.glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        if path.name.startswith(section):
            assert was in text
            text = text.replace(was, becomes, 1)
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    with pytest.raises(RuleError, match=section):
        RuleBook.load(tmp_path, RULE_CHECKS)
