"""Where the text of a world comes from: bundled with the package, or a file."""

import os
import stat
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from engine.worldfile.problems import Problem, WorldFileError, nearest, shown

MAX_BYTES = 4_000_000
"""A larger file is refused unread: groups make large worlds, not large files."""

_SUFFIX = ".toml"


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a world file, and the name of the file for messages."""

    file: str
    text: str


def bundled() -> dict[str, Traversable]:
    """The bundled worlds by name, in order of name."""
    found = (entry for entry in resources.files("worlds").iterdir() if entry.name.endswith(_SUFFIX))
    return {entry.name.removesuffix(_SUFFIX): entry for entry in sorted(found, key=lambda entry: entry.name)}


def read(ref: str) -> Source:
    """The text of a world by bundled name or path; raises WorldFileError if it cannot be read as text."""
    if not ref:
        raise _missing(ref)
    entry = bundled().get(ref)
    if entry is not None:
        return Source(f"worlds/{entry.name}", _decode(f"worlds/{entry.name}", entry.read_bytes()))
    return read_file(ref)


def read_file(ref: str, what: str = "world") -> Source:
    """The text of a file by path; raises WorldFileError if it cannot be read as text."""
    try:
        # Never opened: a pipe would keep us waiting for somebody who writes to it.
        if not stat.S_ISREG(mode := Path(ref).stat().st_mode) and not stat.S_ISDIR(mode):
            raise _refuse(ref, None, "is a pipe, a socket or a device", f"name a {what} file")
        with Path(ref).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise (_missing(ref) if what == "world" else _refuse(ref, None, "no such file", "check the path")) from error
    except IsADirectoryError as error:
        raise _refuse(ref, None, "is a directory", f"name a {what} file in it") from error
    except (OSError, ValueError) as error:
        reason = os.strerror(error.errno).lower() if isinstance(error, OSError) and error.errno else "is not a path"
        raise _refuse(ref, None, f"cannot be read: {reason}", f"name a readable {what} file") from error
    if len(data) > MAX_BYTES:
        raise _refuse(ref, None, f"is larger than {MAX_BYTES} bytes", "use groups (count) instead of many sections")
    return Source(ref, _decode(ref, data))


def _decode(file: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise _refuse(file, line, problem, "save the file in UTF-8") from error


def _refuse(file: str, line: int | None, problem: str, remedy: str) -> WorldFileError:
    return WorldFileError([Problem(file or '""', line, "", problem, remedy)])


def _missing(ref: str) -> WorldFileError:
    names = list(bundled())
    close = nearest(Path(ref).name.removesuffix(_SUFFIX), names)
    remedy = f"did you mean the bundled world `{close}`?" if close else f"bundled worlds: {', '.join(names)}"
    what = (
        "no such file" if os.sep in ref or ref.endswith(_SUFFIX) else f"there is no bundled world or file {shown(ref)}"
    )
    return _refuse(ref, None, what, remedy)
