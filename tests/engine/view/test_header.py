"""The header answers whether the run is well."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import engine.kernel.entities as ent
from engine.kernel import budget, ledger
from engine.runtime.clock import Clock
from engine.runtime.runner import Limits
from engine.store.errors import StoreFailed
from engine.store.memory import MemoryJournal
from engine.view.build import ViewBuilder
from engine.view.types import HeaderView, RunState, Topic
from engine.view.vitals import VitalSigns, bytes_on_disk
from tests.engine.view.view_kit import SECOND, HandMade, Seconds


def _header(world: HandMade) -> HeaderView:
    header = world.data(Topic.HEADER)
    assert isinstance(header, HeaderView)
    return header


def test_agents_are_counted_by_state_and_a_paused_one_as_paused_only() -> None:
    world = HandMade()
    for name in ("alice", "bob", "carol"):
        world.agent(name)
    world.change("alice", state=ent.AgentState.SLEEPING)
    world.change("bob", paused=True)
    counts = (("active", 1), ("blocked", 0), ("sleeping", 1), ("dormant", 0), ("paused", 1))
    assert _header(world).agents == counts
    assert _header(HandMade()).agents == tuple((name, 0) for name, _ in counts)
    world.views = ViewBuilder(world, world.seconds)  # as after opening the run again
    assert _header(world).agents == counts
    world.change("bob", paused=False)
    assert dict(_header(world).agents)["active"] == 2


def test_scrip_is_what_the_mint_has_issued() -> None:
    world = HandMade()
    world.agent("alice", 70)
    world.agent("bob", 30)
    world.give("alice", "bob", 5)
    assert _header(world).scrip_total == 100


def test_actions_per_second_are_over_the_last_three_seconds() -> None:
    world = HandMade()
    world.agent("alice")
    assert _header(world).actions_per_second == 0.0
    for second in range(1, 6):
        world.seconds.go(1)
        world.change("alice", actions=10 * second)
        assert _header(world).actions_per_second == 10.0
    world.seconds.go(1)
    assert _header(world).actions_per_second == pytest.approx(6.7)
    for _ in range(3):
        world.seconds.go(1)
        last = _header(world)
    assert (last.actions, last.actions_per_second) == (50, 0.0)


def test_the_state_of_the_run_and_why() -> None:
    world = HandMade()
    assert (_header(world).state, _header(world).detail) == (RunState.RUNNING, "")
    switch = world.state.switches.rows["world"]
    world.commit(lambda tx: tx.put(tx.state.switches, replace(switch, paused=True)))
    assert _header(world).state is RunState.PAUSED
    world.ended = "all dormant"
    assert (_header(world).state, _header(world).detail) == (RunState.STOPPED, "all dormant")
    world.runner.stopped = "operator"
    assert (_header(world).state, _header(world).detail) == (RunState.STOPPED, "operator")
    journal = MemoryJournal()
    journal.failure = StoreFailed("the disk is full")
    world.journal = journal
    assert (_header(world).state, _header(world).detail) == (RunState.FAILED, "the disk is full")
    world.path = Path("/data/my.db")
    journal.failure = StoreFailed("/data/my.db: writing failed: the disk is full")
    assert _header(world).detail == "writing failed: the disk is full", "what went wrong, not where"


def test_a_virtual_clock_shows_the_time_of_the_last_commit_and_no_lag() -> None:
    world = HandMade()
    world.seconds.go(100)
    assert (_header(world).sim_time, _header(world).pace, _header(world).behind) == (SECOND, None, 0)


def test_on_a_wall_clock_time_goes_on_between_commits_up_to_what_is_due_next() -> None:
    world = HandMade(scale=2.0)
    world.agent("alice")  # due at 3 s of world time
    world.runner.clock = Clock(2 * SECOND, 2.0, world.seconds)
    world.seconds.go(0.25)
    assert (_header(world).sim_time, _header(world).behind) == (2 * SECOND + SECOND // 2, 0)
    world.seconds.go(2.25)
    assert (_header(world).sim_time, _header(world).behind) == (3 * SECOND, 4 * SECOND)
    assert _header(world).pace == 2.0


def test_a_run_that_waits_for_nothing_does_not_go_past_its_end() -> None:
    world = HandMade(scale=1.0)
    world.runner.limits = Limits(duration=5 * SECOND)
    world.seconds.go(60)
    assert (_header(world).sim_time, _header(world).behind) == (5 * SECOND, 0)


def test_a_world_without_a_budget_has_none_and_one_with_a_budget_says_what_is_spent() -> None:
    world = HandMade()
    world.agent("alice")
    assert (_header(world).spent, _header(world).cap) == (None, None)
    asset = ent.Asset("llm_budget", ent.AssetKind.DEPLETABLE, "µUSD", True, 0, None)
    world.commit(lambda tx: tx.put(tx.state.assets, asset))
    world.commit(lambda tx: ledger.issue(tx, "llm_budget", "alice", 900, "genesis"))
    world.commit(lambda tx: budget.spend(tx, "llm_budget", "alice", 200, "thought"))
    assert (_header(world).spent, _header(world).cap) == (200, 900)
    world.commit(lambda tx: tx.put(tx.state.assets, replace(asset, limit=5_000)))
    assert (_header(world).spent, _header(world).cap) == (200, 5_000)


def test_the_machine_is_looked_at_once_a_second() -> None:
    seconds = Seconds()
    asked: list[float] = []

    def path() -> Path:
        asked.append(seconds())
        return Path(__file__)

    vitals = VitalSigns(path, lambda: None, seconds)
    first = vitals.take()
    assert first.memory > 0
    assert first.disk_free > 0
    assert first.run_bytes == Path(__file__).stat().st_size
    seconds.go(0.9)
    assert vitals.take() is first
    seconds.go(0.1)
    vitals.take()
    assert len(asked) == 2


def test_the_processes_of_the_sandbox_are_counted_apart_and_looked_for_when_there_is_another_broker() -> None:
    seconds = Seconds()
    brokers: list[int] = []
    vitals = VitalSigns(lambda: None, lambda: brokers[-1] if brokers else None, seconds)
    assert (vitals.take().code_processes, vitals.take().code_memory) == (0, 0)
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"
    with subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        brokers.append(process.pid)
        seconds.go(1)
        taken = vitals.take()
        assert (taken.code_processes, taken.code_memory > 0) == (2, True)
        process.communicate(b"\n")
    seconds.go(1)
    assert vitals.take().code_processes == 0


def test_the_log_beside_the_file_counts_and_need_not_be_there(tmp_path: Path) -> None:
    run = tmp_path / "run.db"
    assert bytes_on_disk(run) == 0
    run.write_bytes(b"x" * 10)
    assert bytes_on_disk(run) == 10
    (tmp_path / "run.db-wal").write_bytes(b"x" * 5)
    assert bytes_on_disk(run) == 15


def test_the_header_stands_still_only_while_every_figure_does() -> None:
    world = HandMade()
    before = world.show(Topic.HEADER)
    assert world.show(Topic.HEADER).revision == before.revision
    world.since = "since you left: 3 requests"
    assert world.show(Topic.HEADER).revision != before.revision
