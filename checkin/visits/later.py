"""A declaration that a phone kept while it had no network: which one it is, and when it was made. Pure rules."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from checkin.ids import derived_id
from checkin.visits import tokens

# Older ones are not taken: within this time the submission that makes it count once is surely still known.
OLDEST = timedelta(hours=24)
# What is sent within this time was sent at once, over a network that stumbled; the server saw the moment itself.
AT_ONCE = timedelta(minutes=2)
# An id that a phone made (UUIDv7), or the signed submission of a page.
SUBMISSION = r"^[A-Za-z0-9._-]{30,500}\Z"


class TooLate(Exception):
    """The declaration is older than what is taken."""


@dataclass(frozen=True)
class Later:
    """What came later than it was made."""

    submission_id: UUID
    at: datetime
    # True where the moment is what the phone says, and nothing that the server saw.
    told: bool
    # When the server signed the page that it was made on; None where it signed none.
    signed_at: datetime | None


def read(
    *, secrets: tokens.Secrets, code: str, submission: str, at: datetime | None, age: timedelta | None, now: datetime
) -> Later:
    """The declaration with this submission for this code, made at this moment, or so long ago by the phone's own clock.

    `at` is by the server's clock as the phone knew it when it made the declaration; None where it never did. `age` is
    the difference of two readings of the phone's clock, which need not be right, but may have been set meanwhile. So
    the former counts, and where that cannot be the latter. `submission` is the signed one of a page that was open, or
    an id that the phone made. Raises TooLate where neither is of the last day.
    """
    told = [moment for moment in (at, now - age if age is not None else None) if moment is not None]
    possible = [moment for moment in told if now - OLDEST <= moment <= now]
    if not possible and any(moment < now for moment in told):
        raise TooLate
    # Nothing is of the future: what says so came before now, and nobody knows when.
    moment = possible[0] if possible else now
    submission_id, signed_at = _submission(secrets, code, submission, moment)
    by_phone = signed_at is None or not possible or now - moment > AT_ONCE
    return Later(submission_id, moment, by_phone, signed_at)


def was_open(kept: Later, *, closed_at: datetime | None, barred_at: datetime | None) -> bool:
    """True where a door that is shut by now was open for this declaration when it was made.

    `closed_at` is when the owner closed the venue, `barred_at` when the code was revoked or the venue suspended. That
    one came in before a bar must not be the sender's word alone: only a page that the server signed before shows it.
    """
    shut = min(moment for moment in (closed_at, barred_at, datetime.max.replace(tzinfo=UTC)) if moment is not None)
    if kept.signed_at is None:
        return barred_at is None and kept.at < shut
    return kept.signed_at < shut and kept.at < shut


def _submission(secrets: tokens.Secrets, code: str, submission: str, at: datetime) -> tuple[UUID, datetime | None]:
    try:
        # The page's own: had it come through at once after all, this is the same form.
        return tokens.read_page(secrets, submission, code, at)
    except tokens.StaleForm:
        # Never an id that a page was given: nobody can take those by telling them.
        return derived_id(UUID(int=0), f"later\0{code}\0{submission}".encode()), None
