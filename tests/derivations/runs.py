"""What the tests of runs share: cases of people who met, and runs over them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from checkin.audit.entry import Actor
from checkin.cases import service as cases
from checkin.cases.models import Case, case_visit, kept_declaration, kept_visit
from checkin.cases.service import CaseFacts
from checkin.derivations import jobs, service
from checkin.derivations.models import KEEP, TODAY, Derivation
from checkin.derivations.queries import Which
from checkin.vault import Vault
from checkin.visits.models import Visit
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import vault_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TABLES = (case_visit, kept_visit, kept_declaration)


def somebody(number: int) -> cast.Identity:
    """One of many people."""
    return cast.Identity(
        full_name=f"Người Thứ {number}", birth_year=1980, gender="male", phone=f"+8491234{number:04d}",
        province_id="22", commune_id="06652",
    )  # fmt: skip


def outbreak(app: Flask, session: Session, vault: Vault, count: int, at: Any = NOW) -> None:
    """So many people who were at a market an hour apart, each of them an open case, of which nothing is kept yet."""
    market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
    for number in range(count):
        told = cast.healthy(somebody(number))
        came = factories.check_in(app, session, vault, market, told, at=at - 2 * DAY + number * HOUR)
        factories.check_in(app, session, vault, market, told, at=at - DAY + number * HOUR / 4)
        case = cases.open_case(
            session, now=at, actor=factories.SYSTEM, facts=CaseFacts(title=f"Ca {number}", disease="covid-19")
        )
        session.flush()
        case.person_id = session.scalars(sa.select(Visit.person_id).where(Visit.id == came.visit_id)).one()
    session.commit()


def officers_run(app: Flask, session: Session) -> tuple[UUID, Actor]:
    """A run over three cases whose rules are old, asked for by an officer; and who asked."""
    vault = vault_of(app)
    outbreak(app, session, vault, 3)
    officer = factories.account(session, vault, "cdc", ("mai@cdc", "mật khẩu dài của Mai")).actor
    session.execute(sa.update(Case).values(rules_on=(NOW - 400 * DAY).date()))
    run = service.ask(
        session, now=NOW, actor=officer, which=Which(), rules=TODAY, rules_on=NOW.date(), reason="Quy tắc mới"
    )
    run_id = run.id
    session.commit()
    return run_id, officer


def rows(session: Session) -> list[set[str]]:
    """Everything that is kept, row by row."""
    return [set(map(repr, session.execute(sa.select(table)).all())) for table in TABLES]


def asked(session: Session, *, rules: str = KEEP, now: Any = NOW, **more: Any) -> Derivation:
    """A run that is asked for by a command and claimed."""
    which = Which(**{name: more.pop(name) for name in ("seqs", "disease") if name in more})
    day = more.pop("rules_on", None) or NOW.date()
    run = service.ask(session, now=now, actor=jobs.COMMAND, which=which, rules=rules, rules_on=day, **more)
    service.claim(session, now=now, run_id=run.id)
    session.commit()
    return run


def worked(session: Session, **more: Any) -> Derivation:
    """A run that is asked for and worked on to its end."""
    return finished(session, asked(session, **more))


def finished(session: Session, run: Derivation) -> Derivation:
    """What is left of a run worked on; afterwards the session sees everything again."""
    jobs.work(run.id)
    session.info.pop("scope")
    session.rollback()
    session.refresh(run)
    return run


def each_alone(app: Flask, session: Session) -> None:
    """What the button of each open case does."""
    for case in session.scalars(sa.select(Case).order_by(Case.seq)).all():
        cases.freeze(session, now=NOW, actor=factories.SYSTEM, case=case, rules=factories.rules(app))
