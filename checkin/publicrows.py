"""Which rows the public role may touch on PostgreSQL: the policies of row-level security.

The owner of the tables may touch every row; `tiers.py` says which columns, and applies both.
"""

OF_OWN_VENUE = (
    "EXISTS (SELECT 1 FROM venue v WHERE v.id = venue_id "
    "AND v.owner_id::text = nullif(current_setting('checkin.owner', true), ''))"
)
OF_OWN_WORKER = (
    "EXISTS (SELECT 1 FROM worker w JOIN venue v ON v.id = w.venue_id WHERE w.id = worker_id "
    "AND v.owner_id::text = nullif(current_setting('checkin.owner', true), ''))"
)
OWN_ACCOUNT = "account_id::text = nullif(current_setting('checkin.owner', true), '')"
OF_AN_OWNER = "EXISTS (SELECT 1 FROM account a WHERE a.id = account_id AND a.role = 'owner')"
OWN_JOB = "made_by::text = nullif(current_setting('checkin.owner', true), '')"
OF_OWN_JOB = f"EXISTS (SELECT 1 FROM poster_job j WHERE j.id = job_id AND j.{OWN_JOB})"  # nosec B608
# A link of the signed-in owner's venue, of the device that asks, or of the code that was typed.
DESK_ROWS = (
    f"{OF_OWN_VENUE} "
    "OR encode(secret_hash, 'hex') = nullif(current_setting('checkin.desk', true), '') "
    "OR encode(code_hash, 'hex') = nullif(current_setting('checkin.desk_code', true), '')"
)
# The card whose code was scanned or whose strip was typed, and those of this browser.
CARD_ROWS = (
    "encode(code_index, 'hex') = nullif(current_setting('checkin.card', true), '') "
    "OR encode(lost_index, 'hex') = nullif(current_setting('checkin.card_lost', true), '') "
    "OR encode(device, 'hex') = nullif(current_setting('checkin.device', true), '')"
)
# What comes, comes now. Only the future is bounded: clocks of two machines differ, and a form may be sent late.
COMES = "<= now() + interval '10 minutes'"
# Day of the province, whatever the clock of the session says: at most the next one of it.
CARD_USED = "used_on <= (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date + 1"
# One that is in use already is issued by nobody, and only in one's own name: a counter's or a browser's.
CARD_NEW = (
    f"issued_at {COMES} AND {CARD_USED} AND revoked_at IS NULL AND ("  # nosec B608
    "issued_by = 'citizen' AND encode(device, 'hex') = nullif(current_setting('checkin.device', true), '') "
    "OR issued_by = 'desk' AND device IS NULL AND EXISTS (SELECT 1 FROM desk_link l "
    "WHERE l.venue_id = person_card.venue_id AND l.joined_at IS NOT NULL AND l.revoked_at IS NULL "
    "AND encode(l.secret_hash, 'hex') = nullif(current_setting('checkin.desk', true), '')))"  # nosec B608
)
# Of this browser, or the one whose page it is.
_OWN_VISIT = (
    "encode(device, 'hex') = nullif(current_setting('checkin.device', true), '') "
    "OR id::text = nullif(current_setting('checkin.visit', true), '')"
)
# Columns of a notice: neither the case that it is about nor who wrote it.
NOTICE_READ = (
    'id, seq, venue_id, zone_id, start, "end", severity, words_vi, words_en, state, published_at, expires_at, '
    "withdrawn_at, withdrawn_vi, withdrawn_en, corrects, replaced_by, place_name, place_zone, place_commune, "
    "place_commune_id"
)
# Table: which rows the public role may touch. The owner of the tables: every row.
PUBLIC_ROWS = {
    "visit": _OWN_VISIT,
    "submission": "id::text = nullif(current_setting('checkin.submission', true), '')",
    "account": "role = 'owner'",
    # The one of this browser's token, and those of whom it belongs to.
    "account_session": (
        "(encode(token_hash, 'hex') = nullif(current_setting('checkin.browser', true), '') "
        f"OR {OWN_ACCOUNT}) AND {OF_AN_OWNER}"
    ),
    "recovery_code": f"{OWN_ACCOUNT} AND {OF_AN_OWNER}",
    # A venue's name is on its wall; only its owner changes it, as the application checks too.
    "venue": None,
    "zone": None,
    "code": None,
    "declaration": "false",
    # Which columns are read is bounded by the grant.
    "person": None,
    "reading": "false",
    "rights_request": "false",
    "notice_answer": "false",
    "station_call": "encode(device, 'hex') = nullif(current_setting('checkin.device', true), '')",
    # Neither what is written to staff nor a code that this request is not about.
    "message": "audience = 'owner'",
    "contact_code": (
        "id::text = nullif(current_setting('checkin.code', true), '') "
        "OR account_id::text = nullif(current_setting('checkin.contact', true), '')"
    ),
    "desk_link": DESK_ROWS,
    "person_card": CARD_ROWS,
    "invitation": "false",
    "poster_job": "role = 'owner'",
    "poster_file": OF_OWN_JOB,
    "commitment": OF_OWN_VENUE,
    "venue_claim": OWN_ACCOUNT,
    # No draft, and nothing that waits.
    "notice": "state IN ('published', 'withdrawn')",
    "worker": OF_OWN_VENUE,
    "shift_change": OF_OWN_WORKER,
    # Of the signed-in owner's venues, or the one whose link was opened.
    "handover": (
        f"{OF_OWN_VENUE} OR encode(token_hash, 'hex') = nullif(current_setting('checkin.handover', true), '')"
    ),
}
PUBLIC_WRITES = {
    # Shifts are written by a round of the staff tier alone.
    "visit": f"entered_at {COMES} AND channel <> 'shift'",
    "submission": f"received_at {COMES}",
    "account": "role = 'owner'",
    "account_session": f"{OWN_ACCOUNT} AND {OF_AN_OWNER}",
    "recovery_code": f"{OWN_ACCOUNT} AND {OF_AN_OWNER}",
    "venue": "owner_id::text = nullif(current_setting('checkin.owner', true), '')",
    "zone": OF_OWN_VENUE,
    "code": OF_OWN_VENUE,
    "declaration": f"made_at {COMES}",
    "person": f"created_at {COMES}",
    "reading": "false",
    "notice": "false",
    "rights_request": f"received_at {COMES}",
    # To a notice that holds.
    "notice_answer": f"made_at {COMES} AND EXISTS (SELECT 1 FROM notice n WHERE n.id = notice_id "  # nosec B608
    "AND n.state = 'published' AND n.expires_at > made_at)",
    # What a station copies of a door is its own; a journey lies at most so far ahead.
    "station_call": f"made_at {COMES} AND kind <> 'door' AND day < now() + interval '40 days'",
    "message": "audience = 'owner'",
    "contact_code": "id::text = nullif(current_setting('checkin.code', true), '')",
    "desk_link": OF_OWN_VENUE,
    "person_card": CARD_NEW,
    "invitation": "false",
    "poster_job": f"role = 'owner' AND {OWN_JOB}",
    "poster_file": OF_OWN_JOB,
    "commitment": OF_OWN_VENUE,
    "handover": OF_OWN_VENUE,
    "venue_claim": f"{OWN_ACCOUNT} AND state = 'waiting' AND made_at {COMES}",
    # Nobody is put on a list for days before, and when a round looked is for rounds to say.
    "worker": f"{OF_OWN_VENUE} AND added_at {COMES} AND due_at {COMES} AND seen_at IS NULL "
    "AND first_day >= (added_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AND planned_from >= first_day",
    "shift_change": OF_OWN_WORKER,
}
# Where fewer rows may be changed than seen: a login is looked for before anybody is known.
PUBLIC_CHANGES = {
    "notice": "false",
    "visit": f"({_OWN_VISIT}) AND channel <> 'shift'",
    # What is out of use stays so.
    "person_card": f"({CARD_ROWS}) AND revoked_at IS NULL",
    "handover": OF_OWN_VENUE,
    "zone": OF_OWN_VENUE,
    # Taken back; confirmed by a function alone.
    "venue_claim": f"{OWN_ACCOUNT} AND state IN ('waiting', 'withdrawn')",
    "account": "role = 'owner' AND id::text = nullif(current_setting('checkin.owner', true), '')",
}
# What a row must be after a change, where that is not what it must be before.
PUBLIC_AFTER = {
    "person_card": f"({CARD_ROWS}) AND {CARD_USED} AND (revoked_at IS NULL OR revoked_at {COMES})",
    "worker": f"{OF_OWN_VENUE} AND due_at {COMES}",
}
