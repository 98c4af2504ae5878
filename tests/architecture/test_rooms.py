"""The rooms of the project. Each rule says why it is one: a newcomer finds the place of a change by folder."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ROOT / "checkin"

# Lower tiers first. A feature imports lower tiers, and within its tier only what stands before it:
# without a direction feature folders grow cycles, and then no change is local any more.
TIERS = (
    ("audit", "places", "accounts"),
    ("venues",),
    ("people", "declarations", "visits"),
    ("desk", "checkpoints", "store", "loading"),
    ("cases", "exposure", "notices"),
    ("me", "safetymap", "reports", "front"),
    # Tools over the whole database: nothing imports them.
    ("backup", "demo"),
)
ORDER = [feature for tier in TIERS for feature in tier]
# What other features never import: pages, commands and forms.
CLOSED = {"views", "cli", "admin", "signup", "numbers", "forms"}
FEATURE_FILES = sorted(path for path in PRODUCT.glob("*/*.py") if path.parent.name in ORDER)
BASE_FILES = sorted(PRODUCT.glob("*.py"))
MODULES = FEATURE_FILES + BASE_FILES


def imports(path: Path) -> set[str]:
    """Modules of the product that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return {name for name in found if name.startswith("checkin")}


def names_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_feature_folder_has_a_place_in_the_tiers():
    folders = {path.parent.name for path in PRODUCT.glob("*/__init__.py")} - {"i18n", "rules", "migrations"}
    assert folders <= set(ORDER)


@pytest.mark.parametrize("path", FEATURE_FILES, ids=names_of)
def test_a_feature_imports_only_what_stands_before_it(path):
    own = ORDER.index(path.parent.name)
    for name in imports(path):
        parts = name.split(".")
        if len(parts) > 1 and parts[1] in ORDER and parts[1] != path.parent.name:
            assert ORDER.index(parts[1]) < own, f"{names_of(path)} imports {name}, which stands higher"


# Doors that are meant: where signing in leads to, the names of diseases on the lookup's form, and the
# declaration's form, which the visitor's page shows and whose words for symptoms the lists use.
MEANT = {
    ("front", "checkin.accounts.views"),
    ("exposure", "checkin.cases.views"),
    ("visits", "checkin.declarations.forms"),
    ("exposure", "checkin.declarations.forms"),
}


@pytest.mark.parametrize("path", FEATURE_FILES, ids=names_of)
def test_a_feature_does_not_import_another_features_pages(path):
    for name in imports(path):
        parts = name.split(".")
        if len(parts) > 2 and parts[1] in ORDER and parts[1] != path.parent.name and parts[2] in CLOSED:
            assert (path.parent.name, ".".join(parts[:3])) in MEANT, f"{names_of(path)} imports {name}"


# The lookup ranks in the database, which takes a module of queries of its own.
READING = {"queries", "ranking"}
SQL_HOMES = READING | {"service", "models"}
SQL_CALLS = {"select", "insert", "update", "delete", "text"}


@pytest.mark.parametrize("path", FEATURE_FILES, ids=names_of)
def test_sql_stands_in_queries_and_service_alone(path):
    """SQL that drifts into pages cannot be scoped, counted or made fast in one place."""
    if path.stem in SQL_HOMES or path.parent.name == "demo":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert not (node.value.id in {"sa", "sqlalchemy"} and node.attr in SQL_CALLS), names_of(path)
            assert not (node.attr == "query" and node.value.id[:1].isupper()), names_of(path)


@pytest.mark.parametrize("path", [p for p in FEATURE_FILES if p.stem == "service"], ids=names_of)
def test_a_service_flushes_and_never_commits(path):
    """One commit per request, in the view: so a request is whole or not at all."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not (isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"}), names_of(path)


PURE = {
    "checkin/exposure/overlap.py",
    "checkin/exposure/exports.py",
    "checkin/visits/stays.py",
    "checkin/store/retention.py",
    "checkin/visits/tokens.py",
    "checkin/declarations/triage.py",
    "checkin/declarations/told.py",
    "checkin/people/cards.py",
    "checkin/people/idnumbers.py",
    "checkin/people/identity.py",
    "checkin/loading/files.py",
    "checkin/loading/rows.py",
    "checkin/venues/codes.py",
    "checkin/venues/posters.py",
    "checkin/places/lookup.py",
    "checkin/audit/entry.py",
    "checkin/cells.py",
    "checkin/fold.py",
    "checkin/names.py",
    "checkin/phones.py",
}


@pytest.mark.parametrize("name", sorted(PURE))
def test_a_rule_knows_neither_flask_nor_the_database(name):
    """A rule that needs nothing can be tested against an oracle a thousand times a second."""
    source = (ROOT / name).read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        module = getattr(node, "module", None) or ""
        for imported in [module, *(a.name for a in getattr(node, "names", []) if isinstance(node, ast.Import))]:
            assert imported.split(".")[0] not in {"flask", "flask_babel", "sqlalchemy", "wtforms"}, name
            assert not imported.startswith("checkin.db"), name


@pytest.mark.parametrize("path", MODULES, ids=names_of)
def test_only_the_clock_asks_the_time(path):
    """Else no test can hold it still, and zones are mixed."""
    if path.name == "clock.py":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            assert not (
                isinstance(owner, ast.Name)
                and owner.id in {"datetime", "date"}
                and node.func.attr in {"now", "today", "utcnow"}
            ), names_of(path)


@pytest.mark.parametrize("path", [p for p in FEATURE_FILES if p.stem in SQL_HOMES], ids=names_of)
def test_services_and_queries_take_the_clock_as_an_argument(path):
    assert "clock.now(" not in path.read_text(encoding="utf-8")
    assert "clock.today(" not in path.read_text(encoding="utf-8")
    assert "current_user" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", MODULES, ids=names_of)
def test_a_module_is_small_enough_to_read(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 330, names_of(path)


RULE_FILES = [p for p in FEATURE_FILES if p.stem in READING | {"service"}] + [ROOT / name for name in sorted(PURE)]


@pytest.mark.parametrize("path", RULE_FILES, ids=names_of)
def test_public_functions_of_services_queries_and_rules_say_what_they_give(path):
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{names_of(path)}: {node.name}"


def test_nothing_speaks_of_the_place_where_it_was_made():
    """The project speaks of itself alone."""
    words = ["/work/" + "main", "/root/", "hel" + "per session", "sub" + "agent"]
    for path in ROOT.rglob("*"):
        inside = path.relative_to(ROOT).parts
        if (
            not path.is_file()
            or inside[0] in {".venv", ".git", "instance", "node_modules"}
            or path.suffix in {".png", ".csv", ".mo", ".pyc"}
        ):
            continue
        if inside[:2] == ("static", "vendor") or inside[0].startswith("."):
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        for word in words:
            assert word not in text or path == Path(__file__), f"{path.relative_to(ROOT)} names {word}"
