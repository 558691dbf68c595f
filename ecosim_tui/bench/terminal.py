"""A program in a real pseudo-terminal: its output is read as a terminal would, keys are pressed as a person would."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
from collections.abc import Callable
from time import perf_counter
from types import TracebackType
from typing import Self

import psutil

from ecosim_tui.bench.apart import environment
from ecosim_tui.bench.cells import Cells

WIDTH, HEIGHT = 160, 48
_PIECE = 65536
_LEAVE_S = 10.0


class Terminal:
    """Runs a command; `started` is when, by `perf_counter`. Leaving the block ends the program."""

    def __init__(self, command: list[str], **extra: str) -> None:
        self.cells = Cells(WIDTH, HEIGHT)
        surroundings = environment(TERM="xterm-256color", COLORTERM="truecolor", **extra)
        # As on a terminal that tells its size itself, and not over a slow line.
        for name in ("COLUMNS", "LINES", "SSH_CONNECTION", "NO_COLOR", "TEXTUAL"):
            surroundings.pop(name, None)
        self.started = perf_counter()
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            # The size is set before the program can ask for it.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
            os.execvpe(command[0], command, surroundings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        children = psutil.Process(self._pid).children(recursive=True)
        os.kill(self._pid, signal.SIGTERM if kind is None else signal.SIGKILL)
        self._drain()
        os.close(self._fd)
        os.waitpid(self._pid, 0)
        # What it has started still writes to the run's folder until it has noticed.
        psutil.wait_procs(children, _LEAVE_S)

    def _drain(self) -> None:
        """Read until the program has hung up: one that cannot write cannot end."""
        end = perf_counter() + _LEAVE_S
        while (left := end - perf_counter()) > 0:
            if self._read(left) is None:
                return
        os.kill(self._pid, signal.SIGKILL)

    def _read(self, timeout: float) -> float | None:
        """Take what there is and return when it came; None at the end."""
        if not select.select([self._fd], [], [], timeout)[0]:
            return perf_counter()
        try:
            data = os.read(self._fd, _PIECE)
        except OSError:  # how Linux says that the other end is closed
            data = b""
        now = perf_counter()
        if not data:
            return None
        self.cells.feed(data)
        return now

    def press(self, keys: str) -> float:
        """Press keys, as the bytes that a terminal sends for them; when that was."""
        now = perf_counter()
        os.write(self._fd, keys.encode())
        return now

    def until(self, shown: Callable[[Cells], bool], timeout: float = 30.0) -> float:
        """Read on until something is shown; when the output that showed it came. Raises TimeoutError if it never is."""
        end = perf_counter() + timeout
        came: float | None = perf_counter()
        while not shown(self.cells):
            left = end - perf_counter()
            came = self._read(left) if left > 0 else None
            if came is None:
                picture = "\n".join(line.rstrip() for line in self.cells.lines)
                raise TimeoutError(f"what was waited for did not come within {timeout:g} s; the screen:\n{picture}")
        assert came is not None, "the loop ends with a time or raises"
        return came

    def watch(self, seconds: float) -> None:
        """Read on for a while."""
        end = perf_counter() + seconds
        while (left := end - perf_counter()) > 0:
            if self._read(left) is None:
                raise TimeoutError(f"the program ended; the screen:\n{chr(10).join(self.cells.lines)}")

    def cpu_seconds(self) -> float:
        """CPU time of the program and of the processes that it has started."""
        program = psutil.Process(self._pid)
        times = [process.cpu_times() for process in (program, *program.children(recursive=True))]
        return sum(spent.user + spent.system for spent in times)

    def resident(self) -> int:
        """Bytes of memory of the program itself."""
        return int(psutil.Process(self._pid).memory_info().rss)

    def __repr__(self) -> str:
        return f"Terminal({self._pid})"
