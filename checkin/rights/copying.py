"""What goes into the copy for whom it is about, besides the visits."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from checkin import context, notes
from checkin.calls import queries as calls
from checkin.calls.models import StationCall
from checkin.calls.words import KIND_NAMES, facts_of
from checkin.contacts import queries as contacts
from checkin.contacts import words
from checkin.contacts.models import NAMED, Contact, ContactStep
from checkin.db import db
from checkin.declarations import queries as declarations
from checkin.exposure import reasons
from checkin.exposure.reasons import Why
from checkin.monitoring import queries as monitoring
from checkin.monitoring.queries import Said
from checkin.monitoring.words import HEALTH_NAMES, TEST_NAMES
from checkin.movements import queries as movements
from checkin.movements.models import ToldMove
from checkin.movements.service import MOST
from checkin.phones import display_phone
from checkin.places import queries as places
from checkin.replies import queries as replies
from checkin.replies.reading import Answered, opened
from checkin.vault import VaultError
from checkin.venues import queries as venues
from checkin.workers import queries as workers
from checkin.workers.shifts import display_minutes
from checkin.workers.words import days_said


@dataclass(frozen=True)
class Called:
    """What somebody declared without a venue, and what stations noted about it; an empty note cannot be opened."""

    call: StationCall
    facts: list[tuple[Any, str]]
    notes: list[tuple[datetime, str]]


@dataclass(frozen=True)
class Followed:
    """Somebody who was to be called: the steps, each with its note; None for one that cannot be opened.

    Where and with whom a case was stays with the case: of the place only the day is told, and why somebody was to be
    called without what it is called and its kind. Whom they named is told in their own copy, and who named them in
    nobody else's: of both only what they are to each other.
    """

    contact: Contact
    steps: list[tuple[ContactStep, str | None]]
    checks: list[Said]
    why: Why | None
    relation: str


def besides(person_id: UUID) -> dict[str, Any]:
    """What the page of the copy shows besides visits: calls of stations, for a declaration or because of a case,
    what was told of movements, answers to notices, and lists of working people."""
    answers = answers_of(person_id)
    communes = {one.telling.commune_id for one in answers if one.telling and one.telling.commune_id}
    return {
        "calls": calls_of(person_id),
        "followed": followed_of(person_id),
        "told": words.told,
        "day_names": HEALTH_NAMES | TEST_NAMES,
        "moves": moves_of(person_id),
        "words": words.WORDS,
        "kind_names": KIND_NAMES,
        "answers": answers,
        "homes": places.names(db.session(), communes),
        "display_phone": display_phone,
        "listed": workers.listed(db.session(), person_id),
        "days_said": days_said,
        "hour_of": display_minutes,
    }


def answers_of(person_id: UUID) -> list[Answered]:
    """What a person answered to public notices, the newest first of each phone; what officers set aside too."""
    found = replies.of_person(db.session(), person_id)
    return [answer for one in opened(context.vault(), found) for answer in one.answers]


def calls_of(person_id: UUID) -> list[Called]:
    """What a person declared without a venue and what stations noted when they called, by time."""
    session, table = db.session(), StationCall.__table__
    told = calls.of_people(session, [person_id])
    keys = [(one.made_at, one.id) for one in told]
    told_of = declarations.opened(session, context.vault(), keys, table)  # type: ignore[arg-type]
    return [
        Called(
            one,
            facts_of(one.kind, one.day, told_of.get(one.id) or {}),
            [
                (step.at, notes.opened(context.vault(), step.note) or "")
                for step in calls.steps(session, one.id)
                if step.note
            ],
        )
        for one in told
    ]


@dataclass(frozen=True)
class Moved:
    """Somewhere somebody said to have been; empty texts where it cannot be opened."""

    move: ToldMove
    place: str
    note: str


def moves_of(person_id: UUID) -> list[Moved]:
    """What a person told in interviews of where they were, the latest first, also what was taken back."""
    session, vault = db.session(), context.vault()
    told = movements.all_of(session, person_id, MOST)
    names = venues.names(session, {move.venue_id for move in told if move.venue_id})
    made = []
    for move in told:
        details: dict[str, Any] = {}
        with suppress(VaultError, ValueError):
            details = vault.open(move.details)
        place = names[move.venue_id].name if move.venue_id in names else str(details.get("place") or "")
        made.append(Moved(move, place, str(details.get("note") or "")))
    return made


def followed_of(person_id: UUID) -> list[Followed]:
    """What was done about a person as somebody to call, by the day of having been at the same place."""
    session, vault = db.session(), context.vault()
    found = []
    for one in contacts.of_person(session, person_id):
        line = words.opened(vault, one)
        facts = reasons.kept(line.why)
        # The note of whom they named is another person: name, birth year, phone, home.
        steps = [
            (step, "" if step.what == NAMED else notes.opened(vault, step.note))
            for step in contacts.steps(session, one.id)
        ]
        checks = sorted(monitoring.history(session, one.id), key=lambda check: (check.day, check.kind, check.number))
        why = reasons.in_words(replace(facts, zones=(), kind="")) if facts else None
        found.append(Followed(one, steps, checks, why, line.relation))
    return found
