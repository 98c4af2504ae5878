"""A notice as pages reach for it: found or 404, people read for its case alone."""

from uuid import UUID

from flask import abort

from checkin import scope
from checkin.cases.models import Case
from checkin.db import db
from checkin.notices import queries
from checkin.notices.models import Notice


def notice_of(notice_id: UUID) -> tuple[Notice, Case]:
    """The notice and its case; from here on people are read for that case."""
    found = queries.by_id(db.session(), notice_id)
    if found is None:
        abort(404)
    scope.bind(db.session(), found[1].id)
    return found
