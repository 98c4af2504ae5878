"""What one poster says, and the lines that every form of it is made of."""

from dataclasses import dataclass

from checkin.posters.lettering import DASH, printable
from checkin.posters.words import VIETNAMESE, Labels
from checkin.venues import codes


@dataclass(frozen=True)
class Poster:
    """What one poster says: `code` bare or grouped, `url` its whole address, `issued_on` ready to print."""

    venue_name: str
    zone_name: str | None
    address: str
    commune: str
    code: str
    url: str
    issued_on: str
    cdc_name: str
    hotline: str
    trial: bool
    plate: str | None = None
    labels: Labels = VIETNAMESE

    @property
    def name(self) -> str:
        """The venue's name. One that the font cannot show at all gives way to the code."""
        return printable(self.venue_name) or f"{self.labels.nameless} {codes.display(self.code)}"

    @property
    def tail(self) -> str:
        """What stands behind the name and is never cut: the plate of a vehicle, the door or hall."""
        return "".join(f"{DASH}{text}" for text in (self.plate_text, printable(self.zone_name or "")) if text)

    @property
    def plate_text(self) -> str:
        """The plate of a vehicle; empty where there is none."""
        return printable(self.plate or "")

    @property
    def where(self) -> tuple[str, str]:
        """The address, and behind it the commune, which is never cut."""
        street, commune = printable(self.address), printable(self.commune)
        return (street, f", {commune}") if street and commune else (street or commune, "")

    @property
    def shown_code(self) -> str:
        """The code in groups. Raises ValueError unless it has eleven characters."""
        return codes.display(self.code)

    @property
    def shown_url(self) -> str:
        """The address as people read it."""
        return printable(self.url.split("://", 1)[-1])

    @property
    def issuer(self) -> str:
        """Who stands behind it, and whom to call."""
        return printable(f"{self.cdc_name} · {self.hotline}")

    @property
    def issued(self) -> str:
        """Since when the code is good."""
        return printable(f"{self.labels.issued} {self.issued_on}")
