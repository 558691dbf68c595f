"""docs/exchange.md: its world runs, its markets trade, and its actions are actions."""

import re
from pathlib import Path

import orjson
import pytest

from ecosim_tui.cli import DONE, main
from engine.kernel.book import OrderKind
from engine.minds.action_input import action_from_json
from engine.store.files import connect_reader
from engine.store.verify import verify
from engine.worldfile.loader import load_text, load_world

TEXT = (Path(__file__).parents[2] / "docs" / "exchange.md").read_text(encoding="utf-8")
LESSON = (Path(__file__).parents[2] / "docs" / "lessons" / "compute_market.md").read_text(encoding="utf-8")
(WORLD,) = re.findall(r"^```toml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_the_world_of_the_page_trades_and_its_treasury_earns_all_fees(tmp_path: Path) -> None:
    file, run = tmp_path / "wheat.toml", tmp_path / "run.db"
    file.write_text(WORLD, encoding="utf-8")
    assert main(["run", str(file), "--headless", "--for", "5m", "--seed", "7", "--db", str(run)]) == DONE
    assert verify(run).ok
    connection = connect_reader(run)
    trades, fees = connection.execute("SELECT count(*), sum(taker_fee + maker_fee) FROM trades").fetchone()
    (earned,) = connection.execute("SELECT available FROM balances WHERE principal = 'treasury'").fetchone()
    paid, filled = connection.execute("SELECT sum(fees), sum(state = 'filled') FROM order_history").fetchone()
    (volume,) = connection.execute("SELECT sum(volume) FROM candles WHERE width = 10000000").fetchone()
    (turned,) = connection.execute("SELECT volume FROM instruments WHERE id = 'cpu_rate'").fetchone()
    (resting,) = connection.execute("SELECT count(*) FROM order_history WHERE state = 'resting'").fetchone()
    (orders,) = connection.execute("SELECT count(*) FROM orders").fetchone()
    connection.close()
    assert trades > 20
    assert fees == earned == paid > 0
    assert (volume, resting) == (turned, orders)
    assert filled > 10


def test_the_lesson_of_the_compute_market_asks_what_its_run_can_answer(tmp_path: Path) -> None:
    run = tmp_path / "compute.db"
    assert main(["run", "compute_market", "--headless", "--for", "5m", "--seed", "7", "--db", str(run)]) == DONE
    connection = connect_reader(run)
    queries = re.findall(r"^```sql\n(.*?)^```", LESSON, re.MULTILINE | re.DOTALL)
    assert len(queries) == 4
    for query in queries:
        assert connection.execute(query).fetchall()
    connection.close()


@pytest.mark.parametrize("change", re.findall(r"^- `--set (.*?)`", LESSON, re.MULTILINE))
def test_what_the_lesson_says_to_try_can_be_tried(change: str) -> None:
    assert load_world("compute_market", sets=[change]).world.world.name == "compute_market"


def test_every_kind_of_order_is_explained() -> None:
    explained = re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)
    assert set(explained) == {kind.value for kind in OrderKind} | {"post"}


def test_its_actions_are_actions() -> None:
    actions = [action_from_json(orjson.loads(line)) for line in re.findall(r"^\{.*\}$", TEXT, re.MULTILINE)]
    assert len(actions) == 3
    assert all(type(action).__name__ == "Invoke" for action in actions)


def test_its_world_has_no_problems() -> None:
    assert load_text(WORLD, "docs/exchange.md").world.exchange.markets["disk"].lot == 100
