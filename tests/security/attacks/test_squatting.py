"""Id squatting: nobody makes anything that looks as if the world had made it, or that another will be taken for."""

import pytest

from engine.kernel.actions import Noop, Read, Write
from tests.engine.runtime.worlds import HEAD
from tests.security.attacks.kit import PRICED, QUICK, Told, attack, call

OPEN = HEAD + PRICED + QUICK + "[capabilities]\ngated = []\n"


def made_by_mal(told: Told) -> list[str]:
    """The artifacts that mal has made, its memory apart, which it was born with."""
    rows = told.state.artifacts.rows.values()
    return [row.id for row in rows if row.created_by == "mal" and row.id != "memory.mal"]


@pytest.mark.parametrize(
    "type_", ["genesis_ledger", "Genesis Ledger", "genesis", "GENESIS-bank", "handbook_rules", "_genesis"]
)
async def test_no_id_begins_like_those_of_the_world_itself(monkeypatch: pytest.MonkeyPatch, type_: str) -> None:
    told = await attack(monkeypatch, mal=[Write("pay here", type=type_)], ann=[])
    assert told.results["mal"][0]["refused"] == "reserved"
    assert made_by_mal(told) == []


@pytest.mark.parametrize("name", ["genesis_bank", "handbook_money"])
async def test_no_account_or_agent_is_called_like_the_world_itself(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    spawn = call("genesis_agents", "spawn", name=name, mind="mal", endowment={"disk": 500})
    told = await attack(
        monkeypatch, head=OPEN, mal=[call("genesis_rights", "create_account", name=name), spawn], ann=[]
    )
    assert [result.get("refused") for result in told.results["mal"][:2]] == ["reserved", "reserved"]


async def test_an_id_cannot_be_chosen_nor_taken_before_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number is given out once: writing to the next id is refused, and a type does not make it."""
    told = await attack(
        monkeypatch,
        mal=[Write("mine", "note.1"), Write("mine", type="note.1"), Write("mine", type="note")],
        ann=[Noop(), Noop(), Noop(), Noop(), Write("ann's", type="note"), Read("note.1")],
    )
    assert told.results["mal"][0]["refused"] == "not_found"
    assert told.results["mal"][1] == {"ok": {"artifact": "note_1.1", "size": 4}}
    assert told.results["mal"][2] == {"ok": {"artifact": "note.2", "size": 4}}
    assert told.results["ann"][4] == {"ok": {"artifact": "note.3", "size": 5}}


@pytest.mark.parametrize("type_", ["no\x1b[2Jte", "no\nte", "no\u202ete", "", "x" * 81])
async def test_a_type_is_printable(monkeypatch: pytest.MonkeyPatch, type_: str) -> None:
    told = await attack(monkeypatch, mal=[Write("x", type=type_)], ann=[])
    assert told.results["mal"][0]["refused"] == "bad_type"


async def test_an_id_is_plain_whatever_the_type(monkeypatch: pytest.MonkeyPatch) -> None:
    told = await attack(monkeypatch, mal=[Write("x", type="Ⅷ аlice <b>"), Write("x", type="a" * 80)], ann=[])
    assert made_by_mal(told) == ["lice_b.1", "aaaaaaaaaaaaaaaaaaaaaaaa.2"]
