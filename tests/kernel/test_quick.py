"""Quick constructors change the price of making a frozen row, and nothing else."""

import dataclasses
import pickle
from copy import copy

import pytest

from engine.kernel.entities import Agent, AgentState, Balance, Event, Wait, WaitKind
from engine.kernel.quick import quicken, replace
from engine.kernel.transaction import Commit


def test_a_row_is_what_it_was_made_of_and_stays_so() -> None:
    row = Balance("ann", "scrip", 5, held=2)
    assert (type(row), row.principal, row.available, row.held) == (Balance, "ann", 5, 2)
    assert row == Balance("ann", "scrip", 5, 2) != Balance("ann", "scrip", 5, 3)
    assert hash(row) == hash(Balance("ann", "scrip", 5, 2))
    assert repr(row) == "Balance(principal='ann', asset='scrip', available=5, held=2)"
    assert dataclasses.replace(row, held=0) == Balance("ann", "scrip", 5, 0)
    assert pickle.loads(pickle.dumps(row)) == copy(row) == row
    with pytest.raises(dataclasses.FrozenInstanceError):
        row.held = 9  # type: ignore[misc]


def test_fields_may_have_any_name() -> None:
    """A field that is called as something in the constructor's surroundings hides nothing."""
    wait = Wait(WaitKind.TIME, "", 7)
    assert (wait.kind, wait.until) == (WaitKind.TIME, 7)
    agent = Agent("ann", AgentState.ACTIVE, False, False, wait, 1, 2, 3, 4, 5, 6, "read")
    assert (agent.wait, agent.wait_seq, agent.last) == (wait, 1, "read")
    assert dataclasses.asdict(Event("told", "ann", "bob", {"a": 1}))["data"] == {"a": 1}


@pytest.mark.parametrize("kind", [Balance, Commit])
def test_what_is_missing_or_too_much_is_a_mistake_as_ever(kind: type[object]) -> None:
    for arguments in ((), range(20)):
        with pytest.raises(TypeError, match="__init__"):
            kind(*arguments)


def test_defaults_stay_what_they_were() -> None:
    @dataclasses.dataclass(frozen=True, slots=True)
    class Loose:
        size: int
        name: str = "ann"
        sizes: tuple[int, ...] = ()

    before = Loose(1)
    quicken([Loose])
    assert Loose(1) == before == Loose(1, "ann", ())
    assert Loose(size=2, sizes=(3,)) == Loose(2, "ann", (3,))


def test_a_row_with_other_fields_is_the_row_that_is_made_of_them() -> None:
    row = Balance("ann", "scrip", 5, 2)
    assert replace(row) == row
    assert replace(row, held=0, principal="bob") == dataclasses.replace(row, held=0, principal="bob")
    assert replace(row, available=None).available is None
    assert (row.principal, row.held) == ("ann", 2)
    with pytest.raises(TypeError, match="heldd"):
        replace(row, heldd=1)


def test_a_class_that_makes_its_defaults_is_not_taken() -> None:
    @dataclasses.dataclass(frozen=True, slots=True)
    class Loose:
        names: list[str] = dataclasses.field(default_factory=list)

    with pytest.raises(TypeError, match="Loose has a default factory"):
        quicken([Loose])
