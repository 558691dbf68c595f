"""Where a live run answers: one socket in the user's runtime directory, named after the real path of the run."""

import os
import stat
import warnings
from hashlib import blake2b
from pathlib import Path
from tempfile import gettempdir

from platformdirs import user_runtime_path

from engine.remote.errors import Unreachable

SHARED = "ECOSIM_RUNTIME_DIR"
"""Names a directory for sockets that a group shares; it must exist, and its group is the sockets' if it is setgid."""
LONGEST = 100
"""Bytes of a socket's path: systems allow 103 to 107."""


def runtime_folder() -> Path:
    """The directory of this user's sockets; it need not exist."""
    shared = os.environ.get(SHARED)
    if shared:
        return Path(shared)
    with warnings.catch_warnings():
        # Without a session there is no runtime directory; the one in its stead is looked at before it is used.
        warnings.simplefilter("ignore")
        return user_runtime_path("ecosim")


def socket_name(run: Path) -> str:
    """The name of a run's socket: short, and the same by whichever link the run is named."""
    return f"{blake2b(os.fsencode(run.resolve()), digest_size=8).hexdigest()}.sock"


def socket_place(run: Path) -> Path:
    """Where this user's process serves a run; makes the directory, raises `Unreachable` if it must not be used."""
    shared = bool(os.environ.get(SHARED))
    try:
        folder = runtime_folder()
        if not shared:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise Unreachable(f"no socket can be made in the runtime directory: {error}; set {SHARED}") from error
    open_to = stat.S_IWOTH if shared else stat.S_IWGRP | stat.S_IWOTH
    if not stat.S_ISDIR(found.st_mode) or found.st_mode & open_to or (not shared and found.st_uid != os.geteuid()):
        raise Unreachable(f"{folder}: others could put a socket of theirs there; check its owner and mode")
    place = folder / socket_name(run)
    if len(os.fsencode(place)) > LONGEST:
        raise Unreachable(f"{place}: too long for a socket; set {SHARED} to a directory with a shorter path")
    return place


def socket_of(run: Path) -> Path | None:
    """The socket of a run that another process may have open.

    That process may have had another session, or be of the user who owns the run: then it is where theirs are made.
    """
    owner = run.stat().st_uid
    theirs = (Path("/run/user", str(owner)), Path(gettempdir(), f"runtime-{owner}"))
    folders = [runtime_folder(), *(folder / "ecosim" for folder in theirs)]
    places = (folder / socket_name(run) for folder in folders)
    return next((place for place in places if _is_socket(place)), None)


def _is_socket(place: Path) -> bool:
    try:
        return stat.S_ISSOCK(place.stat().st_mode)
    except OSError:
        return False
