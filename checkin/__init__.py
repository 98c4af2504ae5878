"""QR venue check-in, medical declaration and exposure lookup for a provincial CDC."""

import os
from functools import partial
from importlib import import_module

from flask import Flask

from checkin import cli, db, errors, i18n, logs, metrics, replica, web
from checkin.cases import keeping
from checkin.config import ROOT, Config
from checkin.declarations.triage import TriageRules
from checkin.features import FEATURES
from checkin.rules import Check, RuleBook
from checkin.vault import Vault
from checkin.venues.kinds import KINDS
from checkin.visits import stays

# Who reads a section of the rules also checks it, at the start.
RULE_CHECKS: dict[str, Check] = {"triage": TriageRules.from_dict, "stays": partial(stays.check, kinds=KINDS)}


def create_app(config: Config | None = None, vault: Vault | None = None) -> Flask:
    """The application of one tier, ready to serve."""
    config = config or Config.from_env(os.environ)
    logs.configure(config)
    vault = vault or Vault.load(config.keys, config.tier)
    app = Flask("checkin", root_path=str(ROOT), instance_path=str(config.instance))
    app.extensions["checkin_config"] = config
    app.extensions["checkin_vault"] = vault
    app.extensions["checkin_rules"] = RuleBook.load(config.rules, RULE_CHECKS)
    db.init_app(app, config)
    replica.init_app(app, config)
    i18n.init_app(app)
    errors.init_app(app)
    # Before anything else that runs around a request: it starts the clock that the others read.
    logs.init_app(app)
    metrics.init_app(app)
    web.init_app(app, config, vault)
    accounts_access = import_module("checkin.accounts.access")
    accounts_access.init_app(app)
    for feature in FEATURES:
        accounts_access.mount(app, feature, config.tier)
    # In every tier: whichever process takes a day out of the store, cases keep what is theirs.
    keeping.connect()
    cli.init_app(app)
    return app


__all__ = ["create_app"]
