"""How figures are kept and shown."""

import json

from bench.report import Figure, read, rounded, table, write

FIGURES = [
    Figure("machine", "2 x something", ""),
    Figure("check-in", 950.0, "POST/s", 6000.0, 0.158, "at least 0.12", True),
    Figure("a day", 1234567, "visits"),
    Figure("first byte", 2.5, "s", aim="under 1 s", holds=False),
]


def test_a_file_of_results_is_a_list_of_figures_with_these_names(tmp_path):
    path = tmp_path / "deep" / "figures.json"
    write(FIGURES, path)
    kept = json.loads(path.read_text())
    assert [list(one) for one in kept] == [["figure", "value", "unit", "floor", "ratio", "aim", "holds"]] * 4
    assert read(path) == FIGURES


def test_the_table_says_what_holds_and_what_does_not():
    shown = table(FIGURES)
    assert [line.split()[-1] for line in shown.splitlines()[2:5]] == ["yes", "–", "no"]
    assert "1,234,567" in shown
    assert shown.endswith("machine: 2 x something")


def test_as_markdown_every_line_of_the_table_has_as_many_cells():
    lines = table(FIGURES, markdown=True).splitlines()[:5]
    assert {line.count("|") for line in lines} == {8}


def test_figures_are_shown_with_three_digits_that_count():
    assert [rounded(x) for x in (0.123456, 12.3456, 999.4, 12345.6)] == [0.123, 12.3, 999.0, 12346.0]
