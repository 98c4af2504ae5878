"""PostgreSQL's own programs: which of those installed fits, and running one without a word of a password."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from psycopg.pq import Conninfo
from sqlalchemy.engine import make_url

from checkin.backup.manifest import BackupError

INSTALLED = Path("/usr/lib/postgresql")


def program(name: str, at_least: int) -> tuple[Path, int]:
    """The program of the lowest major version not below `at_least`, and that version; raises BackupError."""
    found: dict[int, Path] = {}
    # Those of Debian's folders first: what stands on PATH there chooses a version by itself.
    on_path = shutil.which(name)
    for path in [*INSTALLED.glob(f"*/bin/{name}"), *([Path(on_path)] if on_path else [])]:
        asked = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603
        said = asked.stdout
        if version := re.search(r"\(PostgreSQL\) (\d+)", said):
            found.setdefault(int(version[1]), path)
    fitting = [major for major in found if major >= at_least]
    if not fitting:
        there = f"only version {max(found)} is" if found else "none is"
        raise BackupError(
            f"{name} of PostgreSQL {at_least} or newer is needed, and {there} installed: "
            f"apt-get install postgresql-client-{at_least}"
        )
    # The lowest: a newer program says things that an older server does not understand.
    return found[min(fitting)], min(fitting)


def parameters(url: str) -> dict[str, Any]:
    """What an address says, under the names of PostgreSQL's library."""
    parts = make_url(url)
    return dict(parts.get_dialect()().create_connect_args(parts)[1])


def environment(url: str) -> dict[str, str]:
    """The environment that leads PostgreSQL's programs to this address; others can read a command line."""
    variables = {option.keyword.decode(): option.envvar for option in Conninfo.get_defaults()}
    env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    for name, value in parameters(url).items():
        variable = variables.get(name)
        if variable is None:
            raise BackupError(f"MIGRATE_URL: its parameter {name} cannot be given to PostgreSQL's programs")
        env[variable.decode()] = str(value)
    # As the sums are made; and errors in a language that is known.
    return {**env, "PGTZ": "UTC", "LC_ALL": "C"}


@contextlib.contextmanager
def running(
    path: Path, *arguments: str, env: Mapping[str, str], stdout: int = subprocess.DEVNULL
) -> Iterator["subprocess.Popen[bytes]"]:
    """A program while it runs; waits for its end and raises BackupError with its words when it failed."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603 - found by `program`, no shell
            [path, *arguments], env=dict(env), stdin=subprocess.DEVNULL, stdout=stdout, stderr=errors
        )
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        finally:
            if process.stdout is not None:
                process.stdout.close()
            process.wait()
        if process.returncode != 0:
            errors.seek(0)
            raise BackupError(_words(path.name, process.returncode, errors.read(2**16).decode(errors="replace")))


def _words(name: str, code: int, said: str) -> str:
    # The lines of errors alone: those below them can repeat rows and commands.
    lines = [line.split("error: ", 1)[1] for line in said.splitlines() if line.startswith(name) and "error: " in line]
    why = "; ".join(lines[:2])[:400] or (f"ended by signal {-code}" if code < 0 else f"exit code {code}")
    return f"{name} failed: {why}"
