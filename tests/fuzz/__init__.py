"""Requests that nobody thought of, to every route, as everybody: `make fuzz N=200000 SEED=7`."""
