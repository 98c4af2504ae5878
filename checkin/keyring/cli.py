"""`flask --app wsgi keys`: list, generate, rotate, retire. Done by whoever holds the staff's folder of keys."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
import sqlalchemy as sa
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from checkin import clock, context, keyfiles, keys
from checkin.db import owner_session, reading
from checkin.keyfiles import PAIR, KeyFile, VaultError
from checkin.keyring import queries, service
from checkin.keyring.queries import Sealed
from checkin.vault import SECRET_NAMES, STAFF_SECRETS, Vault
from checkin.visits.device import KEPT
from checkin.visits.tokens import MAX_AGE

group = AppGroup("keys", help="Keys: which there are, what is under them, and how they are changed.")
FOLDER = click.Path(file_okay=False, path_type=Path)
NAMES = (PAIR, *SECRET_NAMES, *STAFF_SECRETS)
# Small enough that nobody waits for its locks, and that a kill loses little.
BLOCK = 300
SAY_EVERY = 100_000
# Of keys under which nothing is stored here: how long what they made is still good, out there.
GOOD_FOR = {"cookie": KEPT, "session": MAX_AGE}
INDEX_STAYS = (
    "the index key is not rotated: every person, login and device is found by what it made, and who is found by a "
    "phone number or an id number cannot be computed anew without opening every declaration"
)


@group.command("generate")
@click.argument("folder", type=FOLDER, required=False)
@click.option("--public", type=FOLDER, help="Also make or bring up to date this folder, for the public tier.")
def generate(folder: Path | None, public: Path | None) -> None:
    """Make the keys that are missing in FOLDER (CHECKIN_KEYS), and leave those that are there."""
    folder = folder or context.config().keys
    with _in_words():
        made = keys.generate(folder)
        click.echo(f"keys made in {folder}" if made else f"keys are there: {folder}")
        _hand_on(folder, public)


@group.command("list")
def list_keys() -> None:
    """Every key, when it was made, and how many rows are under it. Reads whole tables, and opens nothing."""
    config, tier = context.config(), context.config().tier
    with _in_words():
        known = {name: _files(config.keys, name, tier) for name in NAMES}
        with owner_session(config) as session, reading():
            under = {sealed: queries.counts(session, sealed) for sealed in queries.sealed_columns()}
    click.echo(str(config.keys))
    for name, files in known.items():
        for file in files:
            state = "current" if file is files[-1] else "former"
            made = f"{clock.to_local(file.made_at):%d/%m/%Y %H:%M}" if file.made_at else "unknown"
            mark = ", of a demo" if file.demo else ""
            click.echo(f"  {name:<8} {file.id.hex()}  {state:<8} made {made:<16}  {file.path.name}{mark}")
            for sealed, found in under.items():
                if sealed.key == name and file.id in found:
                    click.echo(f"{'':<11}{found[file.id]:>12,} in {sealed.name}")
    for sealed, found in under.items():
        if sealed.key != sealed.keys[0]:
            continue  # said with its first key
        present = {file.id for name in sealed.keys for file in known[name]}
        for key_id in sorted(set(found) - present):
            if present:
                click.echo(f"  {found[key_id]:,} in {sealed.name} are under {key_id.hex()}, WHICH IS NOT HERE")


@group.command("rotate")
@click.argument("name", type=click.Choice(NAMES))
@click.option("--public", type=FOLDER, help="The public tier's folder, to be brought up to date with it.")
@click.option("--new", is_flag=True, help="A new key also where the former one is still in the folder.")
@click.option("--key-only", is_flag=True, help="Make the key, and seal rows anew later.")
def rotate(name: str, public: Path | None, new: bool, key_only: bool) -> None:
    """Make a new key NAME and put all rows under it.

    While a former key is in the folder, it goes on with that instead: after an interruption, or for what another
    process sealed meanwhile. Servers take the new key over by themselves, from their next request on.
    """
    config = context.config()
    if name == "index":
        raise click.ClickException(INDEX_STAYS)
    with _in_words():
        files = _files(config.keys, name, config.tier)
        if not files or (config.tier == "public" and name != "session"):
            raise click.ClickException(f"the key '{name}' is rotated where the staff's keys are, CHECKIN_TIER=staff")
        if new or len(files) == 1:
            made = keys.renew(config.keys, name, demo=files[-1].demo)
            click.echo(f"made {config.keys / made}")
            if name == "session" and public is not None:
                click.echo(f"made {public / keys.renew(public, name, demo=files[-1].demo)}")
        else:
            click.echo(f"going on with {files[-1].path.name}; --new makes another key")
        vault, files = Vault.load(config.keys, config.tier), _files(config.keys, name, config.tier)
        _hand_on(config.keys, public)
        if public is None and config.tier != "public" and name not in STAFF_SECRETS:
            click.echo("where the public tier has a folder of its own: 'keys generate --public FOLDER'")
        if config.tier == "public":
            return  # nothing is sealed with it, and this role may not write of keys into the log
        former = [file.id for file in files[:-1]]
        subject = f"{name} {vault.current_id(name).hex()}"
        with owner_session(config) as session:
            begun = {"former": [one.hex() for one in former]}
            service.log(session, now=clock.now(), action="keys.rotate.begin", subject=subject, detail=begun)
            session.commit()
            if key_only:
                return
            sums = {sealed.name: _all_of(session, vault, sealed, former) for sealed in queries.sealed_columns(name)}
            counted = {of: {"sealed": done, "damaged": bad} for of, (done, bad) in sums.items()}
            service.log(session, now=clock.now(), action="keys.rotate.end", subject=subject, detail=counted)
            session.commit()
    for file in files[:-1]:
        click.echo(f"once nothing needs it any more: 'keys retire {file.id.hex()}'")
    if any(bad for _done, bad in sums.values()):
        raise click.ClickException("some rows do not open with the keys here; they were left as they are")


@group.command("retire")
@click.argument("key_id")
@click.option("--public", type=FOLDER, help="Take it out of the public tier's folder too.")
@click.option("--now", "at_once", is_flag=True, help="Also while cookies, forms or sessions of it may be about.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def retire(key_id: str, public: Path | None, at_once: bool, yes: bool) -> None:
    """Take a former key away for good, when nothing in the database needs it."""
    config = context.config()
    with _in_words():
        rings = (_files(config.keys, name, config.tier) for name in NAMES)
        file, newer = next(
            ((old, ring[-1]) for ring in rings for old in ring[:-1] if old.id.hex() == key_id), (None, None)
        )
        if file is None or newer is None:
            raise click.ClickException(f"{key_id} is no former key in {config.keys}: 'keys list' says which there are")
        with owner_session(config) as session:
            if needs := _needs(session, file, newer, at_once=at_once):
                raise click.ClickException(f"{file.path.name} is still needed: " + "; ".join(needs))
            since = f"{clock.to_local(newer.made_at):%d/%m/%Y %H:%M}" if newer.made_at else "the new key"
            click.echo(
                f"Backups made before {since}, or before the last row was sealed anew, need {file.path.name}: "
                "without a copy of it kept beside them nobody reads a name in them."
            )
            if not yes:
                click.confirm(f"Take {file.path.name} away for good?", abort=True)
            if config.tier != "public":
                subject = f"{file.name} {key_id}"
                service.log(session, now=clock.now(), action="keys.retire", subject=subject, detail={})
                session.commit()
    for folder in (config.keys, public):
        for path in [] if folder is None else [folder / file.path.name, folder / f"{file.path.stem}.public"]:
            path.unlink(missing_ok=True)
    click.echo(f"gone: {file.path.name}")


def _needs(session: Session, file: KeyFile, newer: KeyFile, *, at_once: bool) -> list[str]:
    found = {sealed.name: queries.counts(session, sealed) for sealed in queries.sealed_columns(file.name)}
    needs = [f"{counted[file.id]:,} rows in {of}" for of, counted in found.items() if file.id in counted]
    if file.name in GOOD_FOR and not at_once:
        until = (newer.made_at or clock.now()) + GOOD_FOR[file.name]
        if clock.now() < until:
            needs.append(f"what it signed or locked is good until {clock.to_local(until):%d/%m/%Y %H:%M}")
    return needs


def _all_of(session: Session, vault: Vault, sealed: Sealed, former: list[bytes]) -> tuple[int, int]:
    """Put one column's rows under the current key, day by day where there are days; says how far it is."""
    done = damaged = said = 0
    spans: list[tuple[datetime, datetime] | None] = [None]
    if sealed.by_day:
        spans = [clock.day_bounds(day) for day in queries.days(session, sealed)]
    for within in spans:
        after = None
        while former and (
            rows := queries.next_block(session, sealed, ids=former, within=within, after=after, limit=BLOCK)
        ):
            fresh, bad = service.seal_again(session, vault, sealed, rows)
            session.commit()
            done, damaged, after = done + fresh, damaged + bad, rows[-1][:-1]
            if done - said >= SAY_EVERY:
                said = done
                click.echo(f"  {sealed.name}: {done:,} so far" + (f", {within[0]:%d/%m/%Y}" if within else ""))
        session.rollback()
    click.echo(f"  {sealed.name}: {done:,} sealed anew" + (f", {damaged:,} DO NOT OPEN" if damaged else ""))
    return done, damaged


def _files(folder: Path, name: str, tier: str) -> list[KeyFile]:
    """A key and those before it, the current one last; none where this tier has none."""
    if name == PAIR:
        return keyfiles.pairs(folder, "public" if tier == "public" else "private")
    if tier == "public" and name in STAFF_SECRETS:
        return []
    return keyfiles.ring(folder, name)


def _hand_on(folder: Path, public: Path | None) -> None:
    if public is not None:
        given = keys.give_public(folder, public)
        click.echo(f"{public} got {', '.join(given)}" if given else f"{public} has all it may have")


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except VaultError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None
    except sa.exc.DBAPIError as error:
        raise click.ClickException(f"the database says: {str(error.orig).strip().splitlines()[0][:300]}") from None
