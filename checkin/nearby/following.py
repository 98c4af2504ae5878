"""What becomes of who was near an F1 when the F1 becomes another one. Pure."""

from collections.abc import Collection

from checkin.contacts.judging import F2, NOT


def after(stage: str, f1s: Collection[str], *, let_go: bool) -> str:
    """The stage of somebody who was near people who are now `f1s`; `let_go` where the last word made them none.

    An F2 is let go when the last of their F1s is none (NOT); until then they stay, also while an F1 is called anew.
    Who was let go is an F2 again as soon as one of them is more. What an officer decided of somebody stays.
    """
    left = any(one != NOT for one in f1s)
    if stage == F2 and not left:
        return NOT
    if stage == NOT and let_go and left:
        return F2
    return stage
