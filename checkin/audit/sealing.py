"""Writing the log's signed head to its file, and checking the log against all such files."""

import fcntl
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from checkin import clock, context, scope
from checkin.audit import queries, seals, service
from checkin.audit.entry import Actor
from checkin.audit.seals import Problem, Seal
from checkin.audit.unusual import seal_failed
from checkin.errors import RoundFailed

ACTOR = Actor.command("audit seal")


class SealError(RoundFailed):
    """The head was not sealed; the text says why."""


@dataclass(frozen=True)
class Report:
    """What a check covered, and all that does not hold."""

    entries: int
    head: bytes
    broken: int | None
    seals: int
    newest: Seal | None
    problems: list[Problem]

    @property
    def whole(self) -> bool:
        """True where everything holds."""
        return self.broken is None and not self.problems


def seal_head(session: Session, seed: bytes, path: Path, *, now: datetime) -> Seal | None:
    """Append the head of the log to the file, and note that in the log; None where nothing is new.

    The caller commits. The line is on the disk before the log speaks of it, so that a line which the log knows and the
    file lacks was taken out. Raises SealError where the log no longer holds what was sealed last: a new seal would
    lend its signature to that.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    service.lock_chain(session)
    seq, head = queries.last_link(session)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        last, end = _last_line(file.read())
        if last is not None:
            try:
                before = seals.parse(last)
            except ValueError as error:
                raise SealError(f"the last line of {path} is no seal: run 'audit verify'") from error
            if queries.hashes_at(session, [before.seq]).get(before.seq, b"").hex() != before.hash:
                raise SealError(f"the log does not hold entry {before.seq} as sealed: run 'audit verify'")
        if not seq or (last is not None and not queries.anything_since(session, before.seq)):
            return None
        line = seals.next_line(last, seed, seq=seq, head=head, now=now)
        # A line that broke off half way, of a machine that died, was never spoken of in the log.
        file.seek(end)
        file.truncate()
        file.write(line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    made = seals.parse(line)
    detail = {"line": seals.line_hash(line), "entry": seq}
    service.record(session, now=now, actor=ACTOR, action="audit.seal", subject=f"seal {made.seal}", detail=detail)
    return made


def check(session: Session, files: Iterable[Path], keys: Iterable[str], *, since: int = 0) -> Report:
    """The chain of the log, every seal of these files, and whether a seal that the log knows is in none of them.

    Seals noted before the entry `since` need not be there: of a file that was put away.
    """
    lines = {path: path.read_text(encoding="utf-8", errors="replace").splitlines() for path in files if path.exists()}
    keys = set(keys)
    found: list[Seal] = []
    problems: list[Problem] = []
    for of_file in lines.values():
        good, wrong = seals.read(of_file, keys)
        found += good
        problems += wrong
    broken = queries.broken_link(session)
    last, head = queries.last_link(session)
    hashes = queries.hashes_at(session, [seal.seq for seal in found])
    problems += seals.compare(found, last, hashes)
    here = {seals.line_hash(line) for of_file in lines.values() for line in of_file}
    problems += [
        Problem("gone", number, seq)
        for seq, number, line in queries.seals_noted(session)
        if seq >= since and line not in here
    ]
    newest = max(found, key=lambda seal: seal.seq, default=None)
    return Report(last, head, broken, len(found), newest, problems)


def seal_round(session: Session) -> None:
    """The head of every hour, in the server's round; that it failed is found with what else stands out."""
    scope.enter(session, scope.SYSTEM)
    now = clock.now()
    try:
        seal_head(session, context.vault().secrets["seal"], context.config().audit_seals, now=now)
    except (SealError, OSError):
        session.rollback()
        service.keep_findings(session, [seal_failed(now)], now=now)
        session.commit()
        raise


def _last_line(content: bytes) -> tuple[str | None, int]:
    """The last whole line, and where it ends."""
    end = content.rfind(b"\n") + 1
    whole = content[:end].splitlines()
    return (whole[-1].decode(errors="replace") if whole else None), end
