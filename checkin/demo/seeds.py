"""Streams of numbers that are the same for the same seed, whatever was drawn before them."""

import random


def stream(*parts: object) -> random.Random:
    """A generator of its own for these parts, such as ("household", 17): equal parts, equal numbers."""
    # Repeatable on purpose; nothing that must be secret is drawn from it.
    return random.Random("/".join(map(str, parts)))  # noqa: S311  # nosec B311
