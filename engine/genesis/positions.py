"""Positions and realised gains, from trades alone and at average cost.

What was given, issued, used or moved otherwise is in no position: one who sells what it was endowed with is short by
as much. When part of a position is closed, its share of the cost leaves with it, rounded down to whole scrip; the rest
stays with the units that remain, and leaves with the last of them. Always `realised = received - paid + cost`.
"""

from engine.kernel.entities import Position
from engine.kernel.transaction import Transaction

_MOST = 2**63 - 1  # what a column of the store holds


def position_of(tx: Transaction, principal: str, instrument: str) -> Position:
    """The position of a principal; flat if it has never traded."""
    row = tx.get(tx.state.positions, (principal, instrument))
    return row or Position(principal, instrument, 0, 0, 0, 0)


def traded(row: Position, quantity: int, price: int, fee: int) -> Position:
    """The position after one trade: a quantity above 0 was bought, one below 0 sold."""
    held, cost, realised = row.quantity, row.cost, row.realised
    opening = quantity
    if held and (held > 0) != (quantity > 0):
        closing = min(abs(quantity), abs(held))
        left = abs(cost) * closing // abs(held)
        if held > 0:
            realised += price * closing - left
            cost -= left
            opening = quantity + closing
        else:
            realised += left - price * closing
            cost += left
            opening = quantity - closing
    cost += price * opening
    held, fees = held + quantity, row.fees + fee
    if not (-_MOST <= held <= _MOST and -_MOST <= cost <= _MOST and -_MOST <= realised <= _MOST and fees <= _MOST):
        held, cost, realised, fees = _fits(held), _fits(cost), _fits(realised), _fits(fees)
    return Position(row.principal, row.instrument, held, cost, realised, fees)


def _fits(value: int) -> int:
    return max(-_MOST, min(value, _MOST))
