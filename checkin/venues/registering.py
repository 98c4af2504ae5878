"""What the pages that register and change a venue share: choices of the form, what it stands in, likely doubles."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from flask import Response
from flask_babel import gettext

from checkin import context
from checkin.db import db
from checkin.errors import DomainError
from checkin.places import queries as places
from checkin.vault import VaultError
from checkin.venues import alike, queries, service
from checkin.venues.codes import normalise
from checkin.venues.doubles import may_be_known
from checkin.venues.forms import VenueForm
from checkin.venues.models import Venue
from checkin.venues.nesting import DEEPEST

# The other pages may ask for no position.
PERMISSIONS = "camera=(), microphone=(), geolocation=(self), payment=(), usb=(), interest-cohort=()"


@dataclass(frozen=True)
class Double:
    """A venue that may be the one being registered, as it may be shown to who registers."""

    venue: Venue
    reasons: tuple[str, ...]
    own: bool

    @property
    def named(self) -> bool:
        """False where nothing but a phone number agrees: else a number would tell whose it is."""
        return self.own or self.reasons != ("phone",)


def prepare(form: VenueForm) -> None:
    """Give the form the communes of the province."""
    communes = places.communes_of(db.session(), context.config().province) or ()
    form.commune.choices = [("", gettext("Chọn xã, phường…")), *((c.id, c.full_name) for c in communes)]


def show(form: VenueForm, venue: Venue) -> None:
    """Fill the form with what is known of a venue."""
    known, outer = {}, ""
    with suppress(VaultError):  # of a key that this tier does not have yet: the owner writes it again
        known = context.vault().unlock("owner", venue.contact) if venue.contact else {}
    if venue.parent_id is not None:
        outer = queries.own_codes(db.session(), {venue.parent_id}).get(venue.parent_id, "")
    form.fill_from(venue, known.get("phone", ""), outer)


def find_outer(form: VenueForm, venue: Venue | None = None) -> bool:
    """Find the venue whose code was typed; False, with a message beside the field, where that cannot be."""
    if not form.inside.data:
        return True
    door = queries.door(db.session(), normalise(form.inside.data))
    if door is None or door.revoked or (door.state == "closed" and (venue is None or door.venue_id != venue.parent_id)):
        form.inside.errors = [gettext("Không có nơi nào mang mã này. Ghi mã in trên áp phích của nơi đó.")]
        return False
    form.outer_id = door.venue_id
    return True


def refuse_outer(form: VenueForm, error: DomainError) -> None:
    """Say beside the field why a venue cannot stand inside the one whose code was typed."""
    form.inside.errors = [
        {
            "self": gettext("Đây là mã của chính địa điểm này."),
            "cycle": gettext("Nơi đó lại nằm trong địa điểm này."),
            "deep": gettext("Quá nhiều lớp: nhiều nhất %(count)s nơi nằm trong nhau.", count=DEEPEST + 1),
        }[error.reason]
    ]


def doubles(form: VenueForm, owner_id: UUID) -> list[Double]:
    """What may be the same venue as a valid form tells of; the likeliest first."""
    facts = form.facts()
    new = alike.Venue(
        UUID(int=0), facts.name, facts.address, service.phone_index(context.vault(), facts.phone), facts.plate
    )
    found = may_be_known(db.session(), new, facts.commune_id)
    return [Double(venue, match.reasons, venue.owner_id == owner_id) for match, venue in found]


def with_position(response: Response) -> Response:
    """The page with the form may ask the phone where it is."""
    response.headers["Permissions-Policy"] = PERMISSIONS
    return response
