"""What the running application was made with: configuration, keys, rules."""

from datetime import date

from flask import current_app

from checkin.config import Config
from checkin.rules import RuleBook, RuleSet
from checkin.vault import Vault


def config() -> Config:
    """The configuration of the running application."""
    value: Config = current_app.extensions["checkin_config"]
    return value


def vault() -> Vault:
    """The keys of the running application."""
    value: Vault = current_app.extensions["checkin_vault"]
    return value


def rules(day: date) -> RuleSet:
    """The rules in force on a day of the province."""
    book: RuleBook = current_app.extensions["checkin_rules"]
    return book.on(day)
