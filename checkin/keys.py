"""The keys of an instance. `python -m checkin.keys FOLDER` makes those that are missing.

A program of its own, since the application does not start without keys; `flask --app wsgi keys` does the same and more.
The public tier's folder (`give_public`) has nothing that opens what people declared, nothing of the staff's, and a
`session.key` of its own, so that what signs a visitor's form can never sign in staff.
"""

import os
import secrets
import sys
from pathlib import Path

from nacl.public import PrivateKey

from checkin import clock, keyfiles
from checkin.keyfiles import PAIR, VaultError
from checkin.vault import PUBLIC_SECRETS, SECRET_NAMES, STAFF_SECRETS


def generate(folder: Path, *, demo: bool = False) -> bool:
    """Make every key that is not there yet, files of mode 0600; True when any was made.

    Those of a demo are marked: no process serves others than this computer with them.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    before = keyfiles.names(folder)
    if not list(folder.glob(f"{PAIR}-*.public")):
        renew(folder, PAIR, demo=demo)
    # A folder without a private key is the public tier's, and gets nothing of the staff's.
    staff = bool(list(folder.glob(f"{PAIR}-*.private")))
    for name in SECRET_NAMES + (STAFF_SECRETS if staff else ()):
        if not keyfiles.paths(folder, name):
            renew(folder, name, demo=demo)
    return keyfiles.names(folder) != before


def renew(folder: Path, name: str, *, demo: bool = False) -> str:
    """Make a new key, which from then on is the current one; returns the name of its file, of a pair the public one."""
    now, today = clock.now(), clock.today()
    if name != PAIR:
        found = keyfiles.paths(folder, name)
        order = keyfiles.next_order([path.stem.removeprefix(name)[1:] for path in found], today) if found else ""
        path = folder / (f"{name}-{order}.key" if order else f"{name}.key")
        keyfiles.write(path, secrets.token_bytes(32), made_at=now, demo=demo)
        return path.name
    known = {file.order for file in keyfiles.pairs(folder, "public")}
    private = [file for file in keyfiles.pairs(folder, "private") if file.order > max(known, default="")]
    if private:  # whoever made it was interrupted before the other half
        key, order = PrivateKey(private[-1].value), private[-1].order
    else:
        key, order = PrivateKey.generate(), keyfiles.next_order(sorted(known), today)
        # What opens is there before anything can be sealed.
        keyfiles.write(folder / f"{PAIR}-{order}.private", bytes(key), made_at=now, demo=demo)
    keyfiles.write(folder / f"{PAIR}-{order}.public", bytes(key.public_key), made_at=now, demo=demo)
    return f"{PAIR}-{order}.public"


def give_public(folder: Path, public: Path) -> list[str]:
    """Bring the public tier's folder up to date with the staff's; returns the names of the files it got.

    Raises VaultError when the folder holds what it must not.
    """
    public.mkdir(mode=0o700, parents=True, exist_ok=True)
    if public.samefile(folder) or list(public.glob(f"{PAIR}-*.private")):
        raise VaultError(f"{public} holds a private key: the public tier's folder is another than the staff's")
    wanted = [file.path for file in keyfiles.pairs(folder, "public")]
    wanted += [path for name in PUBLIC_SECRETS for path in keyfiles.paths(folder, name)]
    given = [path for path in wanted if not (public / path.name).exists()]
    for path in given:
        keyfiles.place(public / path.name, path.read_text(encoding="ascii"))
    if not keyfiles.paths(public, "session"):
        given.append(
            public / renew(public, "session", demo=any(file.demo for file in keyfiles.ring(folder, "session")))
        )
    return [path.name for path in given]


def _main(arguments: list[str]) -> str:
    demo = "--demo" in arguments
    folders = [Path(argument) for argument in arguments if argument != "--demo"]
    if len(folders) != 1:
        sys.exit("usage: python -m checkin.keys [--demo] FOLDER")
    made = generate(folders[0], demo=demo)
    return f"keys made in {folders[0]}" if made else f"keys are there: {folders[0]}"


if __name__ == "__main__":
    os.umask(0o077)
    try:
        print(_main(sys.argv[1:]))
    except (VaultError, OSError) as problem:
        sys.exit(f"no keys made: {problem}")
