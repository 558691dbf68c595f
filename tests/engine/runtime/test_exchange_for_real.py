"""The exchange in a world that runs: orders end at their time, halts hold, all of it verifies and runs again alike."""

from pathlib import Path

import pytest

import engine.operator as op
from ecosim_tui.cli import DONE, FAILED, USAGE, main
from engine.kernel.actions import Action, Invoke, Noop, Sleep
from engine.kernel.entities import SECOND
from engine.runtime.engine import Engine, Options
from engine.runtime.rerun import rerun
from engine.runtime.runner import Limits
from engine.store.verify import verify
from tests.engine.runtime.worlds import HEAD, Script, agent, begin, install, world

MARKET = HEAD + '[exchange]\ninstruments = ["disk"]\ntaker_fee = 100\nfee_to = "bob"\n'


def place(side: str, quantity: int, limit: int, **terms: object) -> Action:
    order = {"instrument": "disk", "side": side, "quantity": quantity, "limit": limit, **terms}
    return Invoke("genesis_exchange", "place", order)


async def test_an_order_ends_at_its_time_to_the_microsecond_and_its_agent_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ann = Script([place("buy", 2, 10, expires_at=7_654_321), Sleep(event="exchange.cancelled@me"), Noop()])
    install(monkeypatch, ann=ann, bob=Script([Sleep()]))
    engine = begin(world(agent("ann"), agent("bob"), head=MARKET), limits=Limits(duration=20 * SECOND))
    ended: list[tuple[int, object, str]] = []
    engine.followers.append(
        lambda c: ended.extend((c.at, c.cause, e.data["reason"]) for e in c.events if e.type == "exchange.cancelled")
    )
    await engine.run()
    assert ended == [(7_654_321, ("expiry", "orders", 1), "expired")]
    assert ann.seen[2]["now"] == 7_654_321
    assert engine.machine.state.balances.rows["ann", "scrip"].held == 0


async def test_a_run_is_closed_and_opened_with_orders_that_are_still_to_end_and_runs_again_alike(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    orders = [place("buy", 2, 10, expires_at=30 * SECOND), place("sell", 5, 12), place("buy", 1, 9)]
    install(monkeypatch, ann=Script(orders), bob=Script([Noop(), place("sell", 1, 10), place("buy", 3, 12)]))
    loaded, path = world(agent("ann"), agent("bob"), head=MARKET), tmp_path / "run.db"
    engine = await Engine.create(loaded, path, Options(None, Limits(duration=10 * SECOND), "ask"))
    await engine.run()
    before = engine.machine.state
    await engine.close()
    engine = await Engine.open(path, Options(None, Limits(duration=40 * SECOND), "ask"))
    assert engine.machine.state.positions.rows == before.positions.rows
    assert engine.machine.state.positions.rows["bob", "disk"].quantity == 2
    assert engine.machine.state.orders.rows == before.orders.rows
    await engine.run()
    assert [row.side for row in engine.machine.state.orders.rows.values()] == ["sell", "buy"]
    await engine.close()
    assert verify(path).ok
    assert (await rerun(path)).ok


async def test_the_operator_halts_an_instrument_and_lets_it_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = Script([place("buy", 1, 5), place("buy", 1, 5), place("buy", 1, 5)])
    install(monkeypatch, ann=ann)
    loaded = world(agent("ann"), head=MARKET.replace('"bob"', '"ann"'))
    engine = begin(loaded, limits=Limits(actions=1))
    await engine.run()
    assert (await engine.command(op.HaltInstrument("disk"))).ok
    assert not (await engine.command(op.HaltInstrument("disk"))).ok
    engine.runner.limits = Limits(duration=engine.machine.state.now + SECOND)
    engine.ended = ""
    await engine.run()
    assert (await engine.command(op.HaltInstrument("disk", False))).ok
    engine.runner.limits = Limits(duration=engine.machine.state.now + 2 * SECOND)
    engine.ended = ""
    await engine.run()
    assert ann.seen[2]["result"]["refused"] == "halted"
    assert len(engine.machine.state.orders.rows) == 2


def test_a_run_at_rest_is_halted_from_the_shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(tmp_path / "run.db")
    assert main(["run", "bazaar", "--headless", "--for", "10s", "--db", run]) == DONE
    capsys.readouterr()
    assert main(["market", run, "halt", "disk", "dusk"]) == USAGE
    said = capsys.readouterr()
    wrong = f"ecosim: {run}: there is no instrument 'dusk'; there are: cpu_rate, disk\n"
    assert (said.out, said.err) == ("", wrong)
    assert main(["market", run, "halt", "disk"]) == DONE
    assert main(["market", run, "halt", "disk"]) == FAILED
    assert capsys.readouterr().err == "disk is halted already\n"
    assert main(["market", run]) == DONE
    listed = [line.split()[:2] for line in capsys.readouterr().out.splitlines()]
    assert listed == [["instrument", "state"], ["cpu_rate", "open"], ["disk", "halted"]]
    assert main(["market", run, "resume", "disk"]) == DONE
    assert main(["market", run, "list", "--json"]) == DONE
    assert '"halted":false' in capsys.readouterr().out
    assert verify(Path(run)).ok


def test_a_world_without_instruments_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(tmp_path / "run.db")
    assert main(["run", "credit", "--headless", "--for", "1s", "--db", run]) == DONE
    capsys.readouterr()
    assert main(["market", run]) == DONE
    assert capsys.readouterr().out == "This world has no instruments: nothing can be traded in it.\n"
    assert main(["market", run, "halt", "gold"]) == USAGE
    wrong = f"ecosim: {run}: there is no instrument 'gold'; this world has none\n"
    assert capsys.readouterr().err == wrong
