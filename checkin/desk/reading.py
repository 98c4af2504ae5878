"""Who a card at the counter says somebody is."""

from dataclasses import dataclass
from datetime import date

from checkin.declarations.homes import suggest
from checkin.declarations.told import Identity
from checkin.people.cards import CardError, parse_card
from checkin.people.typedout import is_syllable, typed_out


@dataclass(frozen=True)
class Holder:
    """A person by their card. `spelt` is the name as the scanner typed it, where its keys spelt another one;
    `damaged` is True where letters of the name are missing, so that the number alone can be trusted."""

    who: Identity
    spelt: str = ""
    damaged: bool = False


def of_card(text: str, today: date, home: str) -> Holder:
    """The person of a scanned card.

    Raises CardError, also where the card can be read and lacks a name ("no_name") or a year ("no_year").
    """
    card = parse_card(text, today)
    if not any(char.isalpha() for char in card.full_name):
        raise CardError("no_name")
    if card.birth_year is None:
        raise CardError("no_year")
    name = typed_out(card.full_name)
    province, commune, street = suggest(card.address, home) if card.address else (None, None, "")
    return Holder(
        who=Identity(
            full_name=name[:100],
            birth_year=card.birth_year,
            gender=card.gender or "",
            phone="",
            province_id=province,
            commune_id=commune.code if commune else None,
            address=street[:200],
            # A person without a citizen number is known by that of the insurance.
            id_number=card.id_number or card.insurance_number or "",
        ),
        spelt=card.full_name[:100] if name != card.full_name else "",
        damaged="name_mangled" in card.warnings or not all(map(is_syllable, name.split())),
    )
