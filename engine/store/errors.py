"""What can be wrong with a run's file: each error is a sentence that names the file, what is wrong, and what to do."""

from engine.kernel.errors import EcosimError


class StoreError(EcosimError):
    """Root of the errors about a run's file."""


class RunMissing(StoreError):
    """There is no such file."""


class RunExists(StoreError):
    """The file to be made is there already."""


class NotARun(StoreError):
    """The file is something else: a directory, empty, not SQLite, or another program's database."""


class RunDamaged(StoreError):
    """The file was a run, but is truncated or does not pass SQLite's checks."""


class RunTooNew(StoreError):
    """The file was written by a newer version than this one."""


class RunTooOld(StoreError):
    """The file has to be migrated, and was opened in a way that does not allow it."""


class RunLocked(StoreError):
    """Another engine has the run open."""


class RunLinked(StoreError):
    """The file has several names, and was to be gone on with under one of them."""


class RunUnreachable(StoreError):
    """The operating system does not let us read or write the file."""


class ArchiveDamaged(StoreError):
    """A file with an archived segment of the log is missing, or is not what was written."""


class StoreFailed(StoreError):
    """Writing failed while the run was open; nothing is written any more."""


class RunUnverified(StoreError):
    """The file does not verify, so it was not taken."""


_BY_NAME = {
    kind.__name__: kind
    for kind in (
        RunMissing,
        RunExists,
        NotARun,
        RunDamaged,
        RunTooNew,
        RunTooOld,
        RunLocked,
        RunLinked,
        RunUnreachable,
        ArchiveDamaged,
        StoreFailed,
        RunUnverified,
    )
}


def named(name: str, message: str) -> StoreError:
    """The error that another process reported by its name."""
    return _BY_NAME.get(name, StoreFailed)(message)
