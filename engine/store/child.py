"""Starts the store process and collects what is left of it."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

_SOCKET_BYTES = 4 * 2**20
_EXIT_S = 30.0


def start(mode: str, run: Path, max_bytes: int) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Start the store process of a run; returns our end of the socket between us, non-blocking, and the process."""
    ours, theirs = socket.socketpair()
    with theirs:
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES)
        arguments = (theirs.fileno(), mode, run, os.getpid(), max_bytes)
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "engine.store.process", *map(str, arguments)],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=_environment(),
            # A ctrl+c at the terminal is for the engine; it ends the store process by hanging up.
            start_new_session=True,
        )
    ours.setblocking(False)
    return ours, process


def _environment() -> dict[str, str]:
    """Ours, with the places that our modules came from: the engine may have been found by a path of this process."""
    places = [place for place in sys.path if place]
    root = str(Path(__file__).resolve().parents[2])
    if root not in places:
        places.append(root)
    return {**os.environ, "PYTHONPATH": os.pathsep.join(places)}


def last_words(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """The exit code of a process that hung up, and the end of what it complained of."""
    try:
        code = process.wait(_EXIT_S)
    except subprocess.TimeoutExpired:
        # It has hung up, so nothing is left for it to do: that its end took too long says nothing of what it wrote.
        process.kill()
        process.wait()
        code = 0
    complaints: Any = process.stderr
    with complaints:
        lines = complaints.read().decode(errors="replace").strip().splitlines()
    return code, lines[-1] if lines else ""
