"""What the machine says about the run: processor, memory, size on disk, disk left; looked at once a second at most."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

EVERY_S = 1.0
CHILDREN_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Vitals:
    """Percent of one core and resident bytes that engine and store take; bytes of the run and of free disk."""

    cpu_percent: float
    memory: int
    run_bytes: int
    disk_free: int


class VitalSigns:
    """Takes the vital signs of this process, its children and the run's file; `now` is wall time in seconds."""

    def __init__(self, path: Callable[[], Path | None], now: Callable[[], float]) -> None:
        self._path = path
        self._now = now
        self._engine = psutil.Process()
        self._children: list[psutil.Process] = []
        self._found_at: float | None = None
        self._taken_at: float | None = None
        self._latest = Vitals(0.0, 0, 0, 0)

    def take(self) -> Vitals:
        """The vital signs as of at most a second ago."""
        now = self._now()
        if self._taken_at is None or now - self._taken_at >= EVERY_S:
            self._taken_at = now
            self._find_children(now)
            cpu, memory = self._processes()
            path = self._path()
            free = shutil.disk_usage(path.parent if path is not None else Path.cwd()).free
            self._latest = Vitals(round(cpu, 1), memory, bytes_on_disk(path) if path is not None else 0, free)
        return self._latest

    def _find_children(self, now: float) -> None:
        # Finding them means to read the table of all processes of the machine, so that is done seldom.
        if self._found_at is None or now - self._found_at >= CHILDREN_EVERY_S:
            self._found_at = now
            known = {child.pid: child for child in self._children}
            self._children = [known.get(child.pid, child) for child in self._engine.children(recursive=True)]

    def _processes(self) -> tuple[float, int]:
        cpu, memory, alive = 0.0, 0, []
        for process in (self._engine, *self._children):
            try:
                # Since the last call for this process, so the very first one says 0.
                share, resident = process.cpu_percent(None), process.memory_info().rss
            except psutil.NoSuchProcess:
                continue  # it has ended since it was found
            cpu += share
            memory += resident
            if process is not self._engine:
                alive.append(process)
        self._children = alive
        return cpu, memory


def bytes_on_disk(path: Path) -> int:
    """The bytes of a run's file and of the write-ahead log beside it; 0 for one that is not there."""
    total = 0
    for part in (path, path.with_name(path.name + "-wal")):
        try:
            total += part.stat().st_size
        except FileNotFoundError:
            continue  # the log goes away when the store closes
    return total
