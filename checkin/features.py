"""What is mounted, in which tier, and for whom. A blueprint that is not listed here does not exist."""

from dataclasses import dataclass
from typing import Literal

from checkin.accounts.models import ADMIN, CDC, COMMAND, COMMUNE, OWNER

PUBLIC, STAFF = "public", "staff"
Access = frozenset[str] | Literal["anyone", "signed in", "desk", "token"]


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
    _feature("checkin.accounts.own:bp", {PUBLIC, STAFF}, "signed in"),
    _feature("checkin.accounts.admin:bp", {STAFF}, {ADMIN}),
    _feature("checkin.messages.views:bp", {STAFF}, {ADMIN}),
    _feature("checkin.invitations.views:bp", {STAFF}, {ADMIN}),
    _feature("checkin.invitations.views:door", {STAFF}, "anyone"),
    _feature("checkin.owners.views:bp", {PUBLIC}, "anyone"),
    _feature("checkin.owners.views:own", {PUBLIC}, {OWNER}),
    _feature("checkin.audit.views:bp", {STAFF}, {ADMIN}),
    _feature("checkin.register.views:bp", {STAFF}, {ADMIN, COMMUNE}),
    _feature("checkin.venues.signup:bp", {PUBLIC}, "anyone"),
    _feature("checkin.venues.views:bp", {PUBLIC}, {OWNER}),
    _feature("checkin.zones.views:bp", {PUBLIC}, {OWNER}),
    _feature("checkin.posters.views:bp", {PUBLIC}, {OWNER}),
    _feature("checkin.posters.many:own", {PUBLIC}, {OWNER}),
    _feature("checkin.posters.many:staff", {STAFF}, {COMMUNE, ADMIN}),
    _feature("checkin.commitments.views:bp", {PUBLIC}, {OWNER}),
    _feature("checkin.visits.views:bp", {PUBLIC}, "anyone"),
    _feature("checkin.visits.photos:bp", {PUBLIC}, "anyone"),
    _feature("checkin.visits.offline:bp", {PUBLIC}, "anyone"),
    _feature("checkin.visits.numbers:bp", {PUBLIC}, {OWNER}),
    _feature("checkin.calls.views:bp", {PUBLIC}, "anyone"),
    _feature("checkin.stations.views:bp", {STAFF}, {COMMUNE}),
    _feature("checkin.stations.calling:bp", {STAFF}, {COMMUNE}),
    _feature("checkin.stations.contacts:bp", {STAFF}, {COMMUNE}),
    _feature("checkin.stations.quarantine:bp", {STAFF}, {COMMUNE}),
    _feature("checkin.stations.overview:bp", {STAFF}, {CDC, COMMAND, ADMIN}),
    _feature("checkin.stations.watch:bp", {STAFF}, {COMMUNE, CDC}),
    _feature("checkin.notices.views:bp", {PUBLIC}, "anyone"),
    _feature("checkin.notices.sharing:bp", {PUBLIC}, "anyone"),
    _feature("checkin.replies.views:bp", {PUBLIC}, "anyone"),
    _feature("checkin.me.views:bp", {PUBLIC}, "anyone"),
    _feature("checkin.rights.views:bp", {PUBLIC}, "anyone"),
    _feature("checkin.rights.overview:bp", {STAFF}, {CDC, ADMIN}),
    _feature("checkin.rights.desk:bp", {STAFF}, {CDC}),
    _feature("checkin.personcards.views:bp", {PUBLIC}, "anyone"),
    _feature("checkin.personcards.station:bp", {STAFF}, {COMMUNE}),
    _feature("checkin.desk.links:bp", {PUBLIC}, {OWNER}),
    _feature("checkin.handovers.views:bp", {PUBLIC}, {OWNER}),
    _feature("checkin.workers.views:bp", {PUBLIC}, {OWNER}),
    _feature("checkin.workers.adding:bp", {PUBLIC}, {OWNER}),
    _feature("checkin.workers.days:bp", {PUBLIC}, {OWNER}),
    # Whoever has the link reads what it is about; an owner accepts it.
    _feature("checkin.handovers.views:door", {PUBLIC}, "anyone"),
    _feature("checkin.claims.views:bp", {PUBLIC}, {OWNER}),
    _feature("checkin.claims.deciding:bp", {STAFF}, {COMMUNE}),
    _feature("checkin.desk.joining:bp", {PUBLIC}, "anyone"),
    _feature("checkin.desk.installed:bp", {PUBLIC}, "anyone"),
    # A joined device, which has no account.
    _feature("checkin.desk.views:bp", {PUBLIC}, "desk"),
    _feature("checkin.desk.recording:bp", {PUBLIC}, "desk"),
    _feature("checkin.desk.issuing:bp", {PUBLIC}, "desk"),
    _feature("checkin.reports.views:bp", {STAFF}, {COMMUNE, CDC, COMMAND, ADMIN}),
    _feature("checkin.approvals.views:bp", {STAFF}, {CDC, ADMIN}),
    _feature("checkin.approvals.deciding:bp", {STAFF}, {CDC}),
    _feature("checkin.cases.views:bp", {STAFF}, {CDC}),
    _feature("checkin.derivations.views:bp", {STAFF}, {CDC}),
    _feature("checkin.exposure.views:bp", {STAFF}, {CDC}),
    _feature("checkin.exposure.second:bp", {STAFF}, {CDC}),
    _feature("checkin.exposure.downloads:bp", {STAFF}, {CDC}),
    _feature("checkin.exposure.casework:bp", {STAFF}, {CDC}),
    _feature("checkin.exposure.declared:bp", {STAFF}, {CDC}),
    _feature("checkin.casefacts.views:bp", {STAFF}, {CDC}),
    _feature("checkin.exposure.interview:bp", {STAFF}, {CDC}),
    _feature("checkin.exposure.caselist:bp", {STAFF}, {CDC}),
    _feature("checkin.exposure.taking:bp", {STAFF}, {CDC}),
    _feature("checkin.exposure.followup:bp", {STAFF}, {CDC}),
    _feature("checkin.exposure.handing:bp", {STAFF}, {CDC}),
    _feature("checkin.exposure.quarantine:bp", {STAFF}, {CDC}),
    _feature("checkin.exposure.outgoing:bp", {STAFF}, {CDC}),
    _feature("checkin.doubles.views:bp", {STAFF}, {CDC}),
    _feature("checkin.notices.writing:bp", {STAFF}, {CDC}),
    _feature("checkin.duty.views:bp", {STAFF}, {CDC}),
    _feature("checkin.duty.speed:bp", {STAFF}, {CDC, COMMAND}),
    _feature("checkin.clusters.views:bp", {STAFF}, {CDC}),
    _feature("checkin.chains.views:bp", {STAFF}, {CDC}),
    _feature("checkin.notices.texting:bp", {STAFF}, {CDC}),
    _feature("checkin.notices.overview:every", {STAFF}, {CDC}),
    _feature("checkin.notices.overview:station", {STAFF}, {COMMUNE}),
    _feature("checkin.replies.desk:bp", {STAFF}, {CDC}),
    _feature("checkin.contactlists.views:bp", {STAFF}, {CDC}),
    _feature("checkin.nearby.views:bp", {STAFF}, {CDC}),
    _feature("checkin.nearby.station:bp", {STAFF}, {COMMUNE}),
    # Another program with a token of its own; what there is, is no secret.
    _feature("checkin.api.views:bp", {STAFF}, "token"),
    _feature("checkin.api.views:door", {STAFF}, "anyone"),
    _feature("checkin.api.admin:bp", {STAFF}, {ADMIN}),
)
