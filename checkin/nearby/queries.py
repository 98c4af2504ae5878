from collections import defaultdict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.contacts.models import DECIDE, NEAR, RELEASE, Contact, ContactStep
from checkin.nearby.models import ContactNear
from checkin.scope import rows


def near(session: Session, f1_id: UUID) -> list[Contact]:
    """Those who were near an F1, the first named first."""
    query = (
        sa.select(Contact)
        .join(ContactNear, ContactNear.contact_id == Contact.id)
        .where(rows(session, Contact), rows(session, ContactNear), ContactNear.f1_id == f1_id)
    )
    return list(session.scalars(query.order_by(Contact.id)))


def f1s_of(session: Session, contact_id: UUID) -> list[Contact]:
    """Those whom somebody was near."""
    query = (
        sa.select(Contact)
        .join(ContactNear, ContactNear.f1_id == Contact.id)
        .where(rows(session, Contact), rows(session, ContactNear), ContactNear.contact_id == contact_id)
    )
    return list(session.scalars(query.order_by(Contact.id)))


def to_follow(session: Session, f1_id: UUID) -> list[tuple[Contact, list[str], bool]]:
    """Those who were near this F1, in one order for all who ask: each with the stages of all the F1s they were near,
    and whether they were let go by the last word that made them what they are."""
    people = near(session, f1_id)
    ids = [one.id for one in people]
    stages = defaultdict(list)
    asked = (
        sa.select(ContactNear.contact_id, Contact.stage)
        .join(Contact, ContactNear.f1_id == Contact.id)
        .where(rows(session, Contact), rows(session, ContactNear), ContactNear.contact_id.in_(ids))
    )
    for contact_id, stage in session.execute(asked):
        stages[contact_id].append(stage)
    words = (
        sa.select(ContactStep.contact_id, ContactStep.what)
        .where(rows(session, ContactStep), ContactStep.contact_id.in_(ids))
        .where(ContactStep.what.in_((DECIDE, NEAR, RELEASE)))
        .order_by(ContactStep.contact_id, ContactStep.number)
    )
    last = {row.contact_id: row.what for row in session.execute(words)}
    return [(one, stages[one.id], last.get(one.id) == RELEASE) for one in people]
