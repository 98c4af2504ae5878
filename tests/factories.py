"""Makers of what tests need in the database."""

import re
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from checkin import scope
from checkin.accounts import service as accounts
from checkin.accounts.models import Account
from checkin.accounts.signing import password_step
from checkin.audit.entry import Actor
from checkin.cases.models import Case
from checkin.cases.service import CaseFacts, open_case
from checkin.db import db
from checkin.declarations.told import Told
from checkin.ids import new_id
from checkin.rules import RuleBook, RuleSet
from checkin.vault import Vault
from checkin.venues import queries as venue_queries
from checkin.venues import service as venues
from checkin.venues.models import Code, Venue
from checkin.venues.queries import Door
from checkin.venues.service import VenueFacts
from checkin.visits import service as visits
from checkin.visits.models import Visit
from checkin.visits.service import CheckIn
from tests import cast
from tests.conftest import NOW

SYSTEM = Actor.command("test")
HA_TU, HONG_GAI = "06652", "06685"


def rules(app: Flask, moment: datetime = NOW) -> RuleSet:
    """The rules in force."""
    book: RuleBook = app.extensions["checkin_rules"]
    return book.on(moment.date())


def account(session: Session, vault: Vault, role: str, who: tuple[str, str], commune_id: str | None = None) -> Account:
    """An account of the cast."""
    return accounts.create(
        session, vault, now=NOW, actor=SYSTEM, login=who[0], password=who[1], role=role, commune_id=commune_id
    )


def venue(
    session: Session,
    vault: Vault,
    name: str = "Siêu thị Bạch Đằng",
    *,
    owner: Account | None = None,
    **facts: str | None,
) -> Venue:
    """A venue with its code."""
    values = {
        "kind": "supermarket",
        "address": "Số 12, đường Trần Phú",
        "commune_id": HONG_GAI,
        "phone": "+842033825499",
    }
    return venues.register(
        session,
        vault,
        now=NOW - timedelta(days=1),
        actor=owner.actor if owner else SYSTEM,
        facts=VenueFacts(name=name, **{**values, **facts}),  # type: ignore[arg-type]
    )


def code_of(session: Session, venue: Venue) -> str:
    """The venue's own code."""
    return session.scalars(sa.select(Code.code).where(Code.venue_id == venue.id, Code.zone_id.is_(None))).one()


def door(session: Session, venue: Venue) -> Door:
    """The venue's own door."""
    found = venue_queries.door(session, code_of(session, venue))
    assert found is not None
    return found


def check_in(
    app: Flask,
    session: Session,
    vault: Vault,
    where: Venue,
    told: Told | None = None,
    *,
    at: datetime = NOW,
    device: bytes | None = None,
) -> CheckIn:
    """A visit through the service, as a form makes it."""
    return visits.check_in(
        session,
        vault,
        now=at,
        rules=rules(app, at),
        door=door(session, where),
        told=told or cast.healthy(),
        submission_id=new_id(at),
        device=device,
    )


def case(session: Session, title: str = "Chợ Hạ Long 1, khu hải sản") -> Case:
    """An open case."""
    return open_case(session, now=NOW, actor=SYSTEM, facts=CaseFacts(title=title, disease="covid-19"))


def all_visits(session: Session) -> list[Visit]:
    """Every visit, by entry."""
    session.expire_all()
    return list(session.scalars(sa.select(Visit).order_by(Visit.entered_at, Visit.id)))


def sign_in(client: FlaskClient, who: tuple[str, str]) -> None:
    """Sign in through the page."""
    answer = client.post(
        "/sign-in", data={"login": who[0], "password": who[1], "csrf_token": token(client, "/sign-in")}
    )
    assert answer.status_code == 302, answer.text


def signs_in(session: Session, vault: Vault, who: tuple[str, str], roles: set[str]) -> Account | None:
    """The account that a login and password fit, as the first step of signing in finds it."""
    return password_step(session, vault, login=who[0], password=who[1], roles=roles).account


def token(client: FlaskClient, page: str) -> str:
    """The CSRF token of a page."""
    answer = client.get(page)
    assert answer.status_code == 200, answer.text
    return hidden(answer.text, "csrf_token")


def hidden(html: str, name: str) -> str:
    """The value of a hidden field of a page."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', html)
    assert found, f"no field {name}"
    return found[1]


def submission(client: FlaskClient, code: str, query: str = "?new=1") -> str:
    """A fresh submission id from the page of a code."""
    return hidden(client.get(f"/v/{code}{query}").text, "submission")


def commit() -> None:
    """Commit the session of the application context."""
    db.session.commit()


def set_owner(session: Session, owner: Account) -> None:
    """Let the database know on whose behalf the session asks, as signing in does."""
    scope.enter(session, scope.Scope.of_account(owner))
