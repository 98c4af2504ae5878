from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.contactlists.models import ListHeading
from checkin.contacts.models import Contact
from checkin.people.models import Person
from checkin.scope import rows

BLOCK = 500


def meant(session: Session, heading_index: bytes) -> list[str] | None:
    """What the columns of a heading were said to mean; None where nobody said it."""
    return session.scalar(sa.select(ListHeading.fields).where(ListHeading.heading_index == heading_index))


def contacts_with(session: Session, case_id: UUID, phones: Collection[bytes]) -> list[tuple[bytes, Contact]]:
    """Contacts of a case of whom one of these phones was told, each with the index of that phone."""
    found: list[tuple[bytes, Contact]] = []
    asked = sorted(set(phones))
    root = sa.func.coalesce(Person.same_as, Person.id)
    for start in range(0, len(asked), BLOCK):
        query = (
            sa.select(Person.phone_index, Contact)
            .join(Contact, Contact.person_id == root)
            .where(
                rows(session, Contact),
                Contact.case_id == case_id,
                Person.phone_index.in_(asked[start : start + BLOCK]),
            )
        )
        found += [(bytes(phone), contact) for phone, contact in session.execute(query)]
    return found
