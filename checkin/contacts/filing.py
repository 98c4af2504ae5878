"""What becomes of all contacts of a case at once, as the case does."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.contacts.judging import CALL
from checkin.contacts.models import Contact, ContactCheck, ContactStep


def change_disease(session: Session, case_id: UUID, disease: str) -> None:
    """Have those who are still to be called asked and judged by another disease. An F1's days stand as they were
    decided, until somebody decides anew."""
    session.execute(
        sa.update(Contact).where(Contact.case_id == case_id, Contact.stage == CALL).values(disease=disease),
        execution_options={"synchronize_session": False},
    )


def forget_case(session: Session, case_id: UUID) -> None:
    """Delete the contacts of a case that keeps nothing any more."""
    which, quietly = Contact.case_id == case_id, {"synchronize_session": False}
    theirs = sa.select(Contact.id).where(which)
    for beside in (ContactStep, ContactCheck):
        session.execute(sa.delete(beside).where(beside.contact_id.in_(theirs)), execution_options=quietly)
    session.execute(sa.delete(Contact).where(which), execution_options=quietly)
