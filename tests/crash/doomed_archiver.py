"""An archiver that is going to be killed: `python -m tests.crash.doomed_archiver PATH N` dies before its N-th step.

A step is a file that is opened for writing, synced, renamed or read back, a statement of SQL, or the VACUUM at the end.
It prints `whole` if it came to its end before.
"""

import lzma
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.store import archiver, archiving, files
from engine.store.values import Retention

SEGMENT, KEPT = 10, 12


def main(path: Path, doomed: int) -> None:
    """Archive all that may be archived, and die on the way."""
    left = doomed

    def step(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def stepping(call: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*arguments: Any, **named: Any) -> Any:
            step()
            return call(*arguments, **named)

        return stepped

    archiver.COMMITS, archiver.KEPT_COMMITS = SEGMENT, KEPT
    make_durable = files.make_durable

    def traced(connection: sqlite3.Connection) -> None:
        make_durable(connection)
        connection.set_trace_callback(step)

    owner: Any
    setattr(files, "make_durable", traced)  # noqa: B010 - a function of a module
    for owner, name in ((os, "fsync"), (Path, "rename"), (Path, "mkdir"), (lzma, "compress"), (lzma, "decompress")):
        setattr(owner, name, stepping(getattr(owner, name)))
    archiving.archive(path, Retention(events=130))
    print("whole")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
