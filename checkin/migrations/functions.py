"""A function of the database that a migration changes in some words and leaves as it is otherwise."""

import sqlalchemy as sa
from alembic import op


def change(name: str, before: str, after: str) -> None:
    """Replace words of a function on PostgreSQL. Raises RuntimeError where it is not the one that has them once."""
    bind = op.get_bind()
    text = bind.scalar(
        sa.text(
            "SELECT pg_get_functiondef(oid) FROM pg_proc "
            "WHERE proname = :name AND pronamespace = 'public'::regnamespace"
        ),
        {"name": name},
    )
    if text is None or text.count(before) != 1:
        raise RuntimeError(f"the function {name} is not the one that this migration knows")
    bind.exec_driver_sql(text.replace(before, after))
