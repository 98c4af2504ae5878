"""Zones of a venue many at a time: classes of a school, tables of a restaurant, stalls of a market; their names, and
which are in use."""
