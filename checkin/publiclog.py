"""Which entries the public tier writes into the log; `tiers.py` puts the list into the database."""

# The entries that the public tier writes into the log, by who acts: a signed-in owner, a device at the counter, or
# somebody nobody knows yet. `audit_append` refuses every other one.
PUBLIC_ACTIONS = {
    "owner": (
        "account.create.owner", "sign_in", "sign_out", "session.unlock", "session.end", "session.end_others",
        "password.change", "factor.enrol", "factor.off", "factor.codes", "factor.recovery", "contact.confirm",
        "contact.reset", "venue.register", "venue.change", "venue.put_outside", "venue.close",
        "venue.reopen", "zone.remove", "commitment.sign", "handover.make", "handover.cancel", "handover.take",
        "zone.add", "zone.add_many", "zone.rename", "code.reissue", "desk.make", "desk.move", "desk.revoke",
        "posters.ask", "claim.ask", "claim.take", "claim.withdraw",
        "worker.add", "worker.change", "worker.leave", "worker.return", "worker.remove", "worker.day", "refused",
    ),
    "desk": ("desk.join", "desk.read", "card.issue"),
    "nobody": ("card.issue", "card.revoke", "sign_in.refused", "sign_in.locked_out", "contact.reset_asked"),
}  # fmt: skip


def function() -> str:
    """The function by which `audit_append` knows what the public tier writes."""
    known = " ".join(
        f"WHEN '{who}' THEN action IN ({', '.join(repr(action) for action in actions)})"
        for who, actions in PUBLIC_ACTIONS.items()
    )
    return (
        "CREATE OR REPLACE FUNCTION audit_public_action(who text, action text) RETURNS boolean LANGUAGE sql IMMUTABLE "
        f"SET search_path = public, pg_temp AS $$ SELECT coalesce(CASE who {known} END, false) $$"
    )
