"""Who asks, and which rows are theirs: the first of two walls; the second one is in `staffrows.py`.

The door (`accounts/access.py`) makes one `Scope` of the signed-in account and lays it in the request's session;
commands and rounds lay theirs. From there both walls read it: the conditions that queries take from `rows`, and
the settings that row-level security reads. A session without a scope is a visitor's or a command's: on PostgreSQL
it sees no row of personal data in the staff tier.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import ORMExecuteState, Session

from checkin.db import Model, set_scope
from checkin.errors import AccessDenied
from checkin.tablesread import tables_of

if TYPE_CHECKING:
    from checkin.accounts.models import Account

OWNER, COMMUNE, CDC, COMMAND, ADMIN = "owner", "commune", "cdc", "command", "admin"
STAFF = (COMMUNE, CDC, COMMAND, ADMIN)
Condition = sa.ColumnElement[bool]
Rule = Callable[[Any, "Scope"], Condition]


@dataclass(frozen=True)
class Scope:
    """Who asks: role, account, a station's commune, and the case or lookup for which people are read."""

    role: str = ""
    account: UUID | None = None
    commune: str | None = None
    purpose: UUID | None = None

    @classmethod
    def of_account(cls, account: "Account") -> "Scope":
        """The scope of somebody who signed in."""
        return cls(account.role, account.id, account.commune_id)


# Rounds and commands of the staff tier: accounts, files and the log; they read no person.
SYSTEM = Scope("system")
# Commands that work on a case as an officer does, and read people for it alone.
CASEWORK = Scope(CDC)
# Marks a SELECT that gives sums, or a link of the log, and so nobody's row.
_SUMS = "gives_sums"
SUMS = {_SUMS: True}


def enter(session: Session, scope: Scope) -> None:
    """Lay the scope in the session, for both walls, until another one comes or the session ends."""
    set_scope(
        session,
        role=scope.role,
        account=scope.account,
        commune=scope.commune,
        purpose=scope.purpose,
        owner=scope.account if scope.role == OWNER else None,
    )


@contextmanager
def under(session: Session, other: Scope) -> Iterator[None]:
    """Work under another scope, whichever it is, for a while: the one that was there comes back whatever happens."""
    who = current(session)
    enter(session, other)
    try:
        yield
    except BaseException:
        # A transaction that the database gave up takes no word any more; the next one begins with what is kept.
        with suppress(SQLAlchemyError):
            enter(session, who)
        raise
    enter(session, who)


def current(session: Session) -> Scope:
    """The scope that lies in the session."""
    kept: dict[str, str] = session.info.get("scope", {})
    if not kept.get("checkin.role"):
        return Scope()
    account, commune, purpose = (kept.get(f"checkin.{name}") for name in ("account", "commune", "purpose"))
    return Scope(
        kept["checkin.role"],
        UUID(account) if account else None,
        commune or None,
        UUID(purpose) if purpose else None,
    )


def bind(session: Session, purpose: UUID) -> None:
    """Say for which case or lookup people are read from here on; both walls want it of the CDC."""
    enter(session, replace(current(session), purpose=purpose))


def rows(session: Session, table: Any) -> Condition:
    """What a row must fulfil to be one of the session's scope; `table` is a model, a table or an alias of one."""
    source = getattr(table, "__table__", table)
    scope = current(session)
    rule = sight(scope, getattr(source, "element", source).name)
    return sa.false() if rule is None else rule(source.c, scope)


def counted(session: Session, commune: Any) -> Condition:
    """What a row must fulfil to count in sums for the session's scope: a station counts its own commune."""
    scope = current(session)
    if scope.role == COMMUNE:
        return sa.and_(commune.is_not(None), commune == scope.commune)
    return sa.true() if scope.role in (CDC, COMMAND, ADMIN) else sa.false()


def sight(scope: Scope, table: str) -> Rule | None:
    """The rule for the rows of a table that this scope may see; None where it sees none."""
    if not scope.role or table not in PROTECTED:
        return _every
    if scope.role == CDC and table in PEOPLE:
        return _every if scope.purpose else None
    return RIGHTS[scope.role].get(table) if scope.role in RIGHTS else None


def _every(_row: Any, _scope: Scope) -> Condition:
    return sa.true()


def _with_purpose(_row: Any, scope: Scope) -> Condition:
    return sa.true() if scope.purpose else sa.false()


def _own(column: str) -> Rule:
    return lambda row, scope: sa.and_(row[column] == scope.account)


def _in_commune(row: Any, scope: Scope) -> Condition:
    return sa.and_(row.commune_id.is_not(None), row.commune_id == scope.commune)


def _out(row: Any, _scope: Scope) -> Condition:
    return sa.and_(row.state.in_(("published", "withdrawn")))


def _staff(row: Any, _scope: Scope) -> Condition:
    return sa.and_(row.role.in_(STAFF))


def _own_file(row: Any, scope: Scope) -> Condition:
    export = _table("export")
    return sa.exists().where(export.c.id == row.export_id, export.c.made_by == scope.account)


def _own_part(row: Any, scope: Scope) -> Condition:
    register = _table("register_import")
    return sa.exists().where(register.c.id == row.import_id, register.c.made_by == scope.account)


def _at(column: str, of: Callable[[Scope], object]) -> Rule:
    def rule(row: Any, scope: Scope) -> Condition:
        venue = _table("venue")
        return sa.and_(row.venue_id.in_(sa.select(venue.c.id).where(venue.c[column] == of(scope))))

    return rule


def _of_own_worker(row: Any, scope: Scope) -> Condition:
    # Its id alone: the public role may not read all of a worker.
    worker = _table("worker")
    own = _at("owner_id", lambda _scope: scope.account)(worker.c, scope)
    return sa.and_(row.worker_id.in_(sa.select(worker.c.id).where(own)))


_at_commune = _at("commune_id", lambda scope: scope.commune)


def _at_or_from_commune(row: Any, scope: Scope) -> Condition:
    """A visit at a venue of the commune, or of somebody who said to live there; not what was copied of a card."""
    person, told = _table("person").c, _table("declaration").c
    return sa.or_(
        _at_commune(row, scope),
        sa.exists().where(person.id == row.person_id, person.commune_id == scope.commune),
        sa.exists().where(told.person_id == row.person_id, told.commune_id == scope.commune, told.triage != "none"),
    )


def _step_of_commune(row: Any, scope: Scope) -> Condition:
    """What this station did, and what others did about somebody who is in its list now."""
    call = _table("station_call")
    here = sa.exists().where(call.c.id == row.call_id, call.c.commune_id == scope.commune)
    return sa.or_(_in_commune(row, scope), here)


def _of_contact_in_commune(row: Any, scope: Scope) -> Condition:
    contact = _table("contact")
    return sa.exists().where(contact.c.id == row.contact_id, contact.c.commune_id == scope.commune)


def _own_posters(row: Any, scope: Scope) -> Condition:
    job = _table("poster_job")
    return sa.exists().where(job.c.id == row.job_id, job.c.made_by == scope.account)


def _table(name: str) -> Any:
    # Another one than a query may have in its own FROM.
    return Model.metadata.tables[name].alias()


# What people told, and the copies that cases keep of it: for the CDC bound to a case or lookup.
PEOPLE = frozenset({
    "visit", "declaration", "person", "person_card", "kept_visit", "kept_declaration", "case_visit", "notice_text",
    "notice_answer", "station_call", "station_step", "contact", "contact_step", "contact_check", "contact_near",
    "told_move", "met_person",
})  # fmt: skip
# Whose rows are for some roles alone; the rest is on every wall (places, zones, codes) or never read (submissions).
PROTECTED = PEOPLE | {
    "venue", "account", "account_session", "recovery_code", "case", "lookup", "lookup_venue", "export", "export_part",
    "audit", "audit_waiting", "finding", "finding_entry", "approval", "reading", "rights_request", "message",
    "contact_code", "invitation", "desk_link", "poster_job", "poster_file", "commitment", "handover", "venue_claim",
    "register_import", "register_part", "register_number", "worker", "shift_change", "notice", "case_step",
    "case_window", "duty_handover", "signal", "signal_step", "infection", "notice_receipt", "notice_draft", "api_token",
    "api_call", "list_heading", "derivation", "pair", "pair_step", "pair_scan", "joined",
}  # fmt: skip
_ROUNDS = (
    "venue", "account", "case", "lookup", "lookup_venue", "export", "export_part", "audit", "finding", "finding_entry",
    "derivation", "approval", "message", "contact_code", "invitation", "poster_job", "poster_file", "register_import",
    "register_part", "register_number", "worker", "shift_change", "case_step", "case_window", "signal", "api_token",
    "api_call",
)  # fmt: skip
RIGHTS: dict[str, dict[str, Rule]] = {
    # Visits for counting alone: no page of an owner reads one.
    OWNER: {
        "venue": _own("owner_id"),
        "visit": _at("owner_id", lambda own: own.account),
        "account": _own("id"),
        "desk_link": _at("owner_id", lambda own: own.account),
        "contact_code": _own("account_id"),
        "commitment": _at("owner_id", lambda own: own.account),
        "handover": _at("owner_id", lambda own: own.account),
        "venue_claim": _own("account_id"),
        "worker": _at("owner_id", lambda own: own.account),
        "shift_change": _of_own_worker,
    },
    COMMUNE: {
        "commitment": _at_commune,
        "handover": _at_commune,
        "venue_claim": _at_commune,
        "visit": _at_or_from_commune,
        "declaration": _in_commune,
        "person": _in_commune,
        "station_call": _in_commune,
        "station_step": _step_of_commune,
        "contact": _in_commune,
        "contact_step": _of_contact_in_commune,
        "contact_check": _of_contact_in_commune,
        "notice_receipt": _in_commune,
        "person_card": _in_commune,
        "venue": _in_commune,
        "account": _own("id"),
        "register_import": _own("made_by"),
        "register_part": _own_part,
        # Which numbers are taken, whoever has them: they are public.
        "register_number": _every,
    },
    CDC: {
        "venue": _every,
        "commitment": _every,
        "handover": _every,
        "case": _every,
        "case_step": _every,
        **dict.fromkeys(("case_window", "derivation", "lookup"), _every),
        "lookup_venue": _every,
        "export": _every,
        "export_part": _own_file,
        "approval": _every,
        "notice": _every,
        "duty_handover": _every,
        **dict.fromkeys(("signal", "signal_step", "infection"), _every),
        **dict.fromkeys(("notice_receipt", "notice_draft"), _every),
        "reading": _every,
        # Who is one with whom, by ids alone; whose names they are is read for a purpose.
        **dict.fromkeys(("pair", "pair_step", "pair_scan", "joined"), _every),
        "rights_request": _every,
        # What owners keep of somebody is looked for as their visits are.
        "worker": _with_purpose,
        "account": _own("id"),
        # Of a program that acts as the CDC: what it did under which key.
        "api_call": _own("token_id"),
        "list_heading": _every,
    },
    COMMAND: {"account": _own("id")},
    ADMIN: {
        "account": _staff,
        "audit": _every,
        "finding": _every,
        "finding_entry": _every,
        "approval": _every,
        "message": _every,
        "invitation": _every,
        "register_import": _own("made_by"),
        "register_part": _own_part,
        "api_token": _every,
    },
    SYSTEM.role: dict.fromkeys(_ROUNDS, _every),
}
# Who prints posters of many codes sees what they asked for themselves.
for _role in (OWNER, COMMUNE, ADMIN):
    RIGHTS[_role] |= {"poster_job": _own("made_by"), "poster_file": _own_posters}
# What went out is everybody's.
for _role in (OWNER, COMMUNE, COMMAND, ADMIN):
    RIGHTS[_role] |= {"notice": _out}
# Whatever the role is: one's own sessions and recovery codes; commands and rounds let go of those that are over.
for _role, _tables_of in RIGHTS.items():
    _seen = _every if _role == SYSTEM.role else _own("account_id")
    # An administrator takes the codes of others out of use.
    _tables_of |= {"account_session": _seen, "recovery_code": _every if _role == ADMIN else _seen}


@event.listens_for(Session, "do_orm_execute")
def _refuse(state: ORMExecuteState) -> None:
    """No query of a role touches a table of which the role sees no row, whatever conditions it has forgotten."""
    scope = current(state.session)
    if not scope.role or not state.is_select or state.execution_options.get(_SUMS):
        return
    for table in tables_of(state.statement):
        if sight(scope, table) is None:
            raise AccessDenied("scope")
