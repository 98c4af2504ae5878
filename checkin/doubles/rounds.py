"""The search within the server's own rounds."""

from sqlalchemy.orm import Session

from checkin import clock, context
from checkin.doubles import finding


def find_round(session: Session) -> None:
    """Look for pairs among those who are new, where this process owns the tables; else a timer of the machine calls
    `flask visits doubles`."""
    config, now = context.config(), clock.now()
    if config.migrate_url == config.database_url:
        finding.find(session, context.vault(), now=now, rules=context.rules(clock.to_local(now).date()))
