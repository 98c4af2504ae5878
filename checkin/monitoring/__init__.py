"""The quarantine of an F1 day by day: how they are, when they are to be tested, and what came of it."""
