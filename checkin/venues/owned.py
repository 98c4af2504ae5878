"""Whose venue a page of an owner is about."""

from uuid import UUID

from flask import abort
from flask_login import current_user

from checkin.db import db
from checkin.venues import queries
from checkin.venues.models import Venue


def own_venue(venue_id: UUID) -> Venue:
    """The signed-in owner's venue; else 404."""
    venue = queries.owned(db.session(), current_user.id, venue_id)
    if venue is None:
        abort(404)
    return venue
