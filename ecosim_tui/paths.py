"""Where runs are kept, and how a run is named on the command line."""

from datetime import datetime
from pathlib import Path

from platformdirs import user_config_path, user_data_path

from engine.kernel.errors import EcosimError

SUFFIX = ".db"
_MAGIC = b"SQLite format 3\0"


class UsageError(EcosimError):
    """The command line asks for something that cannot be; the message says what would be right."""


def runs_folder() -> Path:
    """The folder of the user's runs."""
    return user_data_path("ecosim") / "runs"


def policies_folder() -> Path:
    """The folder in which the user's rules are kept, a policy file for each world."""
    return user_config_path("ecosim", appauthor=False) / "policies"


def new_run(world: str) -> Path:
    """A file name for a new run: the world and the local time of its start; never one that exists."""
    folder = runs_folder()
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{world}-{datetime.now():%Y%m%d-%H%M%S}"
    path = folder / f"{stem}{SUFFIX}"
    number = 2
    while path.exists():
        path = folder / f"{stem}-{number}{SUFFIX}"
        number += 1
    return path


def existing_run(name: str) -> Path | None:
    """The file of a run that a user named by path or by its name in the user's folder; None if it is not one."""
    path = Path(name)
    if path.suffix == SUFFIX or (path.is_file() and _is_database(path)):
        return path
    kept = runs_folder() / f"{name}{SUFFIX}"
    return kept if kept.is_file() else None


def find_run(name: str) -> Path:
    """The file of a run; raises UsageError that shows what runs there are."""
    path = existing_run(name) or Path(name)
    if path.exists():
        return path  # what is no run is refused where it is opened, which says what it is
    known = sorted(p.stem for p in runs_folder().glob(f"*{SUFFIX}"))
    listed = f"the latest are: {', '.join(known[-5:])}" if known else "there are no runs yet"
    raise UsageError(f"there is no run {name!r}; give a file or a name from `ecosim runs` ({listed})")


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC
