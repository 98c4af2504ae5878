"""Accounts of owners and staff, signing in, and access: who may open which blueprint is said in
`checkin/features.py` and enforced in `access.py`, where everything not declared is denied."""
