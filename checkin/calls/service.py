from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.batch import together
from checkin.calls.journeys import Journey
from checkin.calls.models import StationCall, StationStep
from checkin.declarations import service as declarations
from checkin.declarations.told import Told
from checkin.ids import derived_id, new_id
from checkin.people import queries as people
from checkin.people.service import identify
from checkin.rules import RuleSet
from checkin.vault import Vault
from checkin.venues.codes import ALPHABET
from checkin.visits import service as visits
from checkin.visits.outcomes import CheckIn, as_kept, kept

_INSERT = sa.insert(StationCall.__table__)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Receipt:
    """What the sender gets: a reference that says nothing of them, and when they declared."""

    reference: str
    made_at: datetime
    again: bool  # the same form was here before


def reference_of(vault: Vault, call_id: UUID) -> str:
    """The reference of a declaration without a venue, such as KB-K7QF3-M2PXA: 50 bits that say nothing of it."""
    letters = "".join(ALPHABET[byte % len(ALPHABET)] for byte in vault.index("call", str(call_id))[:10])
    return f"KB-{letters[:5]}-{letters[5:]}"


def declare(session: Session, vault: Vault, *, told: Told, journey: Journey, **more: Any) -> Receipt:
    """Record a declaration without a venue: `declare_together` of one person."""
    (receipt,) = declare_together(session, vault, told=[(told, journey)], **more)
    return receipt


def declare_together(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    rules: RuleSet,
    told: Sequence[tuple[Told, Journey]],
    submission_id: UUID,
    device: bytes | None = None,
) -> list[Receipt]:
    """Record the declarations of one form without a venue, each on the list of the commune it names, once and only
    once.

    A receipt for each, in the order of `told`; nobody may stand in it twice. The same submission with the same content
    gives the first receipts again; with other content (Back, changed, sent) they are new declarations, flagged: both
    are kept. Raises IntegrityError where PostgreSQL has no table for the day.
    """
    body = vault.index(
        "body", "\x1e".join(f"declare\x1f{one.fingerprint()}\x1f{journey.fingerprint()}" for one, journey in told)
    )
    flags: tuple[str, ...] = ()
    ids = [new_id(now) for _ in told]
    who = [declarations.person_indexes(vault, one.who) for one, _ in told]
    asked = [people.ask_with_name(one.name) for one in who]
    # What becomes of this form are calls, and stand where those of a door have their visits.
    result = as_kept([CheckIn(call_id, now, now, "new") for call_id in ids])
    earlier, answers = visits.claim(session, now, submission_id, body, result, None, asked)
    if earlier is not None and earlier[0] != body:
        submission_id, flags = derived_id(submission_id, body), (visits.RESENT,)
        earlier, answers = visits.claim(session, now, submission_id, body, result, None, asked)
    if earlier is not None:
        return [Receipt(reference_of(vault, one.visit_id), one.declared_at, True) for one in kept(earlier[2])]
    names = set()
    # Whoever declares the same people at the same moment, in whatever order, locks them in one order.
    for place in sorted(range(len(told)), key=lambda one: (who[one].name, who[one].id, who[one].phone)):
        one, journey = told[place]
        person_id = identify(
            session,
            now=now,
            told=who[place],
            # Of two with one name in a form the second may be known by now.
            known=None if who[place].name in names else people.read_with_name(answers[place]),
            commune_id=one.who.commune_id,
        )
        names.add(who[place].name)
        declared = declarations.row(
            vault, declaration_id=ids[place], made_at=now, person_id=person_id, rules=rules, told=one, flags=flags
        )
        values = {name: declared[name] for name in COPIED} | {
            "kind": journey.kind,
            "day": journey.listed_on(clock.to_local(now).date()),
            "details": vault.seal(one.details() | {"journey": journey.details()}),
            "reference": reference_of(vault, ids[place]),
            "device": device,
            "group_id": submission_id,
        }
        together(session, [(declarations.INSERT, declared), (_INSERT, values)])
    return [Receipt(reference_of(vault, call_id), now, False) for call_id in ids]


# What a call has from its declaration.
COPIED = ("id", "made_at", "person_id", "commune_id", "triage", "reasons", "symptoms")


def forget(session: Session, *, before: date) -> int:
    """Delete the calls whose day lies before one, with what stations did about them; how many went."""
    # What was declared later than its day stays as long as a declaration does.
    over = sa.select(StationCall.id).where(StationCall.day < before, StationCall.made_at < clock.day_bounds(before)[0])
    _gone(session, sa.delete(StationStep).where(StationStep.call_id.in_(over)))
    return _gone(session, sa.delete(StationCall).where(StationCall.id.in_(over)))


def forget_person(session: Session, person_id: UUID) -> int:
    """Delete the calls of a person; how many went. On PostgreSQL `delete_for_request` does it."""
    theirs = sa.select(StationCall.id).where(StationCall.person_id == person_id)
    _gone(session, sa.delete(StationStep).where(StationStep.call_id.in_(theirs)))
    return _gone(session, sa.delete(StationCall).where(StationCall.person_id == person_id))


def _gone(session: Session, statement: Any) -> int:
    options = {"preserve_rowcount": True, "synchronize_session": False}
    return int(session.execute(statement, execution_options=options).rowcount)  # type: ignore[attr-defined]
