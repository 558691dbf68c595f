"""A run from before sales had numbers goes on: its rows are migrated to what its log is read as."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from engine.kernel.codec import chain
from engine.kernel.upcasting import sale_number
from engine.store import migrate
from engine.store.journal import Journal
from engine.store.schema import APPLICATION_ID
from engine.store.verify import verify
from tests.engine.store_kit import TinyWorld, write_run


def listing(artifact: str, price: int, buyer: str | None = None) -> list[object]:
    row = {"artifact": artifact, "seller": "alice", "price": price, "buyer": buyer, "listed_at": 2}
    return ["listings", row]


async def test_what_was_listed_is_a_sale_with_the_number_that_its_log_is_read_with(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    await write_run(path, [TinyWorld().genesis()])
    _make_older(path)
    _go_on(
        path,
        [listing("note.1", 5), listing("note.2", 7, "bob")],
        [listing("note.3", 9)],
        [["listings", "note.1", None]],
    )
    journal, loaded = await Journal.open(path)
    await journal.close()
    assert loaded.seq == 4
    report = verify(path)
    assert report.ok, report
    with closing(sqlite3.connect(path)) as connection:
        sales = connection.execute("SELECT id, artifacts, price, buyer, fee, expires_at FROM listings ORDER BY price")
        assert sales.fetchall() == [
            (sale_number("note.2"), '["note.2"]', 7, "bob", 0, None),
            (sale_number("note.3"), '["note.3"]', 9, None, 0, None),
        ]
        escrowed = connection.execute("SELECT artifact, sale, seller FROM escrowed ORDER BY artifact").fetchall()
        assert escrowed == [(one, sale_number(one), "alice") for one in ("note.2", "note.3")]


def _make_older(path: Path) -> None:
    """The run as it was before revision 0006, with the rows that it then had."""
    older = path.with_name("older.db")
    migrate.upgrade(older, "0005")
    with closing(sqlite3.connect(older)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("ATTACH DATABASE ? AS now", (str(path),))
        tables = connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            if table not in ("listings", "alembic_version"):
                had = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")]
                common = ", ".join(f'"{column}"' for column in had)
                connection.execute(f"INSERT INTO main.{table} ({common}) SELECT {common} FROM now.{table}")
        connection.commit()
    older.replace(path)


def _go_on(path: Path, *commits: Sequence[Any]) -> None:
    """Commits of listings as they were written then, and the rows that they left."""
    with closing(sqlite3.connect(path)) as connection:
        last, digest = connection.execute("SELECT seq, hash FROM commits ORDER BY seq DESC LIMIT 1").fetchone()
        for seq, changes in enumerate(commits, last + 1):
            body = orjson.dumps((seq, seq, ("step", "alice"), changes, (), (), ()))
            digest = chain(digest, body)
            connection.execute("INSERT INTO commits VALUES (?, ?, ?, ?, ?)", (seq, seq, "step:alice", digest, body))
            for _, row, *gone in changes:
                if gone:
                    connection.execute("DELETE FROM listings WHERE artifact = ?", (row,))
                else:
                    connection.execute("INSERT INTO listings VALUES (?, ?, ?, ?, ?)", tuple(row.values()))
        connection.commit()
