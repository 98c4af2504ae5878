"""The people who work at a venue: its owner's list of them, their shifts, and the visits that shifts become.

Of all who are somewhere, they stay longest. What the owner types of them is sealed like every detail; from then on the
owner sees masked names. A round turns each shift that has begun into a visit of the channel "shift".
"""
