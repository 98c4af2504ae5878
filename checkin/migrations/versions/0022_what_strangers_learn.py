"""What a counter and a station learn of somebody by what a stranger wrote in their name, or by standing elsewhere.

PostgreSQL alone: at a counter a "yes" is told of forms of this very venue, and a form in which nobody was asked, as it
is copied of a card or of a list of staff, opens no visit to a station.
"""

from alembic import op

from checkin.migrations.functions import change

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_MIDNIGHT = "date_trunc('day', now(), 'Asia/Ho_Chi_Minh')"
# A visit may have begun the day before: nobody stays longer than a day.
_HERE = f"""d.triage <> 'routine' AND EXISTS (
                SELECT 1 FROM visit v, desk_link l
                WHERE l.venue_id = v.venue_id AND l.joined_at IS NOT NULL AND l.revoked_at IS NULL
                AND encode(l.secret_hash, 'hex') = nullif(current_setting('checkin.desk', true), '')
                AND v.person_id = d.person_id AND v.declaration_id = d.id
                AND v.entered_at >= {_MIDNIGHT} - interval '1 day' AND v.entered_at < {_MIDNIGHT} + interval '1 day'
            )"""  # noqa: S608
RESULT = (
    """CASE WHEN bool_or(d.triage NOT IN ('routine', 'none')) THEN 'help'
            WHEN bool_or(d.triage = 'routine') THEN 'declared' ELSE 'none' END""",
    f"""CASE WHEN bool_or({_HERE}) THEN 'help'
            WHEN count(*) > 0 THEN 'declared' ELSE 'none' END""",
)
# What nobody was asked is no answer, whichever form holds it.
ASKED = ("AND d.made_at >= ", "AND d.triage <> 'none' AND d.made_at >= ")
STATION = ("d.commune_id = home)", "d.commune_id = home AND d.triage <> 'none')")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        change("desk_result", *RESULT)
        change("desk_result", *ASKED)
        change("of_station", *STATION)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        change("of_station", *reversed(STATION))
        change("desk_result", *reversed(ASKED))
        change("desk_result", *reversed(RESULT))
