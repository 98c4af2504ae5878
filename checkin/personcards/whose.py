"""Whose cards a station looks for, and whose a card is."""

import contextlib
from dataclasses import dataclass

from flask_babel import gettext
from sqlalchemy.orm import Session

from checkin.declarations.told import Identity
from checkin.people import scanned as codes
from checkin.people.identity import name_index
from checkin.people.idnumbers import parse_id_number
from checkin.personcards import queries
from checkin.personcards.forms import FindForm
from checkin.personcards.models import PersonCard
from checkin.personcards.queries import Line
from checkin.personcards.service import code_index
from checkin.phones import normalise_phone
from checkin.vault import Vault, VaultError


@dataclass(frozen=True)
class Wanted:
    """By what somebody is looked for; exactly one way."""

    code: bytes | None = None
    name: bytes | None = None
    number: bytes | None = None
    phone: bytes | None = None

    def found(self, session: Session) -> list[Line]:
        """The cards that the scope may see."""
        if self.code is not None:
            return queries.of_code(session, self.code)
        return queries.of_people(
            session, queries.people_of(session, name=self.name, number=self.number, phone=self.phone)
        )


def wanted(form: FindForm, vault: Vault) -> Wanted | None:
    """What a valid form asks for; None, with its error beside the field, where it asks for nothing that can be."""
    if form.code.data:
        try:
            code = codes.scanned(form.code.data)
        except codes.TwoCodes:
            code = None
        if code is None:
            form.code.errors = [gettext("Mã này chưa đúng. Xem lại từng chữ: mã có 11 chữ và số.")]
            return None
        return Wanted(code=code_index(vault, code.code))
    if form.number.data:
        return _by_number(form, vault)
    if form.full_name.data and form.birth_year.data:
        return Wanted(name=name_index(vault, form.full_name.data, int(form.birth_year.data)))
    field = form.birth_year if form.full_name.data else form.full_name if form.birth_year.data else form.code
    field.errors = [gettext("Ghi mã trên thẻ, hoặc một số, hoặc cả họ tên và năm sinh.")]
    return None


def _by_number(form: FindForm, vault: Vault) -> Wanted | None:
    text = form.number.data or ""
    phone = number = None
    with contextlib.suppress(ValueError):
        phone = vault.index("phone", normalise_phone(text))
    with contextlib.suppress(ValueError):
        number = vault.index("id", parse_id_number(text).value)
    if phone is None and number is None:
        form.number.errors = [gettext("Số này chưa đúng. Ghi số điện thoại, căn cước hoặc hộ chiếu.")]
        return None
    return Wanted(phone=phone, number=number)


def opened(card: PersonCard, vault: Vault) -> Identity | None:
    """Who the holder of a card is; None where it cannot be opened."""
    try:
        values = vault.open(card.details)
        values.pop("travel_where", None)
        return Identity.from_dict(values)
    except (VaultError, TypeError, ValueError, AttributeError):
        return None
