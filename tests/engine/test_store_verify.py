"""Verification: a sound run passes, and each kind of tampering fails the check that is meant for it."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.kernel.codec import GENESIS_HASH, chain
from engine.store.journal import Journal
from engine.store.verify import CHECKS, VerifyReport, verify
from tests.engine.store_kit import META, TinyWorld, lively_world, write_run

GIFT = 2  # the second commit of the run is a gift of 5 scrip from alice to bob, one use, one event


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which everything happened: not to be changed."""
    world = TinyWorld()
    world.genesis()
    world.gift("alice", "bob", 5)
    world.sample(gini=0.5, spread=None)
    world.every_table(1)
    world.reserve("carol", 30)
    for _ in range(20):
        world.gift("bob", "carol", 1)
    path = tmp_path_factory.mktemp("sound") / "run.db"
    asyncio.run(write_run(path, world.bodies))
    return path


@pytest.fixture
def run(sound: Path, tmp_path: Path) -> Path:
    """A copy to tamper with."""
    return Path(shutil.copy(sound, tmp_path / "run.db"))


def change(path: Path, *statements: str) -> None:
    """Change the file as somebody would who means it."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def forge(path: Path, seq: int, edit: Callable[[Any], None]) -> None:
    """Change what a commit says and make the hashes fit again, from there to the end."""
    connection = sqlite3.connect(path)
    digest = GENESIS_HASH
    for number, body in connection.execute("SELECT seq, body FROM commits ORDER BY seq").fetchall():
        if number == seq:
            commit = orjson.loads(body)
            edit(commit)
            body = orjson.dumps(commit)
        digest = chain(digest, body)
        connection.execute("UPDATE commits SET body = ?, hash = ? WHERE seq = ?", (body, digest, number))
    connection.commit()
    connection.close()


def failed(path: Path) -> dict[str, int | None]:
    """The checks that fail, with the commit where."""
    return {check.name: check.seq for check in verify(path).checks if not check.ok}


# -- sound runs --------------------------------------------------------------------------------------------------------


def test_a_sound_run_passes_every_check(run: Path) -> None:
    report = verify(run)
    assert report.ok
    assert [check.name for check in report.checks] == list(CHECKS)
    connection = sqlite3.connect(run)
    assert connection.execute("SELECT max(seq) FROM commits").fetchone() == (report.seq,)
    assert connection.execute("SELECT hash FROM commits ORDER BY seq DESC").fetchone() == (report.hash,)
    connection.close()


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_in_a_world_verifies(tmp_path: Path, seed: int) -> None:
    await write_run(tmp_path / "run.db", lively_world(100, seed).bodies)
    assert str(verify(tmp_path / "run.db")).count(" ok") == len(CHECKS)


async def test_a_figure_too_large_for_a_float_verifies(tmp_path: Path) -> None:
    world = TinyWorld()
    world.genesis()
    world.sample(scrip_total=2**62 + 1, gini=1)
    await write_run(tmp_path / "run.db", world.bodies)
    assert verify(tmp_path / "run.db").ok


async def test_an_empty_run_verifies(tmp_path: Path) -> None:
    await write_run(tmp_path / "run.db", [])
    report = verify(tmp_path / "run.db")
    assert (report.ok, report.seq, report.hash) == (True, 0, GENESIS_HASH)


async def test_a_live_run_verifies_up_to_what_was_committed(tmp_path: Path) -> None:
    world = lively_world(10)
    journal = await Journal.create(tmp_path / "run.db", META)
    for body in world.bodies:
        journal.append(body)
    await journal.barrier()
    later = world.gift()
    journal.append(later)
    report = verify(tmp_path / "run.db")
    await journal.close()
    assert (report.ok, report.seq) == (True, len(world.bodies) - 1)


def test_progress_is_told_up_to_the_end(run: Path) -> None:
    told: list[tuple[int, int]] = []
    report = verify(run, lambda done, total: told.append((done, total)))
    assert told == [(report.seq, report.seq)]


# -- tampering ---------------------------------------------------------------------------------------------------------


def test_a_changed_byte_of_a_body_breaks_the_hash_there(run: Path) -> None:
    changed = "CAST(replace(CAST(body AS TEXT), 'gift', 'gUft') AS BLOB)"
    change(run, f"UPDATE commits SET body = {changed} WHERE seq = {GIFT}")
    assert failed(run)["hash"] == GIFT


def test_a_swapped_hash_breaks_the_chain_there(run: Path) -> None:
    change(run, f"UPDATE commits SET hash = (SELECT hash FROM commits WHERE seq = 1) WHERE seq = {GIFT}")
    assert failed(run) == {"hash": GIFT}


def test_a_body_that_is_no_commit_is_named_and_the_rest_is_not_called_right(run: Path) -> None:
    forge(run, GIFT, lambda commit: commit[3].append(["nowhere", {}]))
    report = verify(run)
    assert {check.name: check.seq for check in report.checks if not check.ok} == {
        "body": GIFT,
        "conservation": None,
        "negative": None,
        "balances": None,
        "holds": None,
        "log": None,
        "state": None,
    }
    assert f"not checked: the body of commit {GIFT} cannot be read" in str(report)


def test_a_body_under_another_time_or_cause_is_named(run: Path) -> None:
    change(run, f"UPDATE commits SET cause = 'operator' WHERE seq = {GIFT}")
    assert failed(run) == {"body": GIFT}


def test_a_missing_commit_breaks_the_sequence(run: Path) -> None:
    change(run, f"DELETE FROM commits WHERE seq = {GIFT}")
    assert failed(run)["sequence"] == GIFT + 1


def test_a_removed_last_commit_leaves_state_and_log_without_cause(run: Path) -> None:
    change(run, "DELETE FROM commits WHERE seq = (SELECT max(seq) FROM commits)")
    assert failed(run) == {"log": None, "state": None}


def test_a_removed_last_commit_with_all_its_rows_still_leaves_the_state(run: Path) -> None:
    last = "(SELECT max(seq) FROM commits)"
    change(run, *(f"DELETE FROM {table} WHERE seq = {last}" for table in ("events", "postings", "usages", "commits")))
    assert failed(run) == {"state": None}


def test_time_that_goes_back_breaks_the_sequence(run: Path) -> None:
    def earlier(commit: Any) -> None:
        commit[1] = 0

    forge(run, GIFT + 1, earlier)
    change(run, f"UPDATE commits SET at = 0 WHERE seq = {GIFT + 1}")
    assert failed(run)["sequence"] == GIFT + 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE balances SET available = available + 1 WHERE principal = 'alice'",
        "DELETE FROM balances WHERE principal = 'alice'",
        "INSERT INTO counters VALUES ('another', 1)",
        'UPDATE agents SET wait = \'{"kind":"time","key":"","until":9}\'',
        "UPDATE agents SET wait = 'nonsense'",
        "UPDATE agents SET state = 'dormant'",
        "UPDATE artifacts SET metadata = '{}'",
    ],
)
def test_a_changed_row_of_state_is_not_what_the_log_leads_to(run: Path, statement: str) -> None:
    change(run, statement)
    assert failed(run) == {"state": None}


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        (f"UPDATE events SET actor = 'mallory' WHERE seq = {GIFT}", GIFT),
        (f"DELETE FROM events WHERE seq = {GIFT}", GIFT),
        (f"UPDATE postings SET amount = 6 WHERE seq = {GIFT}", GIFT),
        (f"DELETE FROM postings WHERE seq = {GIFT}", GIFT),
        (f"INSERT INTO postings VALUES ({GIFT}, 7, 0, 'scrip', 'a', 'b', 1, '')", GIFT),
        (f"UPDATE usages SET amount = 0 WHERE seq = {GIFT}", GIFT),
        ("INSERT INTO usages VALUES (99, 0, 0, 'alice', 'cpu_rate', 1)", None),
        ("UPDATE kpis SET value = 0.9", None),
        ("DELETE FROM kpis WHERE name = 'spread'", None),
    ],
)
def test_a_changed_row_of_the_log_is_not_what_the_body_says(run: Path, statement: str, seq: int | None) -> None:
    change(run, statement)
    assert failed(run) == {"log": seq}


def test_money_out_of_nothing_breaks_conservation_where_it_appears(run: Path) -> None:
    def mint(commit: Any) -> None:
        commit[3][0][1]["available"] += 100

    forge(run, GIFT, mint)
    found = failed(run)
    assert (found["conservation"], found["balances"]) == (GIFT, GIFT)


def test_a_movement_without_a_posting_breaks_the_balances_where_it_happens(run: Path) -> None:
    def unposted(commit: Any) -> None:
        commit[4].clear()

    forge(run, GIFT, unposted)
    change(run, f"DELETE FROM postings WHERE seq = {GIFT}")
    assert failed(run) == {"balances": GIFT}


def test_an_account_below_zero_is_named(run: Path) -> None:
    def overdraw(commit: Any) -> None:
        for change_ in commit[3]:
            change_[1]["available"] += -2000 if change_[1]["principal"] == "alice" else 2000
        commit[4][0]["amount"] += 2000

    forge(run, GIFT, overdraw)
    assert failed(run)["negative"] == GIFT
    assert "alice has -1005 scrip available and 0 held" in str(verify(run))


def test_a_posting_of_nothing_breaks_conservation(run: Path) -> None:
    def nothing(commit: Any) -> None:
        commit[4][0]["amount"] = -5

    forge(run, GIFT, nothing)
    assert failed(run)["conservation"] == GIFT


def test_held_money_without_a_hold_breaks_conservation(run: Path) -> None:
    def unhold(commit: Any) -> None:
        commit[3] = [change_ for change_ in commit[3] if change_[0] != "holds"]

    forge(run, 5, unhold)
    change(run, "DELETE FROM holds WHERE purpose = 'bid'")
    assert failed(run) == {"conservation": None, "holds": None}


def test_a_hold_that_stands_for_nothing_is_named(run: Path) -> None:
    def unbid(commit: Any) -> None:
        commit[3] = [change_ for change_ in commit[3] if change_[0] != "bids"]

    forge(run, 5, unbid)
    change(run, "DELETE FROM bids WHERE artifact = 'essay'")
    assert failed(run) == {"holds": None}
    assert "(bid) is for nothing that is there" in str(verify(run))


def test_a_removal_of_what_is_not_there_is_named(run: Path) -> None:
    forge(run, GIFT, lambda commit: commit[3].append(["minds", "nobody", None]))
    assert failed(run) == {"state": GIFT}


def test_a_value_that_cannot_be_fails_the_integrity_check_too(run: Path) -> None:
    change(run, "UPDATE agents SET state = 'ticking'")
    assert failed(run) == {"integrity": None, "state": None}


def test_a_damaged_page_fails_the_integrity_check(run: Path) -> None:
    connection = sqlite3.connect(run)
    page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'kpis'").fetchone()[0]
    connection.close()
    data = bytearray(run.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    run.write_bytes(data)
    report = verify(run)
    assert not report.checks[0].ok
    assert not report.ok


def test_what_could_not_be_read_is_not_called_right(run: Path) -> None:
    connection = sqlite3.connect(run)
    page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'commits'").fetchone()[0]
    connection.close()
    data = bytearray(run.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    run.write_bytes(data)
    assert not any(check.ok for check in verify(run).checks)


def test_a_report_names_the_file_the_check_and_the_commit(run: Path) -> None:
    change(run, f"DELETE FROM commits WHERE seq = {GIFT}")
    report: VerifyReport = verify(run)
    assert str(report).startswith(f"{run}: 25 commits, hash {report.hash.hex()}\n")
    assert f"sequence     commit {GIFT} is missing (commit {GIFT + 1})" in str(report)
