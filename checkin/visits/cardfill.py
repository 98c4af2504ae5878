"""Filling the form from a card: only what is still empty, so that nothing typed is lost."""

from datetime import date

from flask_babel import gettext

from checkin.declarations.forms import DeclarationForm
from checkin.declarations.homes import suggest
from checkin.people.cards import CardError, parse_card


def fill(form: DeclarationForm, today: date, home: str) -> bool:
    """Fill the empty fields from the card's string; False with an error beside the field when unreadable."""
    try:
        card = parse_card(form.card.data or "", today)
    except CardError:
        form.card.errors = [gettext("Không đọc được chuỗi này. Quét lại thẻ, hoặc gõ các mục bên dưới.")]
        return False
    found = {
        "full_name": card.full_name,
        "birth_year": str(card.birth_year) if card.birth_year else "",
        "gender": card.gender or "",
        "id_number": card.id_number or "",
    }
    for name, value in found.items():
        if value and not form[name].data:
            form[name].data = value
    if card.address and not (form.commune.data or form.commune_other.data or form.address.data):
        province, commune, street = suggest(card.address, home)
        form.address.data = street[:200]
        if province:
            form.province.data = province
        if commune:
            form.commune.data = commune.code
            if province != home:
                form.commune_other.data = commune.name
    return True
