"""Which rows the staff role may touch on PostgreSQL, by who asks: the policies of row-level security.

`scope.py` says the same in the application. This is written a second time on purpose, and knows nothing of it: each
wall must hold where the other one has a hole. What the words in the settings mean is in `scope.enter`.
"""


def _role(*names: str) -> str:
    listed = ", ".join(f"'{name}'" for name in names)
    return f"(SELECT current_setting('checkin.role', true) IN ({listed}))"


def _is(column: str, setting: str) -> str:
    # Within a SELECT of its own, each is asked once for a statement and not for every row.
    return f"{column} = (SELECT nullif(current_setting('checkin.{setting}', true), ''))"


# The CDC, while the purpose in scope is a lookup or a case that there is.
_PURPOSE = "(SELECT sees_people())"
_OF_COMMUNE = f"{_role('commune')} AND {_is('commune_id', 'commune')}"
# A function and no condition spelt out: its parts would be planned anew for each day that a query reads, and with
# what they could cost the planner leaves the index of venues, from which lists are read alone.
_VISIT_OF_COMMUNE = f"{_role('commune')} AND of_station(venue_id, person_id)"
_ADMINS_ACCOUNT = f"{_role('admin')} AND role <> 'owner' OR {_role('system')}"
_BROWSER = _is("encode(token_hash, 'hex')", "browser")
# One's own; while one signs in, the one whose login was typed; before it is known who asks, the one of this browser.
_OWN_ACCOUNT = (
    f"role <> 'owner' AND ({_is('id::text', 'account')} OR "  # nosec B608 - our own words
    f"id IN (SELECT account_id FROM account_session WHERE {_BROWSER}) OR "
    "encode(login_index, 'hex') = ANY (string_to_array((SELECT current_setting('checkin.login', true)), ',')))"
)
_LINK = _is("encode(token_hash, 'hex')", "invitation")
# The account that an invitation is for, and no other one.
_INVITED = (
    "EXISTS (SELECT 1 FROM invitation i WHERE i.role = account.role AND i.account_id IS NULL "  # nosec B608
    f"AND i.commune_id IS NOT DISTINCT FROM account.commune_id AND {_LINK})"
)
_CASEWORK = _role("cdc", "system")
_OWN = f"{_role('cdc')} AND {_is('made_by::text', 'account')}"
_OF_OWN_LOOKUP = (
    f"{_role('cdc')} AND EXISTS (SELECT 1 FROM lookup l WHERE l.id = lookup_id "  # nosec B608
    f"AND {_is('l.made_by::text', 'account')})"
)
_SHOWN_TOKEN = _is("encode(token_hash, 'hex')", "api")
_OWN_FILE = (
    f"{_role('cdc')} AND EXISTS (SELECT 1 FROM export e WHERE e.id = export_id "  # nosec B608
    f"AND {_is('e.made_by::text', 'account')})"
)
_PRINTS = f"{_role('commune', 'admin')} AND {_is('made_by::text', 'account')}"
_PRINTED = (
    f"{_role('commune', 'admin')} AND EXISTS (SELECT 1 FROM poster_job j WHERE j.id = job_id "  # nosec B608
    f"AND {_is('j.made_by::text', 'account')})"
)

# Of a venue that this role sees.
_AT_A_VENUE = (
    f"{_role('cdc')} OR {_role('commune')} AND EXISTS (SELECT 1 FROM venue v WHERE v.id = venue_id "  # nosec B608
    f"AND {_is('v.commune_id', 'commune')})"
)
_OWN_REGISTER = f"{_role('admin', 'commune')} AND {_is('made_by::text', 'account')}"
_OWN_REGISTER_PART = (
    f"{_role('admin', 'commune')} AND EXISTS (SELECT 1 FROM register_import i WHERE i.id = import_id "  # nosec B608
    f"AND {_is('i.made_by::text', 'account')})"
)
# A venue that a station sees is one of its commune.
_VENUE_OF_COMMUNE = f"{_role('commune')} AND EXISTS (SELECT 1 FROM venue v WHERE v.id = venue_id)"  # nosec B608

_CALL_OF_COMMUNE = (
    f"{_role('commune')} AND EXISTS (SELECT 1 FROM station_call c WHERE c.id = call_id "  # nosec B608
    f"AND {_is('c.commune_id', 'commune')})"
)

_CONTACT_OF_COMMUNE = (
    f"{_role('commune')} AND EXISTS (SELECT 1 FROM contact c WHERE c.id = contact_id "  # nosec B608
    f"AND {_is('c.commune_id', 'commune')})"
)

# Of which case a notice is, and who wrote it, stays.
NOTICE_CHANGED = (
    'venue_id, zone_id, start, "end", severity, words_vi, words_en, state, published_at, expires_at, withdrawn_at, '
    "withdrawn_vi, withdrawn_en, replaced_by, place_name, place_zone, place_commune, place_commune_id, version, "
    "changed_by_name, changed_at"
)
# When and by whom a case was opened, and its number, stay.
CASE_CHANGED = (
    "state, person_id, title, disease, onset_on, sample_on, isolated_on, symptoms, commune_id, detected, "
    "isolated_where, confirmed_at, interviewed_at, interviewed_by_name, rules_on, version"
)
# Of a run over cases, what was asked for stays.
DERIVATION_CHANGED = (
    "state, problem, taken_by, taken_by_name, last_seq, done, failed, changed, restated, came, went, failures, "
    "beat_at, begun_at, begun_from, finished_at"
)
WINDOW_CHANGED = 'start, "end", reason, at, by_name'
# Table: which rows may be read; written too, where nothing else is said below.
STAFF_ROWS = {
    "visit": f"{_PURPOSE} OR {_VISIT_OF_COMMUNE}",
    "declaration": f"{_PURPOSE} OR {_OF_COMMUNE}",
    "person": f"{_PURPOSE} OR {_OF_COMMUNE}",
    # For a round; for the CDC, what is kept of somebody who asks.
    "worker": f"{_PURPOSE} OR {_role('system')}",
    "shift_change": _role("system"),
    "person_card": f"{_PURPOSE} OR {_OF_COMMUNE}",
    "kept_visit": _PURPOSE,
    "kept_declaration": _PURPOSE,
    "case_visit": _PURPOSE,
    # The same people, ranked.
    "met_person": _PURPOSE,
    # Who was near which F1, of a case.
    "contact_near": _PURPOSE,
    # What somebody told in an interview, kept for the case for which they were asked.
    "told_move": _PURPOSE,
    "station_call": f"{_PURPOSE} OR {_OF_COMMUNE}",
    # What was done before it was moved here too.
    "station_step": f"{_PURPOSE} OR {_OF_COMMUNE} OR {_CALL_OF_COMMUNE}",
    # Who is to be called for a case: by the CDC that asks for it, by the station of the home.
    "contact": f"{_PURPOSE} OR {_OF_COMMUNE}",
    **dict.fromkeys(("contact_step", "contact_check"), f"{_PURPOSE} OR {_CONTACT_OF_COMMUNE}"),
    # How one shift stood when the next one came.
    "duty_handover": _role("cdc"),
    "venue": f"{_role('cdc', 'system')} OR {_OF_COMMUNE}",
    # On every wall.
    "zone": "true",
    "code": "true",
    # Owners' accounts and numbers: nobody's in this tier.
    "account": f"{_ADMINS_ACCOUNT} OR {_OWN_ACCOUNT}",
    "account_session": f"{_BROWSER} OR {_is('account_id::text', 'account')} OR {_role('system')}",
    "recovery_code": f"{_is('account_id::text', 'account')} OR {_role('admin', 'system')}",
    "case": _CASEWORK,
    "case_step": _CASEWORK,
    "case_window": _CASEWORK,
    # How far a run over the cases is: numbers of cases and people.
    "derivation": _CASEWORK,
    "lookup": _CASEWORK,
    "lookup_venue": _CASEWORK,
    # Who waits sees how many wait before them; the files themselves are their own.
    "export": _CASEWORK,
    "export_part": f"{_role('system')} OR {_OWN_FILE}",
    "audit": _role("admin", "system"),
    # Not granted at all: a function takes them into the log.
    "audit_waiting": "false",
    # What stands out is for who administers; what a second person decides, for officers too.
    "finding": _role("admin", "system"),
    "finding_entry": _role("admin", "system"),
    "approval": _role("cdc", "admin", "system"),
    # What stands out among cases and declarations is for officers; rounds find it, in numbers alone.
    "signal": _CASEWORK,
    "signal_step": _role("cdc"),
    # Which case infected which: numbers of cases and a place.
    "infection": _role("cdc"),
    # What went out is everybody's.
    "notice": f"{_role('cdc')} OR {_role('commune', 'command', 'admin')} AND state IN ('published', 'withdrawn')",
    # What a draft said before it was written anew.
    "notice_draft": _role("cdc"),
    # Who says to have been there, and whose phone was written to.
    "notice_answer": _PURPOSE,
    "notice_text": _PURPOSE,
    # That a commune knows of it.
    "notice_receipt": f"{_role('cdc')} OR {_OF_COMMUNE}",
    # Who read whose list: put down with the reading, and told to the visitors by a function.
    "reading": _role("cdc"),
    # Who is one with whom, by ids alone, and why; whose names they are is read for a purpose.
    **dict.fromkeys(("pair", "pair_step", "pair_scan", "joined"), _role("cdc")),
    # Who administers sees by a function how many are answered in time.
    "rights_request": _role("cdc"),
    "message": _role("admin", "system"),
    "contact_code": _role("system"),
    # While one is taken up, the one whose link was opened.
    "invitation": f"{_role('admin', 'system')} OR {_LINK}",
    "desk_link": "false",
    "poster_job": f"{_role('system')} OR {_PRINTS}",
    "poster_file": f"{_role('system')} OR {_PRINTED}",
    # That it was signed, and when; the name is under a key, and on the owner's own page.
    "commitment": _AT_A_VENUE,
    "handover": _AT_A_VENUE,
    "venue_claim": _VENUE_OF_COMMUNE,
    # An administrator's file is worked on by the process beside, which sees every venue as a round does.
    "register_import": f"{_role('system')} OR {_OWN_REGISTER}",
    "register_part": f"{_role('system')} OR {_OWN_REGISTER_PART}",
    "register_number": _role("commune", "system"),
    # The one that is shown; whoever administers makes and revokes them.
    "api_token": f"{_role('admin', 'system')} OR {_SHOWN_TOKEN}",
    # What a column is called, and no row below it.
    "list_heading": _role("cdc"),
    "api_call": f"{_role('system')} OR {_role('cdc')} AND {_is('token_id::text', 'account')}",
    # Not granted at all.
    "submission": "false",
}
# What is asked is asked in one's own name, and decided by another one in theirs; what is decided stays so.
_ASKS = f"{_role('cdc')} AND {_is('asked_by::text', 'account')} AND state = 'asked' AND decided_by IS NULL"
_DECIDES = f"{_role('cdc', 'admin')} AND NOT {_is('asked_by::text', 'account')}"
STAFF_CHANGES = {
    # A draft, what waits and what is out: never what was withdrawn, but what a correction replaced that is refused.
    "notice": f"{_role('cdc')} AND (state <> 'withdrawn' OR replaced_by IS NOT NULL)",
    # Whoever was locked out lets themselves in no more.
    "account": f"{_ADMINS_ACCOUNT} OR active AND {_OWN_ACCOUNT}",
    "approval": f"{_ASKS} AND mode = 'before' OR {_DECIDES} AND state IN ('asked', 'overdue') "
    f"OR {_role('system')} AND state = 'asked'",
    # To suspend it, and for what registers say.
    "venue": f"{_role('cdc', 'system')} OR {_OF_COMMUNE}",
    "commitment": "false",
    "handover": "false",
    **dict.fromkeys(("notice_text", "notice_receipt", "notice_draft"), "false"),
    "station_call": _OF_COMMUNE,
    **dict.fromkeys(("station_step", "contact_step", "contact_check", "pair_step", "pair_scan"), "false"),
    # Taken over once, by another one.
    "duty_handover": f"{_role('cdc')} AND taken_at IS NULL AND NOT {_is('made_by::text', 'account')}",
    **dict.fromkeys(("signal_step", "infection"), "false"),
    # Confirmed by a function, which gives the venue its owner.
    "venue_claim": f"{_VENUE_OF_COMMUNE} AND state IN ('waiting', 'refused')",
    "worker": _role("system"),
    "shift_change": "false",
    # Issued and taken out of use by the station where its holder lives; what another one reported lost stays so.
    "person_card": f"{_OF_COMMUNE} AND (revoked_at IS NULL OR revoked_how = 'station')",
    "person": "false",
    "case": _role("cdc"),
    "case_step": "false",
    "case_window": _role("cdc"),
    "lookup": _OWN,
    "lookup_venue": "false",
    "export": f"{_role('system')} OR {_OWN}",
    "export_part": _role("system"),
    "poster_file": _role("system"),
    "code": f"{_role('system')} OR {_VENUE_OF_COMMUNE}",
    "register_number": f"{_role('system')} OR {_VENUE_OF_COMMUNE}",
}
# What a row must be after a change, where that is more than what it must be before.
STAFF_AFTER = {
    "duty_handover": f"{_role('cdc')} AND {_is('taken_by::text', 'account')}",
    "notice": _role("cdc"),
    "approval": f"{_ASKS} OR {_DECIDES} AND {_is('decided_by::text', 'account')} AND state IN ('approved', 'refused') "
    f"OR {_role('system')} AND state IN ('overdue', 'refused') AND decided_by IS NULL "
    # Closed, as a notice is not any more what was asked about.
    f"OR {_role('cdc')} AND what = 'notice' AND mode = 'before' AND state = 'refused' AND decided_by IS NULL "
    "AND note IN ('ruled_out', 'let_go', 'rewritten')",
}
STAFF_NEW = {
    "derivation": f"{_role('cdc')} AND ({_is('asked_by::text', 'account')} OR asked_by IS NULL) AND taken_by IS NULL",
    # In one's own name.
    **dict.fromkeys(("signal_step", "infection"), f"{_role('cdc')} AND {_is('account_id::text', 'account')}"),
    "api_token": _role("admin", "system"),
    "notice": f"{_role('cdc')} AND {_is('written_by::text', 'account')} AND state = 'draft'",
    # A station tells an owner what became of a claim.
    # An officer to those of a case whom nobody reached.
    "message": f"{_role('admin', 'system')} OR {_role('commune')} AND audience = 'owner' "
    f"OR {_role('cdc')} AND audience = 'staff' AND about = 'notice'",
    # By a station that issues a card; by the CDC that reads in a list for a case.
    "person": f"{_PURPOSE} OR {_OF_COMMUNE}",
    "approval": _ASKS,
    # An owner comes over a claim.
    "venue": f"({_role('system')} OR {_OF_COMMUNE}) AND owner_id IS NULL",
    "station_call": f"{_OF_COMMUNE} AND kind = 'door'",
    # In one's own name, about somebody in one's own list.
    "station_step": f"{_OF_COMMUNE} AND {_is('account_id::text', 'account')} AND {_CALL_OF_COMMUNE}",
    "lookup_venue": _OF_OWN_LOOKUP,
    "contact": _PURPOSE,
    "case_step": f"{_role('cdc')} AND ({_is('account_id::text', 'account')} OR account_id IS NULL)",
    "told_move": f"{_PURPOSE} AND {_is('told_by::text', 'account')}",
    "notice_text": _PURPOSE,
    # Visitors answer, and nobody in their place.
    "notice_answer": "false",
    "notice_draft": _role("cdc"),
    # In one's own name, of what went out about a place of the commune.
    "notice_receipt": f"{_OF_COMMUNE} AND {_is('account_id::text', 'account')} AND EXISTS (SELECT 1 FROM notice n "
    f"WHERE n.id = notice_id AND {_is('n.place_commune_id', 'commune')})",  # nosec B608
    # Found by the search alone.
    "pair": "false",
    "pair_step": f"{_role('cdc')} AND {_is('account_id::text', 'account')}",
    # In one's own name too.
    **dict.fromkeys(
        ("contact_step", "contact_check"),
        f"({_PURPOSE} OR {_CONTACT_OF_COMMUNE}) AND {_is('account_id::text', 'account')}",
    ),
    "duty_handover": f"{_role('cdc')} AND {_is('made_by::text', 'account')} AND taken_at IS NULL",
    "account": f"{_ADMINS_ACCOUNT} OR {_INVITED}",
    # Whoever is refused leaves an entry too.
    "audit": "true",
}
# What may be deleted, where that is not what may be changed: a case that is let go of takes its contacts along.
STAFF_DELETES = {
    **dict.fromkeys(
        ("contact", "contact_step", "contact_check", "notice_answer", "notice_text", "notice_draft"), _PURPOSE
    ),
    "notice": f"{_PURPOSE} AND state IN ('draft', 'waiting')",
    "signal": _role("system"),
    "pair": "false",
}
