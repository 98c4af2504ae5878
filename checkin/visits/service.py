from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.batch import Answer, Asked, together
from checkin.db import insert_new, is_postgresql, scope, set_scope
from checkin.declarations import service as declarations
from checkin.declarations.told import Told
from checkin.ids import derived_id, new_id
from checkin.names import mask_for_desk
from checkin.people import queries as people
from checkin.people.identity import Indexes
from checkin.people.service import identify
from checkin.rules import RuleSet
from checkin.vault import Vault
from checkin.venues.queries import Door
from checkin.visits import corrections, queries
from checkin.visits.filing import SET_RESULT as SET_RESULT
from checkin.visits.filing import Chain, chain_of
from checkin.visits.filing import bound_elsewhere as bound_elsewhere
from checkin.visits.filing import goes_on as goes_on
from checkin.visits.filing import prolong as prolong
from checkin.visits.flags import UNCOUNTED, Arrivals, of_visit
from checkin.visits.models import GUESSED, VISITOR, Submission, Visit
from checkin.visits.outcomes import CheckIn, as_kept, kept
from checkin.visits.stays import Guess, guess_end, longest

RESENT = "resent"

# Built once: a statement that is put together anew for each visit costs more than it takes to run.
INSERT_VISIT = sa.insert(Visit.__table__)  # type: ignore[arg-type]


def check_in(session: Session, vault: Vault, *, told: Told, **more: Any) -> CheckIn:
    """Record a declaration and the visit that it opens: `check_in_together` of one person."""
    (done,) = check_in_together(session, vault, told=[told], **more)
    return done


def check_in_together(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    rules: RuleSet,
    door: Door,
    told: Sequence[Told],
    submission_id: UUID,
    device: bytes | None,
    seen_before: bool = True,
    channel: str = "own_phone",
    arrivals: Arrivals = UNCOUNTED,
    received_at: datetime | None = None,
) -> list[CheckIn]:
    """Record one form: the declaration of each person in it and the visit that it opens, once and only once.

    What came of each, in the order of `told`; nobody may stand in it twice. The same submission with the same content
    gives the first result again, however often and however many at once. With other content (Back, changed, sent, or
    the button on the result) it corrects the form for as long as `corrections` says: both declarations are kept, the
    visits stay what they were and go with the later one. After that, or with more people than a form corrects, it is a
    new declaration and visit of everybody in it, flagged. A scan within the likely stay of the same person on the same
    device prolongs the visit.
    `seen_before` is False for a device that got its secret with this very form: it has no visits yet. `arrivals` decide
    the flags of a new visit, with the venue's hours. What a phone kept came at `received_at`, later than `now`.

    Raises IntegrityError where PostgreSQL has no table for the day (`db.missing_day`): see `open_day`.
    """
    body = vault.index("body", f"{door.code}\x1f" + "\x1e".join(one.fingerprint() for one in told))
    who = [declarations.person_indexes(vault, one.who) for one in told]
    flags: tuple[str, ...] = ()
    chain: Chain | None = None
    ids = [new_id(now) for _ in told]  # of the declarations
    fresh = [CheckIn(new_id(now), now, now, "new", own) for own in ids]
    by_name = [people.ask_with_name(one.name) for one in who]
    open_ones = [queries.ask_open_visits(device, now, longest(rules))] if device is not None else []
    asked = [*by_name, *open_ones] if seen_before else by_name
    received = received_at or now
    earlier, answers = claim(session, received, submission_id, body, as_kept(fresh), device, asked)
    if earlier is not None and corrections.last_of(earlier[0], earlier[2])[0] != body:
        asked = [*by_name, *open_ones]
        if corrections.is_open(earlier[1], received):
            # Of several corrections at once each sees what the one before it made of the form.
            earlier = queries.submission(session, submission_id, lock=True) or earlier
            if corrections.last_of(earlier[0], earlier[2])[0] != body:
                chain, earlier = chain_of(session, submission_id, earlier[2]), None
                answers = together(session, asked)
        else:
            submission_id, flags = derived_id(submission_id, body), (RESENT,)
            earlier, answers = claim(session, received, submission_id, body, as_kept(fresh), device, asked)
    if earlier is not None:
        return kept(corrections.last_of(earlier[0], earlier[2])[1])

    done: dict[int, CheckIn] = {}
    persons = _identified(session, now, told, who, answers)
    if chain is not None and not chain.match([(persons[place], who[place].name) for place in range(len(told))]):
        chain, submission_id, flags = None, derived_id(submission_id, body), (RESENT,)
        earlier, answers = claim(session, received, submission_id, body, as_kept(fresh), device, asked)
        if earlier is not None:
            return kept(corrections.last_of(earlier[0], earlier[2])[1])
    for place, person_id in persons.items():
        one = told[place]
        declared = ids[place], now
        store = declarations.prepare(
            vault,
            declaration_id=ids[place],
            now=now,
            rules=rules,
            told=one,
            person_id=person_id,
            flags=flags,
            corrects=chain.first(place) if chain else None,
        )
        if chain is not None and place in chain.places:
            done[place], writes = chain.point(
                session, place, declared, all_no=one.all_no, person_id=person_id, name=one.who.full_name
            )
            together(session, [store, *writes])
            continue
        still_open = queries.read_open_visits(answers[len(told)], person_id) if len(answers) > len(told) else []
        here = None if flags else goes_on(still_open, door, now)
        # What is sent later does not arrive in its order: it ends nothing.
        writes = [store] if arrivals.told else [store, *bound_elsewhere(still_open, door, now)]
        if here is not None:
            prolonged = together(session, [prolong(here, rules, door, now, None if one.all_no else declared), *writes])
            if prolonged[0].count:
                done[place] = CheckIn(here.id, here.entered_at, now, "extended", ids[place], here.declared)
                continue
            # Left at this very moment, from another page: what comes now is a new visit.
            writes = []
        guess = guess_end(
            rules, entered_at=now, kind=door.kind, own_minutes=door.default_minutes, closes_at=door.closes_at
        )
        values = row(
            visit_id=fresh[place].visit_id,
            entered_at=now,
            venue_id=door.venue_id,
            zone_id=door.zone_id,
            person_id=person_id,
            declaration=declared,
            guess=guess,
            channel=channel,
            device=device,
            group_id=submission_id,
            full_name=one.who.full_name,
            flags=of_visit(rules, now, door.kind, (door.opens_at, door.closes_at), arrivals),
            received_at=received,
        )
        together(session, [*writes, (INSERT_VISIT, values)])
        done[place] = fresh[place]
    found = [done[place] for place in range(len(told))]
    if chain is not None:
        chain.keep(session, body, found)
    elif found != fresh:
        session.execute(SET_RESULT, {"of": submission_id, "result": as_kept(found)})
    return found


def _identified(
    session: Session, now: datetime, told: Sequence[Told], who: Sequence[Indexes], answers: Sequence[Answer]
) -> dict[int, UUID]:
    """Who everybody is, by their place in the form; whoever declares the same people locks them in this order."""
    found: dict[int, UUID] = {}
    names = set()
    for place in sorted(range(len(told)), key=lambda one: (who[one].name, who[one].id, who[one].phone)):
        found[place] = identify(
            session,
            now=now,
            told=who[place],
            # Of two with one name in a form the second may be known by now.
            known=None if who[place].name in names else people.read_with_name(answers[place]),
            commune_id=told[place].who.commune_id,
        )
        names.add(who[place].name)
    return found


def row(
    *,
    visit_id: UUID,
    entered_at: datetime,
    venue_id: UUID,
    zone_id: UUID | None,
    person_id: UUID,
    declaration: tuple[UUID, datetime] | None,
    guess: Guess,
    left_at: datetime | None = None,
    end_set_by: str = GUESSED,
    channel: str,
    device: bytes | None,
    group_id: UUID | None,
    full_name: str,
    flags: str = "",
    received_at: datetime | None = None,
) -> dict[str, Any]:
    """The columns of a visit; `declaration` is the id and time of the one it goes with, `received_at` when it came."""
    return {
        "id": visit_id,
        "entered_at": entered_at,
        "venue_id": venue_id,
        "zone_id": zone_id,
        "person_id": person_id,
        "declaration_id": declaration[0] if declaration else None,
        "declared_at": declaration[1] if declaration else None,
        "left_at": left_at,
        "end_set_by": end_set_by,
        "until_likely": guess.likely,
        "until_latest": guess.latest,
        "channel": channel,
        "device": device,
        "group_id": group_id,
        "masked_name": mask_for_desk(full_name),
        "flags": flags,
        "received_at": received_at if received_at and received_at > entered_at else None,
    }


def open_day(session: Session, day: date) -> bool:
    """Make the tables of a day of the province where PostgreSQL has none yet; True when it made one.

    Days are made ahead of time; this is for the visit that comes when that was not done.
    """
    return bool(is_postgresql(session) and session.scalar(sa.select(sa.func.open_day(day))))


def claim(
    session: Session,
    now: datetime,
    submission_id: UUID,
    body: bytes,
    result: dict[str, Any],
    device: bytes | None,
    asked: list[Asked],
) -> tuple[tuple[bytes, datetime, dict[str, Any] | None] | None, list[Answer]]:
    """Claim a submission; None when it is ours, else what is known of the one that was there before.

    It is stored with what will most likely come of it (`as_kept`), so that it need not be written twice. What is
    `asked` goes with it, and is answered as of after the claim.
    """
    first = session.connection()  # the transaction begins, before the scope is known to it
    values = {"id": submission_id, "body": body, "received_at": now, "result": result}
    claim = insert_new(Submission.__table__, first.dialect.name), values
    before = [*scope(session, submission=submission_id, device=device), claim]
    answers = together(session, [*before, *asked])
    if answers[len(before) - 1].count == 1:
        return None, answers[len(before) :]
    return queries.submission(session, submission_id), []


def leave(session: Session, *, now: datetime, visit_id: UUID, entered_at: datetime, venue_id: UUID) -> bool:
    """Record that a visitor left, by the signed token of the visit; True when this was the first time.

    A stay that could not have lasted until now keeps its guessed end.
    """
    set_scope(session, visit=visit_id)
    left = session.execute(
        sa.update(Visit)
        .where(
            Visit.entered_at == entered_at,
            Visit.id == visit_id,
            Visit.venue_id == venue_id,
            Visit.left_at.is_(None),
            Visit.end_set_by == GUESSED,
            Visit.until_latest >= now,
        )
        .values(left_at=now, until_likely=now, until_latest=now, end_set_by=VISITOR)
    )
    return bool(left.rowcount)  # type: ignore[attr-defined]
