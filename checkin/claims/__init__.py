"""Owners of venues that a register brought in: who says that one is theirs, how that is shown, and what the commune
decides."""
