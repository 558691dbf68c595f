"""Loans in a world that runs: what time brings comes by timers, survives a restart, and is the same when run again."""

from pathlib import Path

import pytest

from engine.kernel.actions import Invoke, Sleep
from engine.kernel.entities import SECOND
from engine.kernel.loans import LoanState
from engine.runtime.engine import Engine, Options
from engine.runtime.rerun import rerun
from engine.runtime.runner import Limits
from engine.store.verify import verify
from engine.worldfile.loader import load_text
from tests.engine.runtime.worlds import HEAD, agent, begin, events, world

LOAN = """
[[loans]]
name = "first"
lender = "bank"
borrower = "firm"
principal = 100
rate = 1_000
period = "10s"
periods = 3
schedule = "instalments"
grace = "5s"
collateral = [{ asset = "disk", amount = 50, value = 1 }]
"""
GIVER = 'params = { to = "bank", amount = 1 }'


def two(scrip: int = 150, loan: str = LOAN) -> str:
    bank = agent("bank", "giver", more='params = { to = "firm", amount = 1 }\nstart_after = "1000s"')
    return HEAD + bank + agent("firm", "giver", scrip=scrip, more=GIVER + '\nstart_after = "1000s"') + loan


async def test_what_falls_due_is_paid_at_its_very_time() -> None:
    engine = begin(load_text(two(), "x.toml"), limits=Limits(duration=31 * SECOND))
    at: list[tuple[int, str]] = []
    engine.followers.append(lambda c: at.extend((c.at, e.type) for e in c.events if e.type.startswith("debt.")))
    await engine.run()
    assert at == [
        (10_000_000, "debt.paid"),
        (20_000_000, "debt.paid"),
        (30_000_000, "debt.paid"),
        (30_000_000, "debt.settled"),
    ]
    state = engine.machine.state
    assert state.balances.rows["bank", "scrip"].available == 100 + 100 + 10 + 6 + 4
    assert state.balances.rows["firm", "scrip"].available == 30
    assert not state.loans.rows


async def test_who_cannot_pay_is_late_and_then_in_default() -> None:
    engine = begin(load_text(two(scrip=20), "x.toml"), limits=Limits(duration=100 * SECOND))
    told = events(engine)
    await engine.run()
    assert [type_ for type_, _, _ in told if type_.startswith("debt.")] == ["debt.paid", "debt.late", "debt.defaulted"]
    assert engine.machine.state.balances.rows["bank", "disk"].available >= 9_000


async def test_a_run_goes_on_where_it_was_with_its_loans_and_comes_to_the_same_end(tmp_path: Path) -> None:
    loaded = load_text(two(scrip=60), "x.toml")
    path, options = tmp_path / "run.db", Options(None, Limits(duration=12 * SECOND), "policy")
    engine = await Engine.create(loaded, path, options)
    await engine.run()
    await engine.close()
    engine = await Engine.open(path, Options(None, Limits(duration=40 * SECOND), "policy"))
    loan = engine.machine.state.loans.rows["loan.1"]
    assert (loan.state, loan.fallen, loan.left) == (LoanState.CURRENT, 1, 67)
    await engine.run()
    await engine.close()
    whole = begin(loaded, limits=Limits(duration=40 * SECOND), approvals="policy")
    await whole.run()
    assert whole.journal.durable.hash == engine.journal.durable.hash
    assert verify(path).ok
    assert (await rerun(path)).ok


async def test_agents_lend_to_each_other_in_their_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.engine.runtime.worlds import Script, install

    terms = {"principal": 50, "rate": 100, "period": 10 * SECOND}
    lender = Script([Sleep(duration=5 * SECOND), Invoke("genesis_debt", "offer", terms), Sleep(duration=100 * SECOND)])
    borrower = Script([Sleep(event="debt.offered"), Invoke("genesis_debt", "accept", {"offer": 1}), Sleep()])
    install(monkeypatch, ann=lender, ben=borrower)
    engine = begin(world(agent("ann"), agent("ben")), limits=Limits(duration=20 * SECOND))
    told = events(engine)
    await engine.run()
    assert [one for one in told if one[0] in ("debt.lent", "debt.settled")] == [
        ("debt.lent", "ann", "ben"),
        ("debt.settled", "ben", "ann"),
    ]
