import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.joins.grouping import groups
from checkin.joins.models import SAME, Pair, joined
from checkin.joins.queries import ask_again


def regroup(session: Session) -> None:
    """Say anew who belongs together, from the pairs that are one. The caller lets nobody else do so meanwhile.

    All of them each time: they are few, joined by hand one by one.
    """
    session.flush()
    pairs = session.execute(sa.select(Pair.one_id, Pair.other_id).where(Pair.state == SAME)).all()
    right = groups((one, other) for one, other in pairs)
    known = session.execute(sa.select(joined.c.member_id, joined.c.main_id)).all()
    now = {member: main for member, main in known}  # noqa: C416 - rows are no pairs to `dict`
    wrong = [member for member in now if right.get(member) != now[member]]
    if wrong:
        session.execute(sa.delete(joined).where(joined.c.member_id.in_(wrong)))
    new = [{"member_id": member, "main_id": main} for member, main in right.items() if now.get(member) != main]
    if new:
        session.execute(sa.insert(joined), new)
    ask_again(session)
