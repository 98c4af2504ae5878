"""Access is declared where a blueprint is mounted and denied everywhere else."""

import pytest

from checkin.accounts.models import ROLES
from checkin.features import FEATURES
from tests import cast, factories
from tests.worlds import inside

WHO = {"owner": cast.OWNER, "commune": cast.COMMUNE, "cdc": cast.CDC, "command": cast.COMMAND, "admin": cast.ADMIN}
# What anybody may open; written down here a second time, so that a widened declaration is noticed.
PUBLIC = {"health", "front", "accounts", "signup", "visits"}


def rules_of(app):
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def example(rule):
    """An address of a route, with identifiers that exist for nobody."""
    values = {
        "venue_id": "00000000-0000-7000-8000-000000000000",
        "account_id": "00000000-0000-7000-8000-000000000000",
        "lookup_id": "00000000-0000-7000-8000-000000000000",
        "export_id": "00000000-0000-7000-8000-000000000000",
        "code": "K7QF3M2P9XD",
        "number": "F0-0001",
        "what": "block",
        "form": "csv",
    }
    return rule.build({name: values[name] for name in rule.arguments})[1]


def test_every_route_belongs_to_a_mounted_blueprint(sqlite):
    app = sqlite.app()
    mounts = app.extensions["checkin_mounts"]
    for rule in rules_of(app):
        assert rule.endpoint.split(".")[0] in mounts, rule


def test_only_the_written_down_blueprints_are_open_to_anyone(sqlite):
    mounts = sqlite.app().extensions["checkin_mounts"]
    assert {name for name, feature in mounts.items() if feature.access == "anyone"} == PUBLIC


def test_a_route_without_a_declaration_is_refused(sqlite):
    app = sqlite.app()
    feature = app.extensions["checkin_mounts"].pop("front")
    try:
        assert app.test_client().get("/privacy").status_code == 403
    finally:
        app.extensions["checkin_mounts"]["front"] = feature


def test_strangers_are_sent_to_the_door_everywhere_else(sqlite):
    app = sqlite.app()
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        for rule in rules_of(app):
            if rule.endpoint.split(".")[0] in PUBLIC:
                continue
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                answer = app.test_client().open(example(rule), method=method)
                assert answer.status_code == 302, (method, rule, answer.status_code)
                assert answer.location.startswith("/sign-in"), rule
    finally:
        app.config["WTF_CSRF_ENABLED"] = True


@pytest.mark.parametrize("role", ROLES)
def test_each_role_meets_403_outside_its_blueprints(sqlite, role):
    app = sqlite.app()
    mounts = app.extensions["checkin_mounts"]
    with inside(app):
        vault = app.extensions["checkin_vault"]
        factories.account(factories.db.session(), vault, role, WHO[role], "06652" if role == "commune" else None)
        factories.commit()
    client = app.test_client()
    factories.sign_in(client, WHO[role])
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        for rule in rules_of(app):
            feature = mounts[rule.endpoint.split(".")[0]]
            allowed = feature.access in ("anyone", "signed in") or role in feature.access
            if rule.endpoint in {"own.sign_out"} or feature.access == "anyone":
                continue
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                status = client.open(example(rule), method=method).status_code
                assert (status != 403) == allowed, (role, method, str(rule), status)
                assert status < 500, (role, method, str(rule))
    finally:
        app.config["WTF_CSRF_ENABLED"] = True


@pytest.mark.parametrize(
    ("tier", "absent"),
    [
        ("public", "exposure"),
        ("public", "downloads"),
        ("public", "cases"),
        ("public", "casework"),
        ("public", "audit"),
        ("public", "reports"),
        ("staff", "visits"),
        ("staff", "venues"),
        ("staff", "signup"),
    ],
)
def test_pages_of_the_other_tier_do_not_exist(sqlite, tier, absent):
    app = sqlite.app(tier)
    assert absent not in app.blueprints
    full = sqlite.app()
    for rule in rules_of(full):
        if rule.endpoint.split(".")[0] == absent:
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                status = app.test_client().open(example(rule), method=method).status_code
                assert status in {404, 405}, (tier, rule, status)


def test_every_feature_names_a_blueprint_and_known_roles():
    for feature in FEATURES:
        assert feature.tiers <= {"public", "staff"}
        assert isinstance(feature.access, str) or feature.access <= set(ROLES)
