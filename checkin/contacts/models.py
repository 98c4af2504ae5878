from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from checkin.contacts.judging import CALL, F1, F2, NOT
from checkin.db import UtcDateTime, db
from checkin.readable import TextList

STAGES = (CALL, F1, F2, NOT)
ASSIGN, TAKE, LEAVE_IT, CALLED, DECIDE = "assign", "take", "let_go", "call", "decide"
# What is done about who refuses: the commune's committee is told, or it is the CDC's. Who lives elsewhere is told of
# there.
COMMITTEE, TO_CDC, SENT = "ubnd", "to_cdc", "sent"
# What becomes of who was near an F1: an F2, and one no longer since no F1 is left; and that an
# F1 named somebody to a station.
NEAR, RELEASE, NAMED = "near", "freed", "named"
# The CDC gives somebody to a station by hand; a station or the CDC takes that back.
GIVE, BACK = "give", "back"
STEPS = (ASSIGN, TAKE, LEAVE_IT, CALLED, DECIDE, COMMITTEE, TO_CDC, SENT, NEAR, RELEASE, NAMED, GIVE, BACK)
REACHED, NOT_REACHED, REFUSED, MOVED = "reached", "not_reached", "refused", "moved"
RESULTS = (REACHED, NOT_REACHED, REFUSED, MOVED)
# How somebody in quarantine is on a day, and a test of theirs.
HEALTH, TEST = "health", "test"
WELL, ILL, MISSED, UNTRIED = "well", "ill", "missed", "untried"
WAITING, NEGATIVE, POSITIVE = "waiting", "negative", "positive"
SAYINGS = {HEALTH: (WELL, ILL, MISSED, UNTRIED), TEST: (WAITING, NEGATIVE, POSITIVE)}
# Few of all contacts, in the words in which queries ask for them: as `queries.TO_CALL` and `queries.IS_F1`.
_OPEN = f"stage = '{CALL}' OR stage = '{F2}' AND result {{}} '{REACHED}'"
_TO_CALL: dict[str, Any] = {
    "postgresql_where": sa.text(_OPEN.format("IS DISTINCT FROM")),
    "sqlite_where": sa.text(_OPEN.format("IS NOT")),
}


def _only(condition: str) -> dict[str, Any]:
    """An index of these rows alone."""
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


class Contact(db.Model):  # type: ignore[name-defined, misc]
    """Somebody whom a case can have met and who is to be called. Who was only at the same place has no row.

    Whole in itself: a station reads neither the case nor what is kept for it, and calls after the visits are gone.
    """

    __tablename__ = "contact"
    __table_args__ = (
        sa.UniqueConstraint("case_id", "person_id", name="uq_contact_case_id_person_id"),
        sa.CheckConstraint(f"stage IN {STAGES}", name="stage"),
        sa.CheckConstraint(f"result IS NULL OR result IN {RESULTS}", name="result"),
        sa.CheckConstraint("(taken_by IS NULL) = (taken_by_name IS NULL)", name="taken"),
        sa.CheckConstraint(
            f"(stage = '{F1}') = (quarantine_from IS NOT NULL) "
            "AND (quarantine_from IS NULL) = (quarantine_until IS NULL)",
            name="quarantine",
        ),
        sa.CheckConstraint(f"raised IS NULL OR raised IN ('{COMMITTEE}', '{TO_CDC}')", name="raised"),
        sa.CheckConstraint("met_on > '2020-01-01' AND met_on < '2200-01-01'", name="met_on"),
        sa.Index("ix_contact_to_call", "commune_id", "due_at", "id", **_TO_CALL),
        sa.Index("ix_contact_f1", "quarantine_until", "commune_id", **_only(f"stage = '{F1}'")),
        sa.Index("ix_contact_f1_since", "stage_at", **_only(f"stage = '{F1}'")),
        # How fast the work was, read from the index alone.
        sa.Index("ix_contact_given_at", "given_at", "reached_at"),
        sa.Index("ix_contact_case_id", "case_id", "given_at"),
        # Its lists, page by page.
        sa.Index("ix_contact_of_case", "case_id", "stage", "due_at", "id"),
        sa.Index("ix_contact_person_id", "person_id"),
    )

    id: Mapped[UUID] = mapped_column(sa.Uuid, primary_key=True)
    case_id: Mapped[UUID] = mapped_column(sa.Uuid)
    person_id: Mapped[UUID] = mapped_column(sa.Uuid)
    # By which the answers are judged; the station sees this much of the case.
    disease: Mapped[str] = mapped_column(sa.String(24))
    stage: Mapped[str] = mapped_column(sa.String(4))
    stage_at: Mapped[datetime] = mapped_column(UtcDateTime)
    stage_by_name: Mapped[str] = mapped_column(sa.String(80))
    # When they were given to be called, and when they were first reached: as their steps say.
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reached_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Whose station calls; nobody's where the home is not in the province: then the CDC does.
    commune_id: Mapped[str | None] = mapped_column(sa.String(24))
    # Where they said to live, for who is told of them there.
    province_id: Mapped[str | None] = mapped_column(sa.String(24))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The last day of having been at the same place.
    met_on: Mapped[date] = mapped_column(sa.Date)
    # Who it is, how to call, and where and when they were: a copy of what the case keeps.
    details: Mapped[bytes] = mapped_column(sa.LargeBinary, info={"key": "cdc"})
    # Of the last call.
    result: Mapped[str | None] = mapped_column(sa.String(12))
    # How far it went with who refuses.
    raised: Mapped[str | None] = mapped_column(sa.String(6))
    # How many steps were taken: whoever acts says which one they saw last, so that two do not do the same.
    version: Mapped[int] = mapped_column(sa.Integer)
    taken_by: Mapped[UUID | None] = mapped_column(sa.Uuid)
    taken_by_name: Mapped[str | None] = mapped_column(sa.String(80))
    quarantine_from: Mapped[date | None] = mapped_column(sa.Date)
    quarantine_until: Mapped[date | None] = mapped_column(sa.Date)

    @property
    def to_call(self) -> bool:
        """True for whom somebody still has to call: an F2 until they were reached once."""
        return self.stage == CALL or self.stage == F2 and self.result != REACHED


class ContactStep(db.Model):  # type: ignore[name-defined, misc]
    """What was done about a contact. Append-only; goes with the contact."""

    __tablename__ = "contact_step"
    __table_args__ = (
        sa.PrimaryKeyConstraint("contact_id", "number", name="pk_contact_step"),
        sa.CheckConstraint(f"what IN {STEPS}", name="what"),
        sa.CheckConstraint(f"stage IN {STAGES}", name="stage"),
        sa.CheckConstraint(
            f"(what = '{CALLED}') = (result IS NOT NULL) AND (result IS NULL OR result IN {RESULTS})", name="result"
        ),
        # Who decides without answers signs with a reason.
        sa.CheckConstraint(f"what <> '{DECIDE}' OR note IS NOT NULL", name="signed"),
        sa.Index("ix_contact_step_called", "at", **_only(f"what = '{CALLED}'")),
    )

    contact_id: Mapped[UUID] = mapped_column(sa.Uuid)
    number: Mapped[int] = mapped_column(sa.Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The station that did it; nobody's where the CDC did.
    commune_id: Mapped[str | None] = mapped_column(sa.String(24))
    account_id: Mapped[UUID] = mapped_column(sa.Uuid)
    by_name: Mapped[str] = mapped_column(sa.String(80))
    what: Mapped[str] = mapped_column(sa.String(8))
    result: Mapped[str | None] = mapped_column(sa.String(12))
    # As "near=yes": the questions of `judging` with their answers; of GIVE as "to=06652", the station.
    answers: Mapped[list[str]] = mapped_column(TextList)
    note: Mapped[bytes | None] = mapped_column(sa.LargeBinary, info={"key": "cdc"})
    # What it was after this step.
    stage: Mapped[str] = mapped_column(sa.String(4))


class ContactCheck(db.Model):  # type: ignore[name-defined, misc]
    """How somebody in quarantine is on a day, or what came of a test taken that day. The last number of a day holds;
    the ones before it are its history. Goes with the contact."""

    __tablename__ = "contact_check"
    __table_args__ = (
        sa.PrimaryKeyConstraint("contact_id", "kind", "day", "number", name="pk_contact_check"),
        sa.CheckConstraint(
            " OR ".join(f"kind = '{kind}' AND said IN {words}" for kind, words in SAYINGS.items()), name="said"
        ),
        sa.CheckConstraint("day > '2020-01-01' AND day < '2200-01-01'", name="day"),
        sa.Index("ix_contact_check_health", "day", "said", "contact_id", **_only(f"kind = '{HEALTH}'")),
        sa.Index("ix_contact_check_positive", "contact_id", **_only(f"said = '{POSITIVE}'")),
        # Few of all: who leads the lists.
        sa.Index("ix_contact_check_loud", "contact_id", **_only(f"said IN ('{ILL}', '{POSITIVE}')")),
    )

    contact_id: Mapped[UUID] = mapped_column(sa.Uuid)
    kind: Mapped[str] = mapped_column(sa.String(6))
    day: Mapped[date] = mapped_column(sa.Date)
    number: Mapped[int] = mapped_column(sa.Integer)
    said: Mapped[str] = mapped_column(sa.String(8))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The station that said it; nobody's where the CDC did.
    commune_id: Mapped[str | None] = mapped_column(sa.String(24))
    account_id: Mapped[UUID] = mapped_column(sa.Uuid)
    by_name: Mapped[str] = mapped_column(sa.String(80))


class ContactNear(db.Model):  # type: ignore[name-defined, misc]
    """Somebody (`contact_id`) who was near an F1 (`f1_id`), both contacts of the same case. Goes with the case."""

    __tablename__ = "contact_near"
    __table_args__ = (
        sa.PrimaryKeyConstraint("contact_id", "f1_id", name="pk_contact_near"),
        sa.CheckConstraint("contact_id <> f1_id", name="another"),
        sa.Index("ix_contact_near_f1_id", "f1_id"),
        sa.Index("ix_contact_near_case_id", "case_id"),
    )

    contact_id: Mapped[UUID] = mapped_column(sa.Uuid)
    f1_id: Mapped[UUID] = mapped_column(sa.Uuid)
    case_id: Mapped[UUID] = mapped_column(sa.Uuid)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_name: Mapped[str] = mapped_column(sa.String(80))
