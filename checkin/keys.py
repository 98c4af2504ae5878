"""Making the keys of an instance: `python -m checkin.keys FOLDER`.

A program of its own, since the application does not start without keys. For two tiers, copy the folder,
take `cdc-*.private` out of the public one's, and make it a `session.key` of its own, so that what signs
a visitor's form can never sign in staff.
"""

import os
import secrets
import sys
from pathlib import Path

from nacl.public import PrivateKey

from checkin import clock
from checkin.vault import SECRET_NAMES


def generate(folder: Path) -> bool:
    """Make every key that is not there yet, files of mode 0600; True when any was made."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = False
    if not list(folder.glob("cdc-*.public")):
        key, name = PrivateKey.generate(), f"cdc-{clock.today():%Y%m%d}"
        _write(folder / f"{name}.private", bytes(key))
        _write(folder / f"{name}.public", bytes(key.public_key))
        made = True
    for secret in SECRET_NAMES:
        if not (folder / f"{secret}.key").exists():
            _write(folder / f"{secret}.key", secrets.token_bytes(32))
            made = True
    return made


def _write(path: Path, value: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(value.hex() + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m checkin.keys FOLDER")
    target = Path(sys.argv[1])
    print(f"keys made in {target}" if generate(target) else f"keys are there: {target}")
