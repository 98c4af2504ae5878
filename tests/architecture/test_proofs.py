"""What the documentation calls a proof is there, under that name."""

import re

import pytest

from checkin.config import ROOT

# A file of the browser's tests, or one under tests/; and after it what stands in it.
NAMED = re.compile(r"`((?:\w+/)*test_\w+\.py)`|`(test_\w+)`")


def rows(page):
    """The rows of the page's tables with a column of proofs: what each is about, and its cell of proofs."""
    found, column = [], None
    for line in (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            column = None
        elif column is None:
            column = cells.index("proof") if "proof" in cells else -1
        elif column >= 0 and set(line) - set("|-: "):
            found.append((cells[0], cells[column]))
    return found


def proofs(cell):
    """Each test that a cell names, with its file."""
    file = None
    for named, test in NAMED.findall(cell):
        if named:
            file = named
        else:
            yield file, test


ROWS = [(page, *row) for page in ("testing.md", "visitor.md") for row in rows(page)]


def test_there_are_rows():
    assert len([page for page, *_ in ROWS if page == "testing.md"]) > 25
    assert len([page for page, *_ in ROWS if page == "visitor.md"]) > 20


@pytest.mark.parametrize(("page", "about", "cell"), ROWS, ids=[f"{page} {about}" for page, about, _ in ROWS])
def test_a_proof_that_is_named_is_there(page, about, cell):
    named = list(proofs(cell))
    assert named, f"{about}: no proof"
    for file, test in named:
        beside = ROOT / "tests" / "browser" / file
        path = beside if beside.exists() else ROOT / "tests" / file
        assert f"def {test}(" in path.read_text(encoding="utf-8"), (file, test)


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("`test_a.py` `test_x`, `test_y`", [("test_a.py", "test_x"), ("test_a.py", "test_y")]),
        (
            "`visits/test_a.py` `test_x`; `test_b.py` `test_y`",
            [("visits/test_a.py", "test_x"), ("test_b.py", "test_y")],
        ),
        ("in words alone", []),
    ],
)
def test_the_eye_sees(cell, found):
    assert list(proofs(cell)) == found
