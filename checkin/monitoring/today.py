"""Those in quarantine as pages show them today."""

from checkin import clock, context
from checkin.contacts.models import Contact
from checkin.db import db
from checkin.monitoring import queries
from checkin.monitoring.plan import Plan
from checkin.monitoring.queries import Watched


def plan() -> Plan:
    """Today's plan of tests."""
    return Plan.from_dict(context.rules(clock.today())["followup"]["tests"])


def today_of(contact: Contact) -> Watched:
    """One of them today."""
    return queries.watched(contact, queries.checks_of(db.session(), [contact.id])[contact.id], plan(), clock.today())
