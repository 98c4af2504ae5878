"""What an owner has left to do at a venue, the most pressing first."""

from dataclasses import dataclass

# With so many people one list for the whole place helps nobody: zones are asked for.
LARGE = "large"
# In the order in which they are shown.
DUTIES = ("suspended", "commitment", "contact", "zones", "scan", "workers", "hours", "confirm")
# Where people work all day among others, so that their list matters most.
STAFFED = frozenset({
    "market", "supermarket", "shop", "food", "bar", "hotel", "office", "factory", "school", "health", "bus", "taxi",
    "motorbike", "boat", "transport", "station", "sport", "beauty", "bank",
})  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """What is known of a venue."""

    state: str
    size: str | None
    zones: int
    # The version that the present owner signed, and the one in force.
    signed: str | None
    version: str
    scanned: bool
    hours: bool
    contact: bool
    # Whether the owner's own phone or address is confirmed; None where no message goes out to it.
    confirmed: bool | None
    # What others say is left to do, of DUTIES.
    others: frozenset[str] = frozenset()


def due(facts: Facts) -> tuple[str, ...]:
    """Words of DUTIES for what is left to do; nothing at a venue that is closed."""
    if facts.state == "closed":
        return ()
    left = {
        "suspended": facts.state == "suspended",
        "commitment": facts.signed != facts.version,
        "contact": not facts.contact,
        "zones": facts.size == LARGE and facts.zones == 0,
        "scan": not facts.scanned and facts.state == "active",
        "hours": not facts.hours,
        "confirm": facts.confirmed is False,
    }
    return tuple(duty for duty in DUTIES if left.get(duty) or duty in facts.others)
