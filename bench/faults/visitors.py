"""Visitors: people of their own, each with one form, as raw HTTP that is made before it is sent."""

import base64
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

from bench.faults.stage import Stage
from checkin.declarations.told import Identity
from checkin.visits import tokens
from tests import cast

# How a visitor sends: once; twice at the same time; again after the answer; hangs up half way through, or before
# the answer, and then tries again or not.
ONCE, PAIR, AGAIN, CUT, GONE = "once", "pair", "again", "cut", "gone"
MANNERS = (ONCE, PAIR, AGAIN, CUT, GONE)
WEIGHTS = (60, 10, 10, 10, 10)
# Who comes for the first time sends the whole form; everybody else confirms what the own phone keeps.
FIRST_TIME = 0.2


@dataclass(frozen=True)
class Visitor:
    """A form about to be sent."""

    submission: UUID
    fields: dict[str, str | list[str]]
    request: bytes
    manner: str
    cut_at: int  # bytes that are sent before hanging up
    comes_back: bool


def visitor(stage: Stage, rng: random.Random, number: int) -> Visitor:
    """Visitor number `number`, whom nobody else resembles."""
    secret, code, now = stage.vault.session_secret, rng.choice(stage.codes), datetime.now(UTC)
    token = tokens.submission_token(secret, code, now)
    cookies = ""
    if rng.random() < FIRST_TIME:
        fields = cast.form(full_name=f"Người Thứ {number}", phone=f"091{number:07d}", submission=token)
    else:
        fields = {"submission": token, "confirm": "yes"}
        who = Identity(
            full_name=f"Người Thứ {number}",
            birth_year=1980,
            gender="female",
            phone=f"+8491{number:07d}",
            province_id="22",
            commune_id="06652",
        )
        kept = {"who": who.as_dict(), "on": "2026-11-20", "all_no": True}
        locked = base64.urlsafe_b64encode(stage.vault.lock("cookie", kept)).decode()
        cookies = f"Cookie: device={rng.randbytes(32).hex()}; me={locked}\r\n"
    body = urlencode(fields, doseq=True).encode()
    head = (
        f"POST /v/{code} HTTP/1.1\r\nHost: localhost:{stage.server.port}\r\n"
        f"Origin: http://localhost:{stage.server.port}\r\nSec-Fetch-Site: same-origin\r\n"
        f"X-Forwarded-For: 10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}\r\n"
        f"{cookies}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    return Visitor(
        submission=tokens.read_submission(secret, token, code, now),
        fields=fields,
        request=head + body,
        manner=rng.choices(MANNERS, WEIGHTS)[0],
        cut_at=rng.randrange(1, len(head)) if rng.random() < 0.5 else len(head) + rng.randrange(len(body)),
        comes_back=rng.random() < 0.5,
    )
