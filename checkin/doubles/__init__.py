"""People who may have been recorded twice: found by what they share, compared by an officer, joined and parted by hand.

Nobody is joined by a machine, and nobody is offered for a name alone.
"""
