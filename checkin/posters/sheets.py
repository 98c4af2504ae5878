"""From a code in force to what is printed for it."""

from checkin import clock
from checkin.config import Config
from checkin.posters.poster import Poster
from checkin.posters.queries import Printed
from checkin.posters.words import LABELS
from checkin.venues.codes import address_of
from checkin.venues.plates import display_plate


def poster_of(door: Printed, config: Config, language: str = "vi") -> Poster:
    """The poster of a door; of a venue's own code or of a zone's."""
    return Poster(
        venue_name=door.venue_name,
        zone_name=door.zone_name,
        plate=display_plate(door.plate) if door.plate else None,
        address=door.address,
        commune=door.commune_name,
        code=door.code,
        url=address_of(door.code, config),
        issued_on=clock.to_local(door.issued_at).strftime("%d/%m/%Y"),
        cdc_name=config.cdc_name,
        hotline=config.hotline,
        trial=config.trial,
        labels=LABELS[language],
    )
