"""Signed values that stand in for a session on pages that work without cookies."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer

from checkin.ids import new_id

MAX_AGE = timedelta(hours=24)
AHEAD = timedelta(minutes=5)

# One secret, or the current one after those before it.
Secrets = bytes | Sequence[bytes]


class StaleForm(Exception):
    """The form's submission is missing, of another page, or older than a day."""


@dataclass(frozen=True)
class VisitToken:
    """Proof that its holder made this visit."""

    visit_id: UUID
    entered_at: datetime


def submission_token(secret: bytes, code: str, now: datetime, submission_id: UUID | None = None) -> str:
    """A fresh submission id, or one that is to be sent once more, signed for the page of this code."""
    return str(_signer(secret, "submission").dumps([str(submission_id or new_id(now)), code, int(now.timestamp())]))


def read_submission(secret: Secrets, token: str, code: str, now: datetime) -> UUID:
    """The submission id of a token; raises StaleForm."""
    return read_page(secret, token, code, now)[0]


def read_page(secret: Secrets, token: str, code: str, now: datetime) -> tuple[UUID, datetime]:
    """(the submission id of a token, when it was signed); raises StaleForm."""
    try:
        submission_id, of_code, made = _signer(secret, "submission").loads(token[:500])
        age = now.timestamp() - int(made)
        if of_code != code or not -AHEAD.total_seconds() <= age <= MAX_AGE.total_seconds():
            raise StaleForm
        return UUID(submission_id), datetime.fromtimestamp(int(made), UTC)
    except (BadSignature, ValueError, TypeError) as error:
        raise StaleForm from error


def visit_token(secret: bytes, visit: VisitToken) -> str:
    """A token with which this visit alone can be ended."""
    return str(_signer(secret, "visit").dumps([str(visit.visit_id), visit.entered_at.isoformat()]))


def read_visit(secret: Secrets, token: str) -> VisitToken | None:
    """The visit of a token; None when it was not signed here."""
    try:
        visit_id, entered_at = _signer(secret, "visit").loads(token[:500])
        return VisitToken(UUID(visit_id), datetime.fromisoformat(entered_at))
    except (BadSignature, ValueError, TypeError):
        return None


def device_secret(secret: bytes, submission_id: UUID) -> str:
    """The secret of a device that had none: the same again when its first form is sent twice."""
    return hmac.new(secret, b"device\0" + submission_id.bytes, hashlib.sha256).hexdigest()


def _signer(secret: Secrets, purpose: str) -> URLSafeSerializer:
    # The library's own default is SHA-1.
    return URLSafeSerializer(secret, purpose, signer_kwargs={"digest_method": hashlib.sha256})
