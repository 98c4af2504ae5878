"""Contacts of a case in the order in which they are to be called, and who was ever ill or positive: a page of a list of
tens of thousands is read from its index alone. Signals among ten thousand cases are found by one pass over their stays,
however few the database expects."""

import sqlalchemy as sa
from alembic import op

from checkin.migrations.functions import change

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_LOUD = sa.text("said IN ('ill', 'positive')")
_EACH_AGAIN = """        SELECT s.* FROM stays s WHERE (s.disease, s.venue_id) IN (
            SELECT t.disease, t.venue_id FROM stays t GROUP BY 1, 2 HAVING count(DISTINCT t.who) > 1
        );
"""
# More than one of them: the first is another one than the last.
_TOGETHER = """        SELECT s.disease, s.venue_id, s.entered_at, s.until, s.recorded, s.zone_id, s.seq, s.who
        FROM (
            SELECT t.*, min(t.who) OVER one AS lowest, max(t.who) OVER one AS highest FROM stays t
            WINDOW one AS (PARTITION BY t.disease, t.venue_id)
        ) s WHERE s.lowest <> s.highest;
"""


def upgrade() -> None:
    op.create_index("ix_contact_of_case", "contact", ["case_id", "stage", "due_at", "id"])
    op.create_index(
        "ix_contact_check_loud", "contact_check", ["contact_id"], postgresql_where=_LOUD, sqlite_where=_LOUD
    )
    if op.get_bind().dialect.name == "postgresql":
        change("stays_shared", _EACH_AGAIN, _TOGETHER)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        change("stays_shared", _TOGETHER, _EACH_AGAIN)
    op.drop_index("ix_contact_check_loud", "contact_check")
    op.drop_index("ix_contact_of_case", "contact")
