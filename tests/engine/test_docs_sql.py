"""The queries in docs/sql.md run on a run of the bazaar, and every table and view is explained there."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ecosim_tui.cli import DONE, main
from engine.store.files import connect_reader

TEXT = (Path(__file__).parents[2] / "docs" / "sql.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```sql([^\n]*)\n(.*?)^```(?:\n\n```text\n(.*?)^```)?", re.MULTILINE | re.DOTALL)
BLOCKS = [(mark.strip(), query, shown) for mark, query, shown in BLOCK.findall(TEXT)]
MARKS = ("", "may be empty", "is empty")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that the page is about: the same world, seed and length."""
    path = tmp_path_factory.mktemp("sql") / "s.db"
    (line,) = re.findall(r"^ecosim (run bazaar --headless .*) --db s\.db$", TEXT, re.MULTILINE)
    assert main([*line.split(), "--db", str(path)]) == DONE
    return path


@pytest.fixture
def connection(run: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect_reader(run)) as reader:
        yield reader


def heading(number: int) -> str:
    """Under which heading a block stands, to name its test."""
    place = list(BLOCK.finditer(TEXT))[number].start()
    return f"{number}: {re.findall(r'^##+ (.*)$', TEXT[:place], re.MULTILINE)[-1]}"


def columns(connection: sqlite3.Connection, query: str) -> tuple[list[str], list[tuple[object, ...]]]:
    """The names of a query's columns, and its rows."""
    cursor = connection.execute(query)
    return [column[0] for column in cursor.description], cursor.fetchall()


def test_there_are_queries_to_learn_from() -> None:
    assert len(BLOCKS) >= 12
    assert {mark for mark, _, _ in BLOCKS} <= set(MARKS)


@pytest.mark.parametrize("number", range(len(BLOCKS)), ids=heading)
def test_each_query_runs_and_finds_what_the_page_says(connection: sqlite3.Connection, number: int) -> None:
    mark, query, shown = BLOCKS[number]
    names, rows = columns(connection, query)
    if mark == "is empty":
        assert not rows
    elif not mark:
        assert rows
        head, _, *lines = shown.splitlines()
        assert re.split(r" {2,}", head) == names
        assert len(lines) == len(rows)


def test_every_table_and_view_is_explained(connection: sqlite3.Connection) -> None:
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}
    first_cells = re.findall(r"^\| (`.*?) \|", TEXT, re.MULTILINE)
    explained = {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)}
    assert explained | {"alembic_version"} == there


@pytest.mark.parametrize("view", ["event_log", "action_log", "trades", "order_history", "candles", "account_balances"])
def test_the_columns_of_each_view_are_named(connection: sqlite3.Connection, view: str) -> None:
    (cell,) = re.findall(rf"^\| `{view}` \| (.*) \|$", TEXT, re.MULTILINE)
    assert re.findall(r"`(\w+)`", cell) == columns(connection, f"SELECT * FROM {view} LIMIT 0")[0]


def test_the_code_for_the_hash_chain_comes_to_the_hash_of_the_last_commit(
    run: Path, connection: sqlite3.Connection
) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    done = subprocess.run([sys.executable, "-c", code], cwd=run.parent, capture_output=True, text=True, check=True)
    last = connection.execute("SELECT hash FROM commits ORDER BY seq DESC LIMIT 1").fetchone()[0]
    assert done.stdout.split() == [last.hex()]
