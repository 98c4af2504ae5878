"""Arrays as PostgreSQL's binary COPY format: rows of the same shape are one numpy record each."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.province import DayOfVisits

HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TAIL = b"\xff\xff"
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
UNIX_TO_EPOCH = 946_684_800_000
MINUTE = 60_000_000
CHUNK = 100_000

VISIT_COLUMNS = (
    "id", "entered_at", "venue_id", "person_id", "declaration_id", "declared_at", "left_at", "end_set_by",
    "until_likely", "until_latest", "channel", "device", "group_id", "masked_name",
)  # fmt: skip
PERSON_COLUMNS = ("id", "name_index", "id_index", "phone_index", "commune_id", "created_at")

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Keys:
    """What positions stand for: sixteen bytes each; minutes are the usual stay of each venue."""

    venues: Bytes
    people: Bytes
    devices: Bytes
    minutes: Ints
    longest: int
    """No stay is thought longer: minutes."""
    names: Bytes
    """Masked names, all of one length."""
    declarations: list[bytes]
    """Declarations from their fourth column on, ready to be sent."""
    declaration_columns: tuple[str, ...]


def micros(moment: datetime) -> int:
    """A moment as PostgreSQL counts it: microseconds since 2000."""
    delta = moment - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def ids(at: Ints, rng: np.random.Generator) -> Bytes:
    """UUIDs of version 7 for these moments."""
    out = np.frombuffer(rng.bytes(16 * len(at)), dtype=np.uint8).reshape(-1, 16).copy()
    milliseconds = (at // 1000 + UNIX_TO_EPOCH).astype(">u8").view(np.uint8).reshape(-1, 8)
    out[:, :6] = milliseconds[:, 2:]
    out[:, 6] = out[:, 6] & 0x0F | 0x70
    out[:, 8] = out[:, 8] & 0x3F | 0x80
    return out


def random_ids(count: int, rng: np.random.Generator, since: datetime) -> Bytes:
    """UUIDs of version 7 of moments in the sixty days before."""
    start = micros(since) - 60 * 1440 * MINUTE
    return ids(np.sort(rng.integers(start, micros(since), count)), rng)


def pack(count: int, columns: Sequence[NDArray[Any] | bytes | None], tail: Bytes | None = None, more: int = 0) -> bytes:
    """Rows of these columns: an array of moments or of bytes, one value for all, or None for NULL.

    `tail` holds `more` further columns, already packed, the same length in each row.
    """
    layout: list[tuple[str, Any] | tuple[str, Any, tuple[int, ...]]] = [("columns", ">i2")]
    for number, column in enumerate(columns):
        layout.append((f"n{number}", ">i4"))
        if isinstance(column, bytes):
            layout.append((f"c{number}", "u1", (len(column),)))
        elif column is not None:
            layout.append((f"c{number}", ">i8") if column.ndim == 1 else (f"c{number}", "u1", column.shape[1:]))
    if tail is not None:
        layout.append(("tail", "u1", tail.shape[1:]))
    out = np.empty(count, dtype=layout)
    out["columns"] = len(columns) + more
    for number, column in enumerate(columns):
        if column is None:
            out[f"n{number}"] = -1
            continue
        if isinstance(column, bytes):
            column = np.broadcast_to(np.frombuffer(column, dtype=np.uint8), (count, len(column)))
        out[f"n{number}"] = 8 if column.ndim == 1 else column.shape[1]
        out[f"c{number}"] = column
    if tail is not None:
        out["tail"] = tail
    return out.tobytes()


def packed(values: Sequence[Any]) -> bytes:
    """The columns of one row from plain values, without their number."""
    out = bytearray()
    for value in values:
        if value is None:
            out += b"\xff\xff\xff\xff"
            continue
        data = (
            value
            if isinstance(value, bytes)
            else (b"\1" if value else b"\0")
            if isinstance(value, bool)
            else value.encode()
            if isinstance(value, str)
            else json.dumps(value).encode()
        )
        out += len(data).to_bytes(4, "big") + data
    return bytes(out)


def of_day(day: DayOfVisits, start: datetime, keys: Keys, seed: list[int]) -> Iterator[tuple[bytes, bytes]]:
    """The visits of a day and their declarations, piece by piece, in the order of entry."""
    rng = np.random.default_rng(seed)
    lengths = np.array([len(tail) for tail in keys.declarations])
    by_length = {n: np.frombuffer(b"".join(t for t in keys.declarations if len(t) == n), np.uint8).reshape(-1, n)
                 for n in np.unique(lengths).tolist()}  # fmt: skip
    shares = [len(tails) for tails in by_length.values()]
    for low in range(0, len(day), CHUNK):
        piece = slice(low, low + CHUNK)
        yield _piece(day, piece, start, keys, rng, by_length, shares)


def _piece(
    day: DayOfVisits,
    piece: slice,
    start: datetime,
    keys: Keys,
    rng: np.random.Generator,
    by_length: dict[int, Bytes],
    shares: list[int],
) -> tuple[bytes, bytes]:
    entered = micros(start) + day.entered[piece]
    venue, person, stayed = day.venue[piece], day.person[piece], day.stayed[piece]
    count = len(entered)
    left = entered + stayed * MINUTE
    recorded = stayed >= 0
    likely = np.where(recorded, left, entered + keys.minutes[venue] * MINUTE)
    latest = np.where(recorded, left, entered + keys.longest * MINUTE)
    visit_id, declaration_id, group = ids(entered, rng), ids(entered, rng), ids(entered, rng)
    cookie = rng.random(count) < 0.9
    masked = keys.names[person % len(keys.names)]
    visits = []
    for has_end in (True, False):
        for has_device in (True, False):
            of = np.flatnonzero((recorded == has_end) & (cookie == has_device))
            visits.append(
                pack(
                    len(of),
                    [
                        visit_id[of],
                        entered[of],
                        keys.venues[venue[of]],
                        keys.people[person[of]],
                        declaration_id[of],
                        entered[of],
                        left[of] if has_end else None,
                        b"visitor" if has_end else b"guessed",
                        likely[of],
                        latest[of],
                        b"own_phone",
                        keys.devices[person[of]] if has_device else None,
                        group[of],
                        masked[of],
                    ],
                )
            )
    declarations = []
    declared = np.flatnonzero(day.declared[piece])
    kind = rng.choice(len(shares), len(declared), p=np.array(shares) / sum(shares))
    for number, tails in enumerate(by_length.values()):
        of = declared[kind == number]
        if len(of):
            tail = tails[rng.integers(0, len(tails), len(of))]
            columns = [declaration_id[of], entered[of], keys.people[person[of]]]
            declarations.append(pack(len(of), columns, tail, len(keys.declaration_columns) - 3))
    return b"".join(visits), b"".join(declarations)
