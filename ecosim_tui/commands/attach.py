"""`ecosim attach`: the console on a run that another process has open."""

import argparse
import sys

from ecosim_tui.paths import UsageError, find_run
from engine.remote.places import socket_of
from engine.store.lock import holder


def attach(args: argparse.Namespace) -> int:
    """Carry out `ecosim attach`."""
    path = find_run(args.run_name)
    pid = holder(path)
    if pid is None:
        raise UsageError(f"{path} is not open in any process; `ecosim run {path}` opens it")
    if socket_of(path) is None:
        raise UsageError(f"{path} is open in process {pid}, which does not serve it, at least not to you")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the console needs a terminal; without one there are `ecosim requests` and `ecosim grants`")
    from ecosim_tui.attached import run_attached

    return run_attached(path)
