"""nginx with the configuration of docs/deploy, of which only ports, paths and the certificate are others."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.servers import ROOT, free_port

DEPLOY = ROOT / "docs" / "deploy"
MISSING = "nginx is missing: 'apt-get install nginx' (only its program is used, on ports of our own)"
PUBLIC, STAFF = "khaibao.example.vn", "cdc.example.vn"
# Where they listen: the staff on an address that is not the public one.
OUTSIDE, INSIDE = "127.0.0.1", "127.0.0.2"


def program() -> str | None:
    """Where nginx is installed; also beside the administrator's programs, which not everybody's path has."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@dataclass
class Nginx:
    """nginx before both tiers, with self-made certificates."""

    folder: Path
    http: int
    https: int
    process: "subprocess.Popen[bytes] | None" = None

    @classmethod
    def create(cls, public: str, staff: str) -> "Nginx":
        """Start before two addresses of gunicorn."""
        folder = Path(tempfile.mkdtemp(prefix="checkin-nginx-"))
        folder.chmod(0o755)  # its workers are of another user
        made = cls(folder, free_port(), free_port())
        for name, host in (("khaibao", PUBLIC), ("cdc", STAFF)):
            made.certificate(name, host)
        (folder / "nginx.conf").write_text(made.configuration(public, staff), encoding="utf-8")
        made.start()
        return made

    def certificate(self, name: str, host: str) -> None:
        """A certificate that the test alone trusts."""
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
            + ["-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"]
            + ["-keyout", str(self.folder / f"{name}.key"), "-out", str(self.folder / f"{name}.pem")],
            check=True,
            capture_output=True,
        )

    def configuration(self, public: str, staff: str) -> str:
        """That of docs/deploy, with other ports and paths."""
        text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
        swaps = {
            "user www-data;": "user www-data;" if os.geteuid() == 0 else "",
            "/run/nginx.pid": f"{self.folder}/pid",
            "/var/log/nginx": str(self.folder),
            "/etc/checkin/tls": str(self.folder),
            "/var/www/acme": f"{self.folder}/acme",
            "listen 80": f"listen {OUTSIDE}:{self.http}",
            "listen 443": f"listen {OUTSIDE}:{self.https}",
            "10.0.0.10:80": f"{INSIDE}:{self.http}",
            "10.0.0.10:443": f"{INSIDE}:{self.https}",
            "http://127.0.0.1:8401": public.replace("localhost", "127.0.0.1"),
            "http://127.0.0.1:8402": staff.replace("localhost", "127.0.0.1"),
        }
        for old, new in swaps.items():
            assert old in text, f"{old} is no more in docs/deploy/nginx.conf"
            text = text.replace(old, new)
        assert not re.search(r"10\.0\.0\.10\b", text)
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "".join(f"    {kind}_temp_path {self.folder}/{kind};\n" for kind in kinds)
        return text.replace("http {\n", f"http {{\n{temporary}", 1)

    def start(self) -> None:
        """Start and wait until it wrote down its number."""
        with (self.folder / "out").open("ab") as out:
            self.process = subprocess.Popen(
                [str(program()), "-c", str(self.folder / "nginx.conf"), "-e", str(self.folder / "error.log")]
                + ["-g", "daemon off;"],
                stdout=out,
                stderr=out,
            )
        deadline = time.monotonic() + 20
        while not (self.folder / "pid").exists() or not (self.folder / "pid").read_text().strip():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError((self.folder / "out").read_text()[-2000:])
            time.sleep(0.05)
        time.sleep(0.2)

    def remove(self) -> None:
        """Stop it and take its folder away."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)
