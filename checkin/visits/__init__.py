"""The visit store and the check-in: what happens when a visitor scans the code on the wall."""
