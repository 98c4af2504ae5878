"""Provinces and communes of 1 July 2025, and the older provinces, districts and communes that cards and
records still carry, with what became of them."""
