"""Cases (F0): for now what a lookup must be bound to; number, title, disease, state and dates."""
