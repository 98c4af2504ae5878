"""Rounds of requests: no error of ours, none that hangs, and afterwards a database that is whole."""

import random
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa

from checkin import clock
from checkin.audit import queries as audit
from checkin.db import db, reading
from tests.conftest import NOW
from tests.fuzz.requests import Maker, Request
from tests.security import fields, tenants
from tests.security.matrix import MATRIX, NOT_SIGNED_IN, TO_SIGN_IN
from tests.security.tenants import Town
from tests.security.test_matrix import outcome as outcome_of
from tests.worlds import inside

A_ROUND = 1_000
# By the clock on the wall, also where the machine has other work.
SLOW_SECONDS = 15.0
# What must hold whatever was asked; each counts rows that break it.
WHOLE = {
    "a visit of nobody": 'SELECT count(*) FROM visit v WHERE NOT EXISTS (SELECT 1 FROM person p WHERE p.id = v.person_id)',
    "a visit nowhere": "SELECT count(*) FROM visit v WHERE NOT EXISTS (SELECT 1 FROM venue n WHERE n.id = v.venue_id)",
    "a visit that ends before it begins": "SELECT count(*) FROM visit WHERE left_at < entered_at OR until_latest < entered_at",
    "a venue without a code in force": "SELECT count(*) FROM venue v WHERE NOT EXISTS (SELECT 1 FROM code c WHERE c.venue_id = v.id AND c.revoked_at IS NULL)",
    "a lookup without its entry in the log": "SELECT count(*) FROM lookup l WHERE NOT EXISTS (SELECT 1 FROM audit a WHERE a.action = 'lookup.' || l.kind AND a.subject = 'TC-' || substr('000000' || l.seq, -6))",
    "a submission without a result": "SELECT count(*) FROM submission WHERE result IS NULL",
}  # fmt: skip


@dataclass
class Outcome:
    """What came of it."""

    sent: int = 0
    seconds: float = 0
    slowest: float = 0
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def fuzz(town: Town, wanted: int, seed: int, most_wrong: int = 20) -> Outcome:
    """Send `wanted` requests; what went wrong is told with round and number, by which it comes again."""
    outcome, typed = Outcome(), fields.typed_fields(town)
    begun = time.monotonic()
    for number in range(-(-wanted // A_ROUND)):
        maker = Maker(town, typed, random.Random(f"{seed}:{number}"))
        for place in range(min(A_ROUND, wanted - outcome.sent)):
            # The clock goes on, never back: sessions and limits have time to pass.
            with clock.fixed(NOW + timedelta(seconds=place)):
                _send(town, maker.draw(), outcome, f"seed {seed}, round {number}, request {place}")
            outcome.sent += 1
        outcome.wrong += [f"seed {seed}, round {number}: {what}" for what in broken(town)]
        tenants.restore(town)
        if len(outcome.wrong) >= most_wrong:
            break
    outcome.seconds = time.monotonic() - begun
    return outcome


def _send(town: Town, request: Request, outcome: Outcome, where: str) -> None:
    subject = town.subjects[request.role]
    data = request.data
    if isinstance(data, str):
        data = f"{data}&csrf_token={subject.token}"
    headers = {"Cookie": subject.cookies, "Content-Type": "application/x-www-form-urlencoded", **request.headers}
    begun = time.perf_counter()
    try:
        answer = town.app.test_client(use_cookies=False).open(
            request.path, method=request.method, data=data, headers=headers, buffered=True
        )
        fields.check(answer, "")
        outcome.statuses[answer.status_code] += 1
        if outcome_of(answer) == TO_SIGN_IN and request.role in MATRIX[request.name].who - NOT_SIGNED_IN:
            # Somebody was signed out or blocked by an earlier request, and would meet nothing but the sign-in.
            tenants.restore(town)
    except UnicodeError as error:
        if "idna" not in str(error) and not isinstance(error, UnicodeEncodeError):
            raise
        outcome.statuses[0] += 1  # the client itself does not send this
    except Exception:
        outcome.wrong.append(f"{where}: {request}\n{traceback.format_exc(limit=-6)}")
        with town.app.app_context():
            db.session.remove()
    took = time.perf_counter() - begun
    outcome.slowest = max(outcome.slowest, took)
    if took > SLOW_SECONDS:
        outcome.wrong.append(f"{where}: took {took:.1f} s: {request}")


def broken(town: Town) -> list[str]:
    """What does not hold any more in the database."""
    with inside(town.app), reading():
        session = db.session()
        found = [what for what, query in WHOLE.items() if session.scalar(sa.text(query))]
        entry = audit.broken_link(session)
        found += [f"the log is broken at entry {entry}"] if entry else []
        found += [f"a row points to nothing: {row}" for row in session.execute(sa.text("PRAGMA foreign_key_check"))]
        whole = session.scalar(sa.text("PRAGMA integrity_check"))
        found += [] if whole == "ok" else [f"SQLite says: {whole}"]
    return found
