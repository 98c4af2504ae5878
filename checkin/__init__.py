"""QR venue check-in, medical declaration and exposure lookup for a provincial CDC."""

import os
from functools import partial
from importlib import import_module

from flask import Flask

from checkin import cli, db, errors, i18n, keywatch, logs, metrics, packed, replica, web
from checkin.approvals.limits import Limits
from checkin.audit.unusual import Bounds
from checkin.cases import keeping
from checkin.clusters import piles, shared
from checkin.commitments import texts
from checkin.config import ROOT, Config
from checkin.contacts import asking
from checkin.declarations.triage import TriageRules
from checkin.duty.aims import Aims
from checkin.exposure import scoring
from checkin.features import FEATURES
from checkin.me import telling
from checkin.monitoring.plan import Plan
from checkin.notices import answering, lasting
from checkin.rights import deadlines
from checkin.rights import keeping as requests
from checkin.rules import Check, RuleBook
from checkin.vault import Vault
from checkin.venues.kinds import KINDS
from checkin.visits import flags, stays

# Who reads a section of the rules also checks it, at the start.
RULE_CHECKS: dict[str, Check] = {
    "triage": TriageRules.from_dict,
    "stays": partial(stays.check, kinds=KINDS),
    "flags": partial(flags.check, kinds=KINDS),
    "oversight": lambda data: (
        Limits.from_dict(data["second_person"]),
        Bounds.from_dict(data["unusual"]),
        lasting.lasts(data),
    ),  # fmt: skip
    "rights": deadlines.check,
    "commitment": texts.check,
    "followup": lambda data: (asking.checked(data), Plan.from_dict(data["tests"]), Aims.from_dict(data["aims"])),
    "signals": lambda data: (shared.Limits.from_dict(data["clusters"]), piles.Bounds.from_dict(data["piles"])),
    "ranking": partial(scoring.check, kinds=KINDS),
}


def create_app(config: Config | None = None, vault: Vault | None = None) -> Flask:
    """The application of one tier, ready to serve."""
    config = config or Config.from_env(os.environ)
    logs.configure(config)
    vault = vault or keywatch.load(config)
    app = Flask("checkin", root_path=str(ROOT), instance_path=str(config.instance))
    app.extensions["checkin_config"] = config
    app.extensions["checkin_rules"] = RuleBook.load(config.rules, RULE_CHECKS)
    keywatch.init_app(app, vault)
    db.init_app(app, config)
    replica.init_app(app, config)
    i18n.init_app(app)
    errors.init_app(app)
    # Before anything else that runs around a request: it starts the clock that the others read.
    logs.init_app(app)
    metrics.init_app(app)
    web.init_app(app, config)
    packed.init_app(app)
    accounts_access = import_module("checkin.accounts.access")
    accounts_access.init_app(app)
    for feature in FEATURES:
        accounts_access.mount(app, feature, config.tier)
    # In every tier: whichever process takes a day out of the store, cases keep what is theirs.
    keeping.connect()
    for room in ("contacts", "replies", "nearby", "exposure"):
        import_module(f"checkin.{room}.keeping").connect()
    # Modules with pages are loaded late: some of them ask for the application as they are.
    import_module("checkin.exposure.second").connect()
    import_module("checkin.exposure.gathering").connect()
    import_module("checkin.workers.keeping").connect()
    import_module("checkin.accounts.naming").connect()
    import_module("checkin.invitations.naming").connect()
    # And whichever process reads a list, the visitors on it are told.
    telling.connect()
    answering.connect()
    requests.connect()
    cli.init_app(app)
    return app


__all__ = ["create_app"]
