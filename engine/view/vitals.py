"""What the machine says about the run: processor, memory, size on disk, disk left; looked at once a second at most."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from engine.store.segments import archive_bytes, archive_folder

EVERY_S = 1.0
CHILDREN_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Vitals:
    """Percent of one core and resident bytes that engine and store take, and what the sandbox's processes take; bytes
    of the run, of its archived segments, and of free disk where there is least."""

    cpu_percent: float
    memory: int
    code_cpu: float
    code_memory: int
    code_processes: int
    run_bytes: int
    archive_bytes: int
    disk_free: int


class VitalSigns:
    """Takes the vital signs of this process, its children and the run's file.

    `broker` is the process that agents' code runs below, None while there is none; `now` is wall time in seconds.
    """

    def __init__(
        self, path: Callable[[], Path | None], broker: Callable[[], int | None], now: Callable[[], float]
    ) -> None:
        self._path = path
        self._broker = broker
        self._now = now
        self._engine = psutil.Process()
        self._own: list[psutil.Process] = [self._engine]
        self._code: list[psutil.Process] = []
        self._found_below: int | None = None
        self._found_at: float | None = None
        self._taken_at: float | None = None
        self._latest = Vitals(0.0, 0, 0.0, 0, 0, 0, 0, 0)
        self._archive = _Archive()

    def take(self) -> Vitals:
        """The vital signs as of at most a second ago."""
        now = self._now()
        if self._taken_at is None or now - self._taken_at >= EVERY_S:
            self._taken_at = now
            self._find_processes(now)
            cpu, memory, self._own = _taken(self._own)
            code_cpu, code_memory, self._code = _taken(self._code)
            path = self._path()
            free = shutil.disk_usage(path.parent if path is not None else Path.cwd()).free
            size = archived = 0
            if path is not None:
                size = bytes_on_disk(path)
                archived, room = self._archive.look(path)
                free = min(free, room)
            self._latest = Vitals(cpu, memory, code_cpu, code_memory, len(self._code), size, archived, free)
        return self._latest

    def _find_processes(self, now: float) -> None:
        # Finding them means to read the table of all processes of the machine, so that is done seldom.
        broker = self._broker()
        if self._found_at is None or now - self._found_at >= CHILDREN_EVERY_S or broker != self._found_below:
            self._found_at, self._found_below = now, broker
            known = {process.pid: process for process in (*self._own, *self._code)}
            children = self._engine.children(recursive=True)
            code = _below(broker, children)
            self._own = [self._engine, *(known.get(p.pid, p) for p in children if p.pid not in code)]
            self._code = [known.get(p.pid, p) for p in children if p.pid in code]


class _Archive:
    """The size of a run's archived segments, counted again only when their folder has changed."""

    def __init__(self) -> None:
        self._changed = -1
        self._bytes = 0

    def look(self, run: Path) -> tuple[int, int]:
        """Bytes of the segments, and those that are free where they lie: it may be a link to another disk."""
        folder = archive_folder(run)
        try:
            changed = folder.stat().st_mtime_ns
        except FileNotFoundError:
            return 0, sys.maxsize
        if changed != self._changed:
            self._changed, self._bytes = changed, archive_bytes(run)
        return self._bytes, shutil.disk_usage(folder).free


def _below(broker: int | None, children: list[psutil.Process]) -> set[int]:
    """The broker and all processes below it; parents come before their children in the list."""
    found = set() if broker is None else {broker}
    for child in children:
        try:
            if child.ppid() in found:
                found.add(child.pid)
        except psutil.NoSuchProcess:
            continue  # it has ended since it was found
    return found


def _taken(processes: list[psutil.Process]) -> tuple[float, int, list[psutil.Process]]:
    """What processes take together, and those of them that are still there."""
    cpu, memory, alive = 0.0, 0, []
    for process in processes:
        try:
            # Since the last call for this process, so the very first one says 0.
            share, resident = process.cpu_percent(None), process.memory_info().rss
        except psutil.NoSuchProcess:
            continue  # it has ended since it was found
        cpu += share
        memory += resident
        alive.append(process)
    return round(cpu, 1), memory, alive


def bytes_on_disk(path: Path) -> int:
    """The bytes of a run's file and of the write-ahead log beside it; 0 for one that is not there."""
    total = 0
    for part in (path, path.with_name(path.name + "-wal")):
        try:
            total += part.stat().st_size
        except FileNotFoundError:
            continue  # the log goes away when the store closes
    return total
