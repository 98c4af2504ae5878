"""From a door to what is printed for it."""

from checkin import clock
from checkin.config import Config
from checkin.venues.posters import Poster
from checkin.venues.queries import Door


def address_of(code: str, config: Config) -> str:
    """The address in the QR code. It never changes, since it hangs on walls."""
    return f"{config.public_origin}/v/{code}"


def poster_of(door: Door, config: Config) -> Poster:
    """The poster of a door; of a venue's own code or of a zone's."""
    return Poster(
        venue_name=door.venue_name,
        zone_name=door.zone_name,
        address=door.address,
        commune=door.commune_name,
        code=door.code,
        url=address_of(door.code, config),
        issued_on=clock.to_local(door.issued_at).strftime("%d/%m/%Y"),
        cdc_name=config.cdc_name,
        hotline=config.hotline,
        trial=config.trial,
    )
