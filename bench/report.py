"""Figures: each beside its floor and its aim, as a table for people and a file for programs."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Figure:
    """One measured figure. `floor` is in the same unit; `holds` is None where nothing was promised."""

    figure: str
    value: float | int | str
    unit: str
    floor: float | None = None
    ratio: float | None = None
    aim: str = ""
    holds: bool | None = None


def rounded(number: float) -> float:
    """Three digits that count."""
    return float(f"{number:.3g}") if abs(number) < 1000 else float(round(number))


def machine(programs: Path) -> str:
    """What it ran on: processors, memory, versions."""
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    postgres = subprocess.run([str(programs / "postgres"), "--version"], capture_output=True, text=True, check=True)
    packages = ("Flask", "SQLAlchemy", "psycopg", "gunicorn")
    return "; ".join(
        [
            f"{os.cpu_count()} x {model[1] if model else platform.machine()}",
            f"{int(memory[1]) / 1024**2:.0f} GiB" if memory else "",
            f"Python {platform.python_version()}",
            " ".join(postgres.stdout.replace("(", "").replace(")", "").split()[1:3]),
            ", ".join(f"{name} {version(name)}" for name in packages),
        ]
    )


def load_average() -> str:
    """Work that waited during the last one, five and fifteen minutes."""
    return " ".join(f"{load:.2f}" for load in os.getloadavg())


def table(figures: Sequence[Figure], *, markdown: bool = False) -> str:
    """The figures as a table, under it what is no number: the machine."""
    said = "\n".join(f"{figure.figure}: {figure.value}" for figure in figures if isinstance(figure.value, str))
    figures = [figure for figure in figures if not isinstance(figure.value, str)]
    heads = ["figure", "value", "unit", "floor", "ratio", "aim", "holds"]
    lines = [[_cell(value) for value in asdict(figure).values()] for figure in figures]
    if markdown:
        out = [heads, ["---", "---:", "---", "---:", "---:", "---", "---"], *lines]
        return "\n".join(f"| {' | '.join(line)} |" for line in out) + f"\n\n{said}"
    widths = [max(len(line[column]) for line in [heads, *lines]) for column in range(len(heads))]
    lined = "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [heads, ["-" * width for width in widths], *lines]
    )
    return f"{lined}\n\n{said}"


def write(figures: Sequence[Figure], path: Path) -> None:
    """Keep the figures as a list in a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(figure) for figure in figures], indent=1, ensure_ascii=False) + "\n")


def read(path: Path) -> list[Figure]:
    """The figures of a file."""
    return [Figure(**values) for values in json.loads(path.read_text())]


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) or isinstance(value, float) and abs(value) >= 1000 else str(value)
