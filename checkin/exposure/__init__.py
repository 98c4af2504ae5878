"""The exposure lookup: who was at a place in a window of time, and where a person was. Every lookup is
bound to a case or a signal and a reason, and is on record before its first row is read."""
