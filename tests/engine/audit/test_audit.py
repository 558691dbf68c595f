"""The audit: who asked, who decided, what was done under each grant, what it cost, how it ended; from the log alone."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from ecosim_tui import cli
from engine import operator as op
from engine.audit.audit import audit
from engine.audit.replay import replay
from engine.audit.stories import Audit, GrantStory
from engine.audit.text import lines
from engine.kernel.actions import Noop
from engine.kernel.entities import SECOND
from engine.minds.scripted import moves
from engine.runtime.engine import Engine, Options
from engine.store.errors import RunDamaged
from tests.engine.runtime.worlds import HEAD, Script, agent, install, world


def first(found: Audit, holder: str) -> GrantStory:
    return next(grant for grant in found.grants.values() if grant.holder == holder)


class TestAGrant:
    def test_is_told_from_the_ask_over_the_decision_to_the_end(self, found: Audit) -> None:
        grant = first(found, "vera")
        assert grant.request is not None
        asked = found.requests[grant.request]
        assert (asked.requester, asked.resource, asked.uses) == ("vera", "*", 5)
        assert (asked.state, asked.decided_by) == ("approved", "rule news")
        assert asked.narrowed == {"resource": ["*", "news"], "uses": [5, 3], "ttl": [300_000_000, 120_000_000]}
        assert (grant.given_by, grant.state, len(grant.used)) == ("rule news", "exhausted", 3)

    def test_shows_what_was_done_under_it_and_what_it_cost(self, found: Audit) -> None:
        (use,) = first(found, "gus").used
        assert use.amounts == {"units": 250}
        assert [(effect.type, effect.data) for effect in use.effects] == [
            ("rights.drawn", {"asset": "disk", "amount": 250})
        ]
        assert (use.cost.used, use.cost.paid, use.cost.issued) == ({"cpu_rate": 1_000}, {}, {"disk": 250})

    def test_that_was_passed_on_hangs_below_its_parent_and_falls_with_it(self, found: Audit) -> None:
        kit, mo = first(found, "kit"), first(found, "mo")
        assert (kit.delegated, mo.parent, mo.given_by) == ([mo.grant], kit.grant, "kit")
        assert (kit.state, kit.ended_by) == (mo.state, mo.ended_by) == ("revoked", "kit")
        assert mo.end_reason == f"grant {kit.grant}, which it was derived from, is revoked"
        assert found.tree(kit.grant) == [kit.grant, mo.grant]

    def test_knows_the_uses_that_were_refused(self, found: Audit) -> None:
        misuse = found.misuses[0]
        assert (misuse.agent, misuse.resource, misuse.code) == ("sly", "rumours", "out_of_scope")
        assert misuse.grant == first(found, "sly").grant


class TestARequest:
    def test_that_is_repeated_counts_its_repeats(self, found: Audit) -> None:
        (nate,) = [request for request in found.requests.values() if request.requester == "nate"]
        assert (nate.state, nate.decision_reason, nate.grant) == ("denied", "one of you is enough", None)
        assert nate.repeats > 5

    def test_that_nobody_may_answer_alone_is_denied_where_nobody_is(self, found: Audit) -> None:
        (rex,) = [request for request in found.requests.values() if request.requester == "rex"]
        assert (rex.state, rex.decided_by) == ("denied", "approvals policy")


class TestAPart:
    def test_of_one_agent_has_what_it_asked_for_held_and_passed_on(self, found: Audit) -> None:
        kit = found.of_agent("kit")
        assert {grant.holder for grant in kit.grants.values()} == {"kit", "mo"}
        assert {request.requester for request in kit.requests.values()} == {"kit"}
        assert kit.misuses == []

    def test_of_one_grant_has_what_was_derived_from_it(self, found: Audit) -> None:
        grant = first(found, "kit").grant
        part = found.of_grant(grant)
        assert [row.holder for row in part.grants.values()] == ["kit", "mo"]
        assert len(part.requests) == 1

    def test_of_an_agent_that_asked_for_nothing_is_empty(self, found: Audit) -> None:
        part = found.of_agent("tom")
        assert (part.requests, part.grants, part.misuses) == ({}, {}, [])


class TestTheText:
    def test_tells_each_grant_under_a_heading_of_its_own(self, found: Audit) -> None:
        text = "\n".join(lines(found))
        assert "grant 1  vera  message.broadcast on news" in text
        assert "narrowed             resource * → news, uses 5 → 3, ttl 5m → 2m" in text
        assert "cost 1,000 cpu_rate used, 250 disk newly issued" in text
        assert "message.broadcast on rumours was refused: out_of_scope" in text
        assert "the same was asked again" in text

    def test_shows_hostile_words_of_agents_as_words(self, found: Audit) -> None:
        next(iter(found.requests.values())).reason = "ok\x1b[2J\u202eevil\n  ended      00:00:00  revoked"
        text = list(lines(found))
        assert all(line.isprintable() for line in text)
        assert any("ok\\x1b[2J\\u202eevil\\n" in line for line in text)


class TestTheCommand:
    def test_prints_one_json_object(self, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["audit", str(run), "--json"]) == cli.DONE
        told = json.loads(capsys.readouterr().out)
        assert [*told] == ["run", "requests", "grants", "misuses"]
        assert told["grants"][0]["used"][0]["effects"][0]["type"] == "message.sent"

    def test_refuses_a_grant_that_there_is_none_of(self, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["audit", str(run), "--grant", "900"]) == cli.USAGE
        assert "the log has no grant 900; the last is" in capsys.readouterr().err

    def test_tells_of_a_run_that_comes_out_the_same_again(self, run: Path) -> None:
        assert cli.main(["verify", str(run), "--rerun"]) == cli.DONE

    def test_leaves_the_run_as_it_was(self, run: Path) -> None:
        before = run.read_bytes()
        assert cli.main(["audit", str(run)]) == cli.DONE
        assert run.read_bytes() == before


DAMAGE = {
    "cut off": "UPDATE commits SET body = substr(body, 1, 40) WHERE seq = :seq",
    "rewritten": "UPDATE commits SET body = CAST(replace(CAST(body AS TEXT), 'vera', 'nate') AS BLOB) WHERE seq = :seq",
    "of another shape": "UPDATE commits SET body = CAST('[]' AS BLOB) WHERE seq = :seq",
    "missing": "DELETE FROM commits WHERE seq = :seq",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("reading", [audit, lambda run: list(replay(run))], ids=["audit", "replay"])
def test_nothing_is_told_from_a_commit_that_does_not_hold(
    run: Path, tmp_path: Path, damage: str, reading: Callable[[Path], object]
) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(run.read_bytes())
    with sqlite3.connect(broken) as connection:
        (seq,) = connection.execute(
            "SELECT min(seq) FROM events WHERE type = 'request.asked' AND actor = 'vera'"
        ).fetchone()
        connection.execute(damage, {"seq": seq})
    connection.close()
    with pytest.raises(RunDamaged, match=f"commit {seq} .* does not follow"):
        reading(broken)


TRADING = (
    HEAD
    + """
[exchange]
instruments = ["disk"]
[capabilities]
gated = ["exchange.trade"]
"""
)
MAY_TRADE = moves.ask("exchange.trade", "disk", 2, 60 * SECOND, "to live", {"scrip": 50})


async def traded(path: Path, head: str, approvals: str, monkeypatch: pytest.MonkeyPatch, steps: int) -> Engine:
    """A run on disk in which ann and bob ask for leave to trade, and then ann sells what bob buys."""
    install(monkeypatch, ann=Script([MAY_TRADE, moves.place("disk", "sell", 5, 3)]))
    install(monkeypatch, bob=Script([MAY_TRADE, Noop(), moves.place("disk", "buy", 5, 3)]))
    engine = await Engine.create(world(agent("ann"), agent("bob"), head=head), path, Options(approvals=approvals))
    for _ in range(steps):
        timer = engine.machine.timers.peek()
        assert timer is not None
        engine.machine.timers.pop()
        engine.machine.fire(timer)
    return engine


async def test_trades_of_a_resting_order_belong_to_the_use_that_placed_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = await traded(tmp_path / "run.db", TRADING, "allow", monkeypatch, 6)
    await engine.close()
    resting, incoming = (grant.used[0] for grant in audit(tmp_path / "run.db").grants.values())
    assert [effect.type for effect in resting.effects] == ["exchange.placed", "exchange.trade"]
    assert resting.effects[1].commit == incoming.commit > resting.commit
    assert [effect.type for effect in incoming.effects] == ["exchange.placed", "exchange.trade"]
    assert incoming.cost.paid == {"scrip": 15}


async def test_two_people_and_a_revocation_are_told_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = await traded(tmp_path / "run.db", TRADING + 'dual = ["medium"]\n', "ask", monkeypatch, 1)
    for command, user in (
        (op.Approve(1, uses=1), "ann"),
        (op.Approve(1), "bob"),
        (op.RevokeGrant(1, "enough"), "bob"),
    ):
        ack = await engine.runner.command(command, f"operator:{user}")
        assert ack.ok, ack
    beside = audit(tmp_path / "run.db")
    await engine.close()
    story = audit(tmp_path / "run.db")
    assert story == beside, "a run can be audited while it is live"
    assert (story.requests[1].seconded_by, story.requests[1].decided_by) == ("operator:ann", "operator:bob")
    grant = story.grants[1]
    assert (grant.state, grant.ended_by, grant.end_reason) == ("revoked", "operator:bob", "enough")
    assert "by operator:bob with operator:ann at once" in "\n".join(lines(story))
