"""People who were recorded twice and whom an officer joined: who belongs together, for everybody who reads visits.

Nothing of theirs is rewritten: visits, declarations, cases and contacts keep the person whom they were stored for. Who
reads asks here which people are one, and folds what was found. So a joining can be undone as if it had never been.
"""
