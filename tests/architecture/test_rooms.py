"""The rooms of the project. Each rule says why it is one: a newcomer finds the place of a change by folder."""

import ast
from pathlib import Path

import pytest

from tests.architecture.each import each

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ROOT / "checkin"

# Lower tiers first. A feature imports lower tiers, and within its tier only what stands before it:
# without a direction feature folders grow cycles, and then no change is local any more.
TIERS = (
    ("audit", "messages", "places", "accounts", "invitations", "owners"),
    ("venues", "zones", "posters", "commitments", "register"),
    ("people", "joins", "declarations", "visits", "calls"),
    ("personcards", "desk", "handovers", "claims", "checkpoints", "store", "loading"),
    (
        "approvals",
        "movements",
        "cases",
        "casefacts",
        "derivations",
        "contacts",
        "monitoring",
        "workers",
        "exposure",
        "doubles",
        "notices",
        "replies",
        "duty",
        "clusters",
        "chains",
    ),
    ("me", "rights", "stations", "safetymap", "reports", "api", "contactlists", "nearby", "front"),
    # Tools over the whole database: nothing imports them.
    ("backup", "keyring", "demo"),
)
ORDER = [feature for tier in TIERS for feature in tier]
# Rooms that the design names for later.
LATER = {"checkpoints", "safetymap"}
FEATURE_FILES = sorted(path for path in PRODUCT.glob("*/*.py") if path.parent.name in ORDER)
# What other features never import: pages (whatever makes a blueprint), commands and forms.
CLOSED = {"cli", "forms"} | {path.stem for path in FEATURE_FILES if "Blueprint(" in path.read_text(encoding="utf-8")}
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
    assert set(ORDER) - folders == LATER


def test_pages_are_found_by_what_makes_them_pages():
    assert {"views", "own", "admin", "casework", "deciding", "downloads", "joining", "links", "second"} <= CLOSED


@each(FEATURE_FILES, names_of)
def test_a_feature_imports_only_what_stands_before_it(path):
    own = ORDER.index(path.parent.name)
    for name in imports(path):
        parts = name.split(".")
        if len(parts) > 1 and parts[1] in ORDER and parts[1] != path.parent.name:
            assert ORDER.index(parts[1]) < own, f"{names_of(path)} imports {name}, which stands higher"


# Doors that are meant: where signing in leads to, the names of diseases on the lookup's form, the declaration's form,
# which the visitor's page shows and whose words for symptoms the lists and copies use, a moment as it is typed, and
# putting readings on record.
MEANT = {
    ("front", "checkin.accounts.views"),
    ("exposure", "checkin.cases.views"),
    ("clusters", "checkin.cases.views"),
    ("chains", "checkin.cases.views"),
    ("notices", "checkin.exposure.forms"),
    # Names of diseases and states, and where movements are typed in beside the time line.
    ("casefacts", "checkin.cases.views"),
    ("casefacts", "checkin.cases.forms"),
    ("casefacts", "checkin.declarations.forms"),
    ("exposure", "checkin.movements.forms"),
    # A case that is opened from a declaration has its facts on the form.
    ("exposure", "checkin.casefacts.forms"),
    ("replies", "checkin.exposure.forms"),
    ("replies", "checkin.declarations.forms"),
    ("visits", "checkin.declarations.forms"),
    ("desk", "checkin.declarations.forms"),
    ("calls", "checkin.declarations.forms"),
    ("stations", "checkin.declarations.forms"),
    # The CDC calls whom no station does, with the same questions.
    ("stations", "checkin.contacts.forms"),
    ("exposure", "checkin.contacts.forms"),
    ("contacts", "checkin.declarations.forms"),
    # The same page says how an F1 is, by a station and by the CDC.
    ("monitoring", "checkin.declarations.forms"),
    ("stations", "checkin.monitoring.forms"),
    ("exposure", "checkin.monitoring.forms"),
    ("personcards", "checkin.declarations.forms"),
    ("exposure", "checkin.declarations.forms"),
    ("doubles", "checkin.declarations.forms"),
    ("rights", "checkin.declarations.forms"),
    ("rights", "checkin.exposure.recording"),
    ("doubles", "checkin.exposure.recording"),
}


@each(FEATURE_FILES, names_of)
def test_a_feature_does_not_import_another_features_pages(path):
    for name in imports(path):
        parts = name.split(".")
        if len(parts) > 2 and parts[1] in ORDER and parts[1] != path.parent.name and parts[2] in CLOSED:
            assert (path.parent.name, ".".join(parts[:3])) in MEANT, f"{names_of(path)} imports {name}"


# The lookup ranks and counts groups in the database, and likely doubles are compared there: each takes a module of
# queries of its own.
READING = {"queries", "ranking", "scored", "doubles", "groups", "finding", "areas", "attendance", "others", "derived"}
# What a round of shifts writes takes a module beside the service of what owners write; so does what is kept for a case
# whose person was joined with another, and the step of a contact, which two rooms take.
SQL_HOMES = READING | {"service", "filing", "regrouping", "steps", "models"}
SQL_CALLS = {"select", "insert", "update", "delete", "text"}


@each(FEATURE_FILES, names_of)
def test_sql_stands_in_queries_and_service_alone(path):
    """SQL that drifts into pages cannot be scoped, counted or made fast in one place."""
    if path.stem in SQL_HOMES or path.parent.name == "demo":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert not (node.value.id in {"sa", "sqlalchemy"} and node.attr in SQL_CALLS), names_of(path)
            assert not (node.attr == "query" and node.value.id[:1].isupper()), names_of(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            # `session.get(Model, id)` is a SELECT too; a constant's name is of capitals alone.
            first = getattr(node.args[0], "id", "")
            model = first[:1].isupper() and not first.isupper()
            assert not (node.func.attr in {"get", "get_one"} and model), f"{names_of(path)}: {first}"


@each([p for p in FEATURE_FILES if p.stem == "service"], names_of)
def test_a_service_flushes_and_never_commits(path):
    """One commit per request, in the view: so a request is whole or not at all."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not (isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"}), names_of(path)


PURE = {
    "checkin/api/shapes.py",
    "checkin/contactlists/columns.py",
    "checkin/contactlists/entries.py",
    "checkin/contactlists/tables.py",
    "checkin/exposure/overlap.py",
    "checkin/exposure/exports.py",
    "checkin/visits/stays.py",
    "checkin/store/retention.py",
    "checkin/visits/tokens.py",
    "checkin/visits/corrections.py",
    "checkin/visits/outcomes.py",
    "checkin/visits/remembered.py",
    "checkin/rights/deadlines.py",
    "checkin/declarations/triage.py",
    "checkin/declarations/told.py",
    "checkin/people/cards.py",
    "checkin/people/typedout.py",
    "checkin/people/idnumbers.py",
    "checkin/people/identity.py",
    "checkin/register/columns.py",
    "checkin/register/communes.py",
    "checkin/register/hours.py",
    "checkin/register/kinds.py",
    "checkin/register/planning.py",
    "checkin/register/rows.py",
    "checkin/register/running.py",
    "checkin/register/sameness.py",
    "checkin/register/tables.py",
    "checkin/register/workbook.py",
    "checkin/calls/journeys.py",
    "checkin/stations/worklist.py",
    "checkin/me/paper.py",
    "checkin/notices/history.py",
    "checkin/notices/lasting.py",
    "checkin/notices/stays.py",
    "checkin/csvlines.py",
    "checkin/loading/files.py",
    "checkin/loading/rows.py",
    "checkin/venues/codes.py",
    "checkin/zones/series.py",
    "checkin/messages/letter.py",
    "checkin/desk/kinds.py",
    "checkin/people/scanned.py",
    "checkin/people/cardphoto.py",
    "checkin/personcards/codes.py",
    "checkin/personcards/face.py",
    "checkin/personcards/lists.py",
    "checkin/posters/bundles.py",
    "checkin/posters/layouts.py",
    "checkin/posters/lettering.py",
    "checkin/posters/paper.py",
    "checkin/posters/pdf.py",
    "checkin/posters/picture.py",
    "checkin/posters/portrait.py",
    "checkin/posters/poster.py",
    "checkin/posters/sticker.py",
    "checkin/posters/symbols.py",
    "checkin/posters/tent.py",
    "checkin/posters/words.py",
    "checkin/venues/alike.py",
    "checkin/venues/duties.py",
    "checkin/venues/nesting.py",
    "checkin/venues/plates.py",
    "checkin/commitments/texts.py",
    "checkin/stations/silence.py",
    "checkin/contacts/judging.py",
    "checkin/nearby/offering.py",
    "checkin/movements/merging.py",
    "checkin/contacts/asking.py",
    "checkin/monitoring/plan.py",
    "checkin/duty/aims.py",
    "checkin/visits/hours.py",
    "checkin/places/lookup.py",
    "checkin/approvals/limits.py",
    "checkin/audit/entry.py",
    "checkin/audit/exporting.py",
    "checkin/audit/seals.py",
    "checkin/audit/unusual.py",
    "checkin/accounts/devices.py",
    "checkin/accounts/factors.py",
    "checkin/accounts/limits.py",
    "checkin/accounts/passwords.py",
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


@each(MODULES, names_of)
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


@each([p for p in FEATURE_FILES if p.stem in SQL_HOMES], names_of)
def test_services_and_queries_take_the_clock_as_an_argument(path):
    assert "clock.now(" not in path.read_text(encoding="utf-8")
    assert "clock.today(" not in path.read_text(encoding="utf-8")
    assert "current_user" not in path.read_text(encoding="utf-8")


@each(MODULES, names_of)
def test_a_module_is_small_enough_to_read(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 330, names_of(path)


RULE_FILES = [p for p in FEATURE_FILES if p.stem in READING | {"service"}] + [ROOT / name for name in sorted(PURE)]


@each(RULE_FILES, names_of)
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
