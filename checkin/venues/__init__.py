"""Venues, their zones and the codes on their walls: registration by the owner, and the search
by which staff find a venue again."""
