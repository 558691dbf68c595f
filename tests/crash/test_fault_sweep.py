"""Whatever a disk does at whichever write or sync: what was acknowledged is there, and what is there is the story.

Every call of a short run is struck once with every fault. It is the writer of the store process that runs, with its own
socket, over SQLite on a disk that fails on purpose; what is left of the files is read by the ordinary SQLite.
"""

import shutil
import socket
from itertools import accumulate
from pathlib import Path

import pytest

from engine.store import files, writer
from engine.store.errors import StoreError
from engine.store.memory import MemoryJournal
from engine.store.process import write_groups
from engine.store.values import NOTHING, Durable
from engine.store.verify import verify
from engine.store.wire import DURABLE, SEPARATOR, Frames, Kind, send
from tests.crash.faulty_disk import Fault, FaultyDisk, connect
from tests.engine.store_kit import META, lively_world

DIES = (Fault.TORN, Fault.CRASH, Fault.POWER_CUT, Fault.DROPPED)
SENTENCES = {
    "SQLITE_FULL": "make space on the disk",
    "SQLITE_IOERR_WRITE": "the disk cannot be written or read",
    "SQLITE_IOERR_FSYNC": "the disk does not confirm that it keeps what was written",
}


def story() -> list[list[bytes]]:
    """Groups of different sizes, with checkpoints between them and one at the end."""
    bodies = lively_world(steps=8).bodies
    return [bodies[:3], bodies[3:4], bodies[4:12], bodies[12:14], bodies[14:]]


GROUPS = story()


def durable_after(commits: int) -> Durable:
    journal = MemoryJournal()
    for body in [body for group in GROUPS for body in group][:commits]:
        journal.append(body)
    return journal.durable


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run without a commit."""
    path = tmp_path_factory.mktemp("template") / "run.db"
    files.create(path, META)
    return path


@pytest.fixture(autouse=True)
def checkpoints_are_near(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_CHECKPOINT_GROUPS", 2)


def written(path: Path, disk: FaultyDisk) -> tuple[list[int], str]:
    """Let the store's writer write the story; the commits it acknowledged, and its complaint."""
    connection = connect(path)
    files.make_durable(connection)
    disk.arm()
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            for group in GROUPS:
                send(ours, Kind.GROUP, SEPARATOR.join(group))
            ours.shutdown(socket.SHUT_WR)
            end = write_groups(theirs, path, connection, NOTHING)
        frames = list(Frames().feed(ours.recv(2**16)))
    calls = disk.calls
    # After a failure the process ends without closing: nothing of what closing would do reaches the disk.
    disk.dead = disk.dead or end.failed
    connection.close()
    assert disk.calls == calls or not end.failed
    acknowledged = [DURABLE.unpack(payload)[0] for kind, payload in frames if kind is Kind.DURABLE]
    complaints = [payload.decode() for kind, payload in frames if kind is Kind.FAILED]
    assert end.failed == bool(complaints)
    assert end.durable.seq == (acknowledged[-1] if acknowledged else 0)
    return acknowledged, complaints[0] if complaints else ""


def copy(template: Path, folder: Path) -> Path:
    for left in folder.iterdir():
        left.unlink()
    return Path(shutil.copy(template, folder / "run.db"))


def counted(template: Path, folder: Path) -> FaultyDisk:
    """The run without a fault, with its calls."""
    disk = FaultyDisk()
    acknowledged, complaint = written(copy(template, folder), disk)
    assert (acknowledged, complaint) == (list(accumulate(map(len, GROUPS))), "")
    return disk


def check_recovered(path: Path, at_least: int) -> None:
    """The file is a run of some first commits of the story, at least so many, and its state is what they lead to."""
    report = verify(path)
    assert report.ok, str(report)
    assert report.seq >= at_least
    assert report.hash == durable_after(report.seq).hash
    assert report.seq in (0, *accumulate(map(len, GROUPS))), "half a group"


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.NONE])
def test_any_fault_at_any_call_leaves_a_run_with_all_that_was_acknowledged(
    fault: Fault, template: Path, tmp_path: Path
) -> None:
    whole = counted(template, tmp_path)
    calls = range(1, whole.calls + 1) if fault is not Fault.DROPPED else whole.syncs
    if fault in (Fault.ENOSPC, Fault.SHORT, Fault.TORN):
        calls = [call for call in calls if call not in whole.syncs]
    assert len(whole.syncs) >= 4
    for at in calls:
        path = copy(template, tmp_path)
        disk = FaultyDisk(fault, at)
        acknowledged, complaint = written(path, disk)
        check_struck(disk, fault, at, complaint, at in whole.syncs)
        if fault is Fault.DROPPED:
            acknowledged = acknowledged[:-1]  # what the disk lied about is not ours to keep
        check_recovered(path, acknowledged[-1] if acknowledged else 0)


def check_struck(disk: FaultyDisk, fault: Fault, at: int, complaint: str, is_sync: bool) -> None:
    """The failure was told of in its own words, and the disk was not written to again."""
    if fault is Fault.DROPPED:
        return  # the lie at the last sync of all is never found out
    assert disk.calls == at, "written to after it had failed"
    assert "writing failed" in complaint
    if fault not in DIES:
        code = "SQLITE_FULL" if fault in (Fault.ENOSPC, Fault.SHORT) else "SQLITE_IOERR_WRITE"
        code = "SQLITE_IOERR_FSYNC" if is_sync else code
        assert f"[{code}]" in complaint
        assert SENTENCES[code] in complaint


def test_a_writer_that_does_not_sync_would_be_found_out(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk of these tests does lose what was not synced."""
    careless = tuple(pragma for pragma in files._WRITER_PRAGMAS if not pragma.startswith("synchronous"))
    monkeypatch.setattr(files, "_WRITER_PRAGMAS", (*careless, "synchronous = OFF"))
    calls = counted(template, tmp_path).calls
    disk = FaultyDisk(Fault.POWER_CUT, calls)
    path = copy(template, tmp_path)
    acknowledged, _ = written(path, disk)
    with pytest.raises((AssertionError, StoreError)):
        check_recovered(path, acknowledged[-1])
