"""A venue of a register as the columns of its row."""

from checkin.fold import fold
from checkin.register.planning import CREATED, Decision
from checkin.register.sameness import Known
from checkin.vault import Vault
from checkin.venues.finding import searched
from checkin.venues.service import phone_index


def is_numbered(one: Decision) -> bool:
    """True where a register number becomes the venue's."""
    return one.outcome == CREATED or "number" in one.changed


def values_of(venue: Known) -> dict[str, object]:
    """What the register says of a venue, by column."""
    return {
        "id": venue.id,
        "name": venue.name,
        "name_fold": fold(venue.name)[:200],
        "kind": venue.kind,
        "address": venue.address,
        "search_fold": searched(venue.name, venue.address),
        "commune_id": venue.commune_id,
        "parent_id": venue.parent_id,
        "plate": venue.plate or None,
        "opens_at": venue.opens_at,
        "closes_at": venue.closes_at,
    }


def contact_of(vault: Vault, venue: Known) -> dict[str, object]:
    """The phone of a venue under the key, and its index."""
    if not venue.phone:
        return {"contact": None, "phone_index": None}
    return {"contact": vault.lock("owner", {"phone": venue.phone}), "phone_index": phone_index(vault, venue.phone)}
