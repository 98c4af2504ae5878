"""A case and its contacts as pages reach for them: found or 404, people read for the case alone, readings on record."""

from collections.abc import Callable
from uuid import UUID

from flask import abort, flash
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context, scope
from checkin.cases import queries as cases
from checkin.cases.models import Case
from checkin.contacts import queries as contacts
from checkin.contacts import service
from checkin.contacts.models import Contact
from checkin.db import begin_writing, db, set_read_only
from checkin.places import queries as places


def case_of(number: str) -> Case:
    """The case of a number; from here on people are read for it."""
    case = cases.by_number(db.session(), number)
    if case is None:
        abort(404)
    scope.bind(db.session(), case.id)
    return case


def contact_of(case: Case, contact_id: UUID) -> Contact:
    """A contact of the case."""
    contact = contacts.one(db.session(), contact_id)
    if contact is None or contact.case_id != case.id:
        abort(404)
    return contact


def read(number: str, count: int, record: Callable[..., None] = service.record_reading) -> Case:
    """Put the reading of so many names on record; where that fails, none is opened. The case, to read for.

    `record` writes the entry, where it is not contacts that are read.
    """
    session = begin_writing()
    case = case_of(number)
    record(session, now=clock.now(), actor=current_user.actor, case=case, count=count)
    session.commit()
    set_read_only(True)
    return case_of(number)


def commune_names() -> dict[str, str]:
    """The communes of the province by id."""
    found = places.communes_of(db.session(), context.config().province) or ()
    return {unit.id: unit.full_name for unit in found}


def say_given(result: service.Assigned) -> None:
    """Tell the officer what became of those who were given to be called."""
    if result.stations:
        flash(gettext("Đã giao %(count)s người cho trạm y tế nơi họ ở.", count=result.stations), "ok")
    if result.outside:
        text = gettext(
            "%(count)s người không có nơi ở trong tỉnh: CDC gọi, ở danh sách “Ngoài tỉnh”.", count=result.outside
        )
        flash(text, "warn")
    if result.before:
        flash(gettext("%(count)s người đã được giao trước đó: không giao lần nữa.", count=result.before), "ok")
