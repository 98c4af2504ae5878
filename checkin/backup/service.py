from datetime import datetime

from sqlalchemy.orm import Session

from checkin.audit import queries as audit_queries
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.backup import queries
from checkin.backup.manifest import BackupError, Manifest
from checkin.vault import Vault, VaultError

ACTOR = Actor.command("backup")


def begin(session: Session, *, now: datetime, name: str) -> int:
    """Log that a copy is about to be taken, and return the entry's number. The caller commits before it is."""
    return audit.record(session, now=now, actor=ACTOR, action="backup.begin", subject=name)


def made(session: Session, *, now: datetime, name: str, manifest: Manifest) -> int:
    """Log a copy that was made: counts, and the hash by which the file can be told from another; its number."""
    return _record(session, now, "backup.create", name, manifest)


def restored(session: Session, *, now: datetime, name: str, manifest: Manifest) -> int:
    """Log in the restored database where its rows came from, and return the entry's number."""
    return _record(session, now, "backup.restore", name, manifest)


def index_mark(vault: Vault) -> str:
    """A mark of the index key: equal for equal keys, and good for nothing else."""
    return vault.index("backup", "which key is this").hex()


def keys_that_do_not_fit(session: Session, vault: Vault, manifest: Manifest) -> list[str]:
    """What the keys at hand cannot do with a restored database, one sentence each."""
    out = []
    if index_mark(vault) != manifest.index_key:
        out.append("the index key here is not the one of the backup: nobody would be recognised, nobody found")
    sealed = queries.newest_sealed(session)
    if sealed is not None and vault.can_open:
        try:
            vault.open(sealed)
        except VaultError as error:
            out.append(f"no name can be read with the private keys here: {error}")
    return out


def check_log(session: Session, manifest: Manifest) -> None:
    """See that the log still holds what it held when the copy was made; raises BackupError."""
    broken = audit_queries.broken_link(session)
    if broken is not None:
        raise BackupError(f"the log is broken at entry {broken}")
    if manifest.audit_entries and queries.entry_hash(session, manifest.audit_entries) != manifest.audit_head:
        raise BackupError(
            f"entry {manifest.audit_entries} of the log is not the one that was the newest when the backup was made: "
            "the log was cut off or written anew"
        )


def _record(session: Session, now: datetime, action: str, name: str, manifest: Manifest) -> int:
    return audit.record(
        session,
        now=now,
        actor=ACTOR,
        action=action,
        subject=name,
        detail={
            "made_at": manifest.made_at,
            "schema": manifest.schema,
            "tables": {table: content.rows for table, content in manifest.tables.items()},
            "bytes": manifest.bytes,
            "sha256": manifest.sha256,
            "audit_entries": manifest.audit_entries,
        },
    )
