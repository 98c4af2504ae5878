"""The only module that asks the time. UTC inside, Asia/Ho_Chi_Minh on the page."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

# Read in place of moments that no calendar holds; see `readable.py`.
LONG_AGO, FAR = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)

_fixed: ContextVar[datetime | None] = ContextVar("clock_fixed", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    fixed = _fixed.get()
    return fixed if fixed is not None else datetime.now(UTC)


def today() -> date:
    """The present day in the province."""
    return to_local(now()).date()


def to_local(moment: datetime) -> datetime:
    """The same moment on the province's clocks."""
    return moment.astimezone(ZONE)


def local_text(moment: datetime) -> str:
    """A moment as machines read it, with the province's offset."""
    return to_local(moment).isoformat(timespec="seconds")


def is_readable(moment: date) -> bool:
    """False for a moment or day that stands for one that no calendar holds."""
    return LONG_AGO.year < moment.year < FAR.year


def from_local(moment: datetime) -> datetime:
    """UTC for a naive moment read off a clock in the province."""
    return moment.replace(tzinfo=ZONE).astimezone(UTC)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Start and end in UTC of one day of the province: [start, end)."""
    start = from_local(datetime.combine(day, time.min))
    return start, from_local(datetime.combine(day + timedelta(days=1), time.min))


@contextmanager
def fixed(moment: datetime) -> Iterator[None]:
    """Hold the clock still, for tests."""
    token = _fixed.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _fixed.reset(token)
