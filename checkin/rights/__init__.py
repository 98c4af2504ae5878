"""Requests of people to see, correct or delete what is kept of them, and complaints, within the legal time."""
