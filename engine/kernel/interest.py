"""The arithmetic of debt: whole numbers in, whole numbers out, and nothing lost to rounding on the way.

A rate is in basis points (hundredths of a percent) per period. Interest is rounded down, and what is cut off is carried
to the next time as a remainder, so that the sum over any way of cutting time up is the interest of the whole, rounded
down once.
"""

BPS = 10_000
"""Basis points in a whole."""
DAY = 86_400 * 1_000_000
MAX_RATE = 100_000
"""Basis points per period at most: tenfold."""
MAX_PERIOD = 3_650 * DAY
"""µs at most: a remainder, which is below period x 10,000, fits into 64 bits."""
MAX_PERIODS = 600


def accrue(base: int, rate: int, elapsed: int, period: int, remainder: int) -> tuple[int, int]:
    """The interest on `base` over `elapsed` µs, rounded down, and the remainder to go on with.

    The remainder is in units of 1 / (10,000 x `period`); it may be carried over changes of base.
    """
    return divmod(base * rate * elapsed + remainder, BPS * period)


def fee(amount: int, rate: int) -> int:
    """What repaying `amount` early costs at a rate in basis points, rounded down."""
    return amount * rate // BPS


def most_with_fee(money: int, rate: int) -> int:
    """The largest amount that `money` repays early with its fee."""
    amount = money * BPS // (BPS + rate)
    while amount + 1 + fee(amount + 1, rate) <= money:
        amount += 1
    return amount


def annuity(principal: int, rate: int, periods: int) -> int:
    """The constant payment that repays `principal` with interest in `periods`, rounded down.

    What the rounding leaves is for the last payment.
    """
    if rate == 0:
        return principal // periods
    grown: int = (BPS + rate) ** periods
    plain: int = BPS**periods
    return principal * rate * grown // (BPS * (grown - plain))


def worst(principal: int, rate: int, periods: int, compound: bool, spare: int, late_rate: int) -> int:
    """More than can ever be owed: nothing is paid, and for `spare` further periods penalties are added."""
    if compound:
        grown: int = -(-principal * (BPS + rate) ** periods // BPS**periods)
    else:
        grown = principal + -(-principal * rate * periods // BPS)
    return grown + -(-grown * (rate + late_rate) * spare // BPS) + 1
