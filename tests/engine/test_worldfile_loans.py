"""Debts in a world file: who owes whom, and what is wrong in plain words."""

import pytest

from engine.worldfile.loan_checks import pairs
from tests.engine.worldfile_kit import SMALL, lines, load

LOAN = '[[loans]]\nname = "first"\nlender = "ann"\nborrower = "trader"\nprincipal = 10\nperiod = "1d"\n'


def owed(text: str, *sets: str) -> list[tuple[str, str]]:
    world = load(text, *sets).world
    return [pair for section in world.loans for pair in pairs(world, section)]


def test_each_member_of_a_group_owes_as_much() -> None:
    assert owed(SMALL + LOAN) == [("ann", "trader_1"), ("ann", "trader_2"), ("ann", "trader_3")]


def test_lenders_lend_in_turn_and_nobody_to_itself() -> None:
    ring = SMALL + LOAN.replace('"ann"', '"trader"')
    assert owed(ring) == [("trader_2", "trader_1"), ("trader_3", "trader_2"), ("trader_1", "trader_3")]


def test_a_principal_of_zero_is_no_loan() -> None:
    assert owed(SMALL + LOAN, "loans.first.principal=0") == []


def test_a_lender_needs_room_for_each_loan() -> None:
    text = SMALL.replace("disk = 1_000", "disk = 700") + LOAN
    (found,) = lines(text)
    assert found.startswith("x.toml:26: loans[0]: brings what ann stores to ")
    assert found.endswith("its disk is 700; give ann more disk: a loan takes some 300 bytes")
    assert lines(SMALL + LOAN) == []


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ('lender = "anne"', 'there is no agent, group or account "anne"; did you mean `ann`?'),
        ('lender = "trader_1"\nborrower = "trader_1"', '"trader_1" would owe itself; name another one'),
        ("rate = 100_001", "rate: must be"),
        ('period = "4000d"', "period: is longer than 3,650 days; choose a shorter time"),
        ("rate = 100_000\nperiods = 600\ncompound = true", "could come to be owed; lower it, the rate or the periods"),
        ('collateral = [{ asset = "disk" }]', "names no collateral; name an asset with an amount, or an artifact"),
        ('collateral = [{ asset = "disc", amount = 1 }]', 'there is no asset "disc"; did you mean `disk`?'),
        ('collateral = [{ asset = "disk", amount = 501 }]', "brings the collateral of trader to 501 disk; it has 500"),
        ('collateral = [{ artifact = "not" }]', 'there is no artifact "not"; did you mean `note`?'),
        ('collateral = [{ artifact = "note" }]', "note is trader_2's, not trader's; pledge what the borrower owns"),
    ],
)
def test_what_cannot_be_owed_is_named(more: str, problem: str) -> None:
    keys = {line.split(" ")[0] for line in more.splitlines()}
    kept = "".join(f"{line}\n" for line in LOAN.splitlines() if line.split(" ")[0] not in keys)
    (found,) = lines(SMALL + kept + more + "\n")
    assert found.startswith("x.toml:")
    assert problem in found
