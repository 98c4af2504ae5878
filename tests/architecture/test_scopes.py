"""Who may see which rows is said in one place: a page that says it once more can say it wrong."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

from checkin.db import Model
from checkin.exposure.models import Lookup
from checkin.features import FEATURES
from checkin.scope import PEOPLE, PROTECTED, RIGHTS, STAFF
from checkin.staffrows import STAFF_ROWS
from checkin.tiers import STAFF_GRANTS
from tests.architecture.each import each

PRODUCT = Path(__file__).resolve().parents[2] / "checkin"
FILES = sorted(PRODUCT.rglob("*.py"))
# The door makes the scope of an account; a file that somebody asked for is made on their behalf.
DOORS = {
    "scope.py",
    "accounts/access.py",
    "api/access.py",
    "derivations/jobs.py",
    "exposure/jobs.py",
    "posters/jobs.py",
    "register/jobs.py",
}
# Questions that serve several roles.
SHARED = {
    "accounts/queries.py": {"staff"},
    "api/queries.py": {"followed"},
    "audit/queries.py": {"page"},
    "calls/queries.py": {"waiting", "one", "_untouched", "steps", "moved_away", "of_people"},
    "contactlists/queries.py": {"contacts_with"},
    "contacts/queries.py": {
        "of_people",
        "of_person",
        "people_of",
        "of_both",
        "counts",
        "of_case",
        "_listed",
        "others_of",
        "f1s_of",
        "named_to",
        "_of_station",
        "some",
        "one",
        "steps",
        "outgoing",
        "followed",
    },
    "monitoring/queries.py": {"in_quarantine", "count_urgent", "last_number", "_rows"},
    "duty/queries.py": {"last", "one", "untaken", "handovers"},
    "declarations/queries.py": {"opened", "sealed"},
    "nearby/queries.py": {
        "_near",
        "count_named",
        "last_words",
        "to_follow",
        "phones_of",
        "with_phone",
        "on_one_form",
        "at_work",
        "colleagues",
    },
    "posters/queries.py": {"printed", "codes_to_print", "count_to_print"},
    "register/queries.py": {"imports", "import_of", "part", "taken", "parent", "_free", "_venues"},
    "visits/queries.py": {"hourly", "flag_counts", "by_zone_and_hour", "inside_now"},
    "stations/queries.py": {
        "stops",
        "corrected",
        "places",
        "count_places",
        "visits_at_places",
        "found",
        "one",
        "active_in",
    },
}


def name_of(path):
    return str(path.relative_to(PRODUCT))


@each(FILES, name_of)
def test_only_the_door_turns_an_account_into_rights(path):
    if name_of(path) in DOORS:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) != ("current_user", "commune_id"), name_of(path)
        if isinstance(node, ast.Call):
            made = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            assert made not in {"Scope", "of_account"}, name_of(path)


@each([p for p in FILES if p.stem == "views"], name_of)
def test_no_page_builds_a_condition(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not (isinstance(node, ast.Attribute) and node.attr in {"where", "filter", "filter_by"}), name_of(path)


@pytest.mark.parametrize(("name", "functions"), SHARED.items())
def test_a_query_that_serves_several_roles_asks_for_the_scope(name, functions):
    found = set()
    for node in ast.parse((PRODUCT / name).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            called = {getattr(call.func, "id", "") for call in ast.walk(node) if isinstance(call, ast.Call)}
            if called & {"rows", "rows_of"}:
                found.add(node.name)
    assert found == functions


def test_sums_alone_pass_by_the_rows():
    """Who marks a query as giving nobody's row says so where it is written down."""
    users = {name_of(path) for path in FILES if re.search(r"\bSUMS\b", path.read_text(encoding="utf-8"))}
    assert users == {
        "scope.py",
        "accounts/queries.py",
        "audit/queries.py",
        "reports/queries.py",
        "rights/queries.py",
        "stations/queries.py",
        "calls/queries.py",
        "duty/queries.py",
        "clusters/queries.py",
    }


def test_the_rights_of_the_cdc_are_lent_in_one_place():
    texts = {name_of(path): path.read_text(encoding="utf-8") for path in FILES}
    lends = {
        name: re.findall(r"\bfor_case\(session, [^)]*?((?:, [A-Z][\w.]*)+)\)", text) for name, text in texts.items()
    }
    assert {name: found for name, found in lends.items() if found} == {
        "nearby/service.py": [", COMMUNE"],
        "clusters/stays.py": [", CDC, SYSTEM.role"],
    }
    users = {name for name, text in texts.items() if re.search(r"\bfor_case\b", text)}
    assert users == {"lent.py", "contacts/steps.py", "nearby/service.py", "clusters/stays.py"}
    # Everybody else works under the scope of the product's own rounds.
    others = {name for name, text in texts.items() if re.search(r"\bunder\(session, (?!(scope\.)?SYSTEM\))", text)}
    assert others == {"lent.py"}


def test_every_table_is_on_both_walls():
    for feature in FEATURES:  # whatever pages there are know their tables
        import_module(feature.blueprint.split(":")[0])
    tables = set(Model.metadata.tables)
    assert Lookup.__tablename__ in tables
    assert tables - PROTECTED == {"place", "place_successor", "zone", "code", "submission", "code_guess"}
    assert set(STAFF_ROWS) == tables - {"place", "place_successor", "code_guess"}
    assert set(STAFF_GRANTS) - {"alembic_version"} == tables - {"submission", "audit_waiting"}
    assert PEOPLE < PROTECTED
    for role in (*STAFF, "owner", "system"):
        assert set(RIGHTS[role]) <= PROTECTED - (PEOPLE if role in {"cdc", "system", "admin", "command"} else set())
