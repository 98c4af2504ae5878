"""Who is an F1, read off the rule of 29 December 2021 once more, and by another way.

The rule names four cases: (1) direct contact of bodies; (2) masked, within 2 m or in the same closed narrow space, 15
minutes or longer; (3) unmasked in the same setting, any time; (4) care without protection. Where an answer is not known
every way it could have been is looked at: who would be an F1 in all of them is one, who in none of them is not.
"""

from itertools import product

ORDER = ("near", "closed", "mask", "long", "touch")


def is_f1(near, closed, mask, long, touch):
    """What the rule says where everything is known."""
    if touch:  # (1), (4)
        return True
    if not near and not closed:
        return False
    if mask:
        return long  # (2)
    return True  # (3)


def stage(answers):
    """ "f1", "not", or "call" where it depends on what is not known."""
    ways = [{"yes": (True,), "no": (False,)}.get(answers.get(name), (True, False)) for name in ORDER]
    found = {is_f1(*way) for way in product(*ways)}
    return "call" if len(found) == 2 else "f1" if True in found else "not"
