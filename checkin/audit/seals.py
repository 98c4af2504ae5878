"""The signed heads of the log: lines of a file outside the database, each carrying the hash of the line before.

Whoever runs the database can write the whole chain anew with hashes that fit, or cut off its end. They cannot make the
numbers and hashes that were signed before unsaid: not without the key, and not where the file was copied meanwhile.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

# What is signed begins with this, so that a signature of another purpose can never pass for a seal.
PURPOSE = b"checkin audit seal 1\n"
FIRST = "0" * 64


@dataclass(frozen=True)
class Seal:
    """One line: the entry `seq` had this hash at that moment. `previous` is the SHA-256 of the line before."""

    seal: int
    seq: int
    hash: str
    at: str
    previous: str
    key: str
    signature: str = ""

    def signed(self) -> bytes:
        """What the signature is over."""
        values = {name: value for name, value in vars(self).items() if name != "signature"}
        return PURPOSE + json.dumps(values, sort_keys=True, separators=(",", ":")).encode()

    def line(self) -> str:
        """The line, without its end."""
        return json.dumps(vars(self), separators=(",", ":"))


@dataclass(frozen=True)
class Problem:
    """Something that does not hold; `what` is a short word, the numbers say where."""

    what: str
    seal: int
    seq: int = 0


def public_half(seed: bytes) -> str:
    """The public half of a sealing key in hex, by which others check the seals."""
    return bytes(SigningKey(seed).verify_key).hex()


def line_hash(line: str) -> str:
    """What the next line carries of this one."""
    return hashlib.sha256(line.encode()).hexdigest()


def next_line(last: str | None, seed: bytes, *, seq: int, head: bytes, now: datetime) -> str:
    """The line that follows `last` (None for the first). Raises ValueError where `last` is no seal."""
    key = SigningKey(seed)
    seal = Seal(
        seal=parse(last).seal + 1 if last else 1,
        seq=seq,
        hash=head.hex(),
        at=now.isoformat(timespec="microseconds"),
        previous=line_hash(last) if last else FIRST,
        key=bytes(key.verify_key).hex(),
    )
    return replace(seal, signature=key.sign(seal.signed()).signature.hex()).line()


def parse(line: str) -> Seal:
    """The seal of a line; raises ValueError where it is none."""
    try:
        seal = Seal(**json.loads(line))
    except (TypeError, ValueError) as error:
        raise ValueError("not a seal") from error
    numbers, texts = (seal.seal, seal.seq), (seal.hash, seal.at, seal.previous, seal.key, seal.signature)
    if not all(type(n) is int and n > 0 for n in numbers) or not all(isinstance(t, str) for t in texts):
        raise ValueError("not a seal")
    return seal


def genuine(seal: Seal, keys: Iterable[str]) -> bool:
    """True where one of these public keys (hex) signed the line."""
    if seal.key not in set(keys):
        return False
    try:
        VerifyKey(bytes.fromhex(seal.key)).verify(seal.signed(), bytes.fromhex(seal.signature))
    except (BadSignatureError, ValueError):
        return False
    return True


def read(lines: Iterable[str], keys: Iterable[str]) -> tuple[list[Seal], list[Problem]]:
    """The seals of a file that are genuine, and what is wrong with its lines.

    Problems: 'unreadable', 'forged' (of no known key), 'missing' (the line does not follow the one before it: one was
    taken out, put in or changed), 'backwards' (it covers less than the one before).
    """
    known, seals, problems = set(keys), [], []
    previous, number, covered = FIRST, 0, 0
    for line in lines:
        number += 1
        try:
            seal = parse(line)
        except ValueError:
            problems.append(Problem("unreadable", number))
            previous = line_hash(line)
            continue
        if not genuine(seal, known):
            problems.append(Problem("forged", number, seal.seq))
        elif seal.previous != previous or seal.seal != number:
            problems.append(Problem("missing", seal.seal, seal.seq))
            seals.append(seal)
        elif seal.seq < covered:
            problems.append(Problem("backwards", number, seal.seq))
        else:
            seals.append(seal)
        previous, number, covered = line_hash(line), seal.seal, max(covered, seal.seq)
    return seals, problems


def compare(seals: Iterable[Seal], last: int, hashes: dict[int, bytes]) -> list[Problem]:
    """What the log no longer holds of what was sealed; `hashes` are those of the sealed entries.

    Problems: 'cut' (the log ends before the sealed entry), 'rewritten' (the entry has another hash now).
    """
    problems = []
    for seal in seals:
        if seal.seq > last:
            problems.append(Problem("cut", seal.seal, seal.seq))
        elif hashes.get(seal.seq, b"").hex() != seal.hash:
            problems.append(Problem("rewritten", seal.seal, seal.seq))
    return problems
