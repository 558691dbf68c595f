"""The walls round the code of agents: which of them stand on this machine, and what puts up the second one."""

import os
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

WORKER = "worker"
BUBBLEWRAP = "bubblewrap"
WALLS = (WORKER, BUBBLEWRAP)
_TRY_S = 20
_HINTS = {
    WORKER: "install ecosim again: pip install ecosim",
    BUBBLEWRAP: "install bubblewrap (Debian: apt-get install bubblewrap); the system has to allow user namespaces",
}


@dataclass(frozen=True, slots=True)
class Wall:
    """One wall: whether it stands, what was found, and what to do where it does not."""

    name: str
    stands: bool
    found: str
    remedy: str


@cache
def worker_binary() -> str | None:
    """The program that runs code apart, None if it is not installed; looked for where Monty looks."""
    named = os.environ.get("MONTY_BIN")
    beside = Path(sysconfig.get_path("scripts")) / "monty"
    if named:
        return named
    return str(beside) if beside.is_file() else shutil.which("monty")


def bubblewrapped(program: str) -> list[str]:
    """The command that runs a program with nothing of the system but itself and what it is linked with."""
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    for folder in ("/usr/lib", "/lib", "/lib64", "/usr/lib64"):
        if Path(folder).exists():
            command += ["--ro-bind", folder, folder]
    return [*command, "--ro-bind", program, "/worker", "--chdir", "/", "--", "/worker"]


@cache
def walls() -> tuple[Wall, ...]:
    """What stands here; the second wall is tried, since a program that is there need not be allowed to do its work."""
    binary = worker_binary()
    try:
        found = f"pydantic-monty {version('pydantic-monty')}" if binary else "not found"
    except PackageNotFoundError:
        binary, found = None, "not installed"
    return (Wall(WORKER, binary is not None, found, "" if binary else _HINTS[WORKER]), _bubblewrap(binary))


def _bubblewrap(binary: str | None) -> Wall:
    if binary is None or shutil.which("bwrap") is None:
        return Wall(BUBBLEWRAP, False, "not installed", _HINTS[BUBBLEWRAP])
    try:
        done = subprocess.run([*bubblewrapped(binary), "--version"], capture_output=True, text=True, timeout=_TRY_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Wall(BUBBLEWRAP, False, f"does not start: {error}", _HINTS[BUBBLEWRAP])
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return Wall(BUBBLEWRAP, False, f"does not start: {said}", _HINTS[BUBBLEWRAP])
    return Wall(BUBBLEWRAP, True, shutil.which("bwrap") or "", "")


def missing(demanded: tuple[str, ...]) -> list[Wall]:
    """Those of the demanded walls that do not stand."""
    return [wall for wall in walls() if wall.name in demanded and not wall.stands]
