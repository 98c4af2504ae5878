"""What the documents on security point to is there: files, tests in them, and sections of other documents."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted((ROOT / "docs" / "security").glob("*.md"))
POINTER = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def names_in(path):
    return {
        node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_pointer_leads_to_a_test(document):
    found = POINTER.findall(document.read_text(encoding="utf-8"))
    for name, test in found:
        path = ROOT / name
        assert path.is_file(), f"{document.name} names {name}, which is not there"
        names = names_in(path)
        assert any(one.startswith("test_") for one in names), f"{document.name} names {name}, which holds no test"
        assert not test or test in names, f"{document.name} names {name}::{test}, which is not there"


def test_every_threat_has_a_test_and_says_what_is_left():
    text = (ROOT / "docs" / "security" / "threats.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in text.splitlines() if re.match(r"\| \d+ \|", line)]
    assert [int(cells[0]) for cells in rows] == list(range(1, len(rows) + 1)) and len(rows) >= 32
    for cells in rows:
        assert len(cells) == 5 and all(cell.strip() for cell in cells), cells
        assert POINTER.search(cells[3]), cells[0]


def test_links_between_documents_lead_somewhere():
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), (document.name, target)
