"""Plain rows of the demo province: what a writer stores, with positions in place of identifiers."""

from dataclasses import dataclass
from datetime import datetime

from checkin.declarations.told import Identity
from checkin.declarations.triage import Answers


@dataclass(frozen=True, slots=True)
class VenueRow:
    """A venue. `parent` is the position of the venue that it stands inside."""

    name: str
    kind: str
    address: str
    commune_id: str
    latitude: float
    longitude: float
    phone: str
    weight: float
    """How often people come, against others of the same kind."""
    role: str = ""
    """What the planted story calls it."""
    parent: int | None = None
    plate: str | None = None
    opens_at: str | None = None
    closes_at: str | None = None
    default_minutes: int | None = None
    zones: tuple[str, ...] = ()
    state: str = "active"
    registered_days_ago: int = 60
    last_day: int | None = None
    """How many days ago the last visitor came; -1 for a venue that nobody ever visited."""
    reissued: bool = False
    """True where a first code was revoked and replaced."""
    owned: bool = False
    """True for the venues of the demo owner."""


@dataclass(frozen=True, slots=True)
class Resident:
    """Somebody of the pool: who they are, and what their days are made of."""

    number: int
    who: Identity
    role: str
    """worker, student, pupil, home, elder, guest; "led" is brought by others and never comes alone."""
    anchor: str
    """Id of the commune where their days begin: home, or where a guest stays."""


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One visit. Moments are UTC; persons, venues and zones are positions."""

    venue: int
    zone: int | None
    person: int
    entered_at: datetime
    group: int
    """Number of the form: people declared together share it."""
    left_at: datetime | None = None
    left_by: str = "visitor"
    elsewhere_at: datetime | None = None
    """When the same device arrived at another place, which ends this stay."""
    answers: Answers | None = None
    """None: staff recorded the visit, and nobody declared."""
    travel_where: str = ""
    channel: str = "own_phone"
    device: int | None = None
    """Number of the person whose device it was; None where no cookie was kept."""
