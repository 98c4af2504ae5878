"""The systemd units: understood by systemd, closed as far as they go, and in step with the product."""

import re
import subprocess

import pytest
from click.testing import CliRunner

from checkin.config import SECRET_SETTINGS, Config
from tests.deployment import units
from tests.deployment.nginx import DEPLOY
from tests.servers import ROOT

SERVICES = ("checkin-public.service", "checkin-staff.service", "checkin-nightly.service")
# Of 10, by systemd itself; 10 is a service that may do anything.
MOST_EXPOSED = 1.5


@pytest.fixture
def installed(tmp_path):
    """The units with the program where it is here."""
    if units.program() is None:
        pytest.skip(units.MISSING)
    folder = tmp_path / "units"
    folder.mkdir()
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for path in units.UNITS.iterdir():
        text = re.sub(r"/srv/checkin/\.venv/bin/\w+", str(program), path.read_text(encoding="utf-8"))
        (folder / path.name).write_text(text.replace("/srv/checkin", str(ROOT)), encoding="utf-8")
    return folder


def test_systemd_understands_every_line(installed):
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, installed.iterdir())], capture_output=True, text=True, cwd=installed
    )
    ours = [line for line in done.stderr.splitlines() if "checkin-" in line]
    assert (done.returncode, ours) == (0, [])
    # It would have said so.
    broken = installed / SERVICES[0]
    broken.write_text(broken.read_text().replace("ProtectSystem=strict", "ProtectSystems=strict"))
    done = subprocess.run(["systemd-analyze", "verify", str(broken)], capture_output=True, text=True, cwd=installed)
    assert "ProtectSystems" in done.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_little_besides_its_work(installed, name):
    def judged():
        command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(installed / name)]
        said = subprocess.run(command, capture_output=True, text=True).stdout
        return float(re.search(r"Overall exposure level for \S+: ([\d.]+)", said)[1])

    assert judged() <= MOST_EXPOSED
    unit = installed / name
    unit.write_text(re.sub(r"(?m)^(Protect|Private|Restrict|SystemCall).*\n", "", unit.read_text()))
    assert judged() > MOST_EXPOSED


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_gets_its_secrets_as_files_and_its_settings_are_known(tmp_path, name):
    env = units.environment(name, tmp_path, {})
    given = {key for key in env if key.endswith("_FILE")}
    assert given and {key.removesuffix("_FILE") for key in given} <= set(SECRET_SETTINGS)
    for key in given:
        credential = env[key].removeprefix(f"{tmp_path}/")
        assert credential in units.credentials(name)
        (tmp_path / credential).write_text("postgresql://checkin@127.0.0.1/checkin")
        (tmp_path / credential).chmod(0o400)
    config = Config.from_env(env)
    assert config.secure and not config.demo and config.proxies == 1 and not config.trial
    assert config.tier == ("public" if "public" in name else "staff")


def test_the_public_service_sees_nothing_of_the_staffs_and_neither_the_owners_password():
    (closed,) = units.values("checkin-public.service", "InaccessiblePaths")
    assert {"-/etc/checkin/keys-staff", "-/etc/checkin/staff", "-/etc/checkin/owner"} <= set(closed.split())
    for name in ("checkin-public.service", "checkin-staff.service"):
        assert "owner" not in " ".join(units.credentials(name).values())
    users = {name: units.values(name, "User") for name in SERVICES}
    assert users["checkin-public.service"] != users["checkin-staff.service"]


def test_the_nightly_round_runs_commands_that_there_are(sqlite):
    for command in units.values("checkin-nightly.service", "ExecStart"):
        program, *arguments = command.split()
        assert program.endswith("/flask") and arguments[:2] == ["--app", "wsgi"]
        done = CliRunner().invoke(sqlite.app().cli, [*arguments[2:], "--help"])
        assert done.exit_code == 0, command


def test_the_timer_begins_after_midnight_of_the_province():
    ((_, when),) = [one for one in units.settings("checkin-nightly.timer", "Timer") if one[0] == "OnCalendar"]
    assert when.endswith("Asia/Ho_Chi_Minh") and "00:20:00" in when


def test_the_page_names_every_file_that_is_deployed():
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    for path in (*units.UNITS.iterdir(), DEPLOY / "nginx.conf", DEPLOY / "settings.env"):
        assert f"deploy/{path.relative_to(DEPLOY)}" in page, path.name
