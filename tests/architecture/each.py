"""A rule over many files as one test: a thousand tests of a line each would cost more than what they look at."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any


def each(
    paths: Iterable[Path], name_of: Callable[[Path], str]
) -> Callable[[Callable[[Any], None]], Callable[[], None]]:
    """Look at every path by the decorated check; what does not hold is told with the file's name."""

    def of(check: Callable[[Any], None]) -> Callable[[], None]:
        def test() -> None:
            wrong, seen = [], 0
            for path in paths:
                seen += 1
                try:
                    check(path)
                except AssertionError as error:
                    wrong.append(f"{name_of(path)}: {error}")
            assert seen, "no file to look at"
            assert not wrong, "\n".join(wrong)

        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return of
