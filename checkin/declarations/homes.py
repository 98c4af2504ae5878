"""Where somebody lives, from what the form says: a code from the list, or a name that was typed."""

from sqlalchemy.orm import Session

from checkin.declarations.forms import DeclarationForm
from checkin.places import queries as places
from checkin.places.lookup import PlaceRow, match_address, match_commune


def resolve(session: Session, form: DeclarationForm, home: str) -> None:
    """Set the commune and province that the form means, if it means exactly one."""
    chosen = places.commune(session, form.commune.data)
    province = form.province.data or (chosen.parent_id if chosen else home) or home
    form.province.data, form.home = province, home
    if chosen is not None and chosen.parent_id == province:
        form.resolved_commune, form.resolved_province = chosen.id, chosen.parent_id
        return
    typed = form.commune_other.data or (form.commune.data if chosen is None else "")
    found = match_commune(typed, province) if typed else []
    if len(found) == 1:
        form.resolved_commune, form.resolved_province = found[0].code, province


def suggest(address: str, home: str) -> tuple[str | None, PlaceRow | None, str]:
    """(province, commune, street) of a card's address; None where it names no or several present units."""
    match = match_address(address, home)
    commune = match.communes[0] if len(match.communes) == 1 else None
    return (match.province.code if match.province else None), commune, match.rest
