"""Who read or changed what, for which case and why: append-only, each entry carrying the hash of the
one before, so that no entry can be changed or taken out unseen."""
