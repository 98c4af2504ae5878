"""Copies of the whole database, and the way back: made while people check in, proven row by row, and put
only into an empty database. The keys are never in a copy."""
