"""What is mounted, in which tier, and for whom. A blueprint that is not listed here does not exist."""

from dataclasses import dataclass
from typing import Literal

from checkin.accounts.models import ADMIN, CDC, COMMAND, COMMUNE, OWNER

PUBLIC, STAFF = "public", "staff"
Access = frozenset[str] | Literal["anyone", "signed in"]


@dataclass(frozen=True)
class Feature:
    """A blueprint as `module:name`, the tiers that have it, and who may open it."""

    blueprint: str
    tiers: frozenset[str]
    access: Access


def _feature(blueprint: str, tiers: set[str], access: Access | set[str]) -> Feature:
    return Feature(blueprint, frozenset(tiers), frozenset(access) if isinstance(access, set) else access)


FEATURES = (
    _feature("checkin.metrics:bp", {PUBLIC, STAFF}, "anyone"),
    _feature("checkin.front.views:bp", {PUBLIC, STAFF}, "anyone"),
    _feature("checkin.accounts.views:bp", {PUBLIC, STAFF}, "anyone"),
    _feature("checkin.accounts.views:own", {PUBLIC, STAFF}, "signed in"),
    _feature("checkin.accounts.admin:bp", {STAFF}, {ADMIN}),
    _feature("checkin.audit.views:bp", {STAFF}, {ADMIN}),
    _feature("checkin.venues.signup:bp", {PUBLIC}, "anyone"),
    _feature("checkin.venues.views:bp", {PUBLIC}, {OWNER}),
    _feature("checkin.visits.views:bp", {PUBLIC}, "anyone"),
    _feature("checkin.visits.numbers:bp", {PUBLIC}, {OWNER}),
    _feature("checkin.reports.views:bp", {STAFF}, {COMMUNE, CDC, COMMAND, ADMIN}),
    _feature("checkin.cases.views:bp", {STAFF}, {CDC}),
    _feature("checkin.exposure.views:bp", {STAFF}, {CDC}),
    _feature("checkin.exposure.downloads:bp", {STAFF}, {CDC}),
    _feature("checkin.exposure.casework:bp", {STAFF}, {CDC}),
)
