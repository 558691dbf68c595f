"""The queries of docs/cookbook.md answer on the runs that the page names, with the columns that it shows."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ecosim_tui.cli import DONE, main
from engine.store.files import connect_reader

TEXT = (Path(__file__).parents[2] / "docs" / "cookbook.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```sql (\w+)([^\n]*)\n(.*?)^```(?:\n\n```text\n(.*?)^```)?", re.MULTILINE | re.DOTALL)
BLOCKS = [(run, mark.strip(), query, shown) for run, mark, query, shown in BLOCK.findall(TEXT)]
RUNS = {name: line.split() for line, name in re.findall(r"^ecosim (run .*) --db (\w+)\.db$", TEXT, re.MULTILINE)}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The runs that the page is about."""
    folder = tmp_path_factory.mktemp("cookbook")
    for name, line in RUNS.items():
        assert main([*line, "--db", str(folder / f"{name}.db")]) == DONE
    return {name: folder / f"{name}.db" for name in RUNS}


def heading(number: int) -> str:
    """The question that a query answers, to name its test."""
    place = list(BLOCK.finditer(TEXT))[number].start()
    return f"{number}: {re.findall(r'^### (.*)$', TEXT[:place], re.MULTILINE)[-1]}"


def test_every_question_has_an_answer_on_a_run_of_the_page() -> None:
    questions = re.findall(r"^### .*$", TEXT, re.MULTILINE)
    assert len(questions) == len(BLOCKS) == TEXT.count("```sql")
    assert {run for run, *_ in BLOCKS} == set(RUNS)


@pytest.mark.parametrize("number", range(len(BLOCKS)), ids=heading)
def test_a_query_answers_its_question(runs: dict[str, Path], number: int) -> None:
    run, mark, query, shown = BLOCKS[number]
    with closing(connect_reader(runs[run])) as connection:
        cursor = connection.execute(query)
        names, rows = [column[0] for column in cursor.description], cursor.fetchall()
    assert rows or mark == "may be empty"
    assert re.split(r" {2,}", shown.splitlines()[0]) == names
    assert all(value is not None for row in rows for value in row)


def test_the_crisis_that_the_page_tells_of_is_in_the_run(runs: dict[str, Path]) -> None:
    with closing(connect_reader(runs["credit"])) as connection:
        told = answer(connection, "Does one default bring about the next?")
        assert {row[3] for row in told} >= {"bank_1", "bank_2"}
        worst = answer(connection, "How much is owed, and how well is it paid?")
        assert worst[0][3] == 0 < worst[-1][3]


def answer(connection: sqlite3.Connection, question: str) -> list[tuple[Any, ...]]:
    """What the query under a heading finds."""
    (query,) = [block[2] for number, block in enumerate(BLOCKS) if heading(number).endswith(question)]
    return connection.execute(query).fetchall()
