"""The shapes of what a screen shows of one market: frozen and plain; times in µs of world time, amounts in units."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CandleRow:
    """Trades of one span of time, which begins at `at`."""

    at: int
    open: int
    high: int
    low: int
    close: int
    volume: int


@dataclass(frozen=True, slots=True)
class CandleSeries:
    """Candles of one width, oldest first; spans without a trade have none."""

    width: int
    candles: tuple[CandleRow, ...]


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order that rests."""

    id: int
    principal: str
    side: str
    price: int
    quantity: int
    remaining: int
    placed_at: int
    expires_at: int | None


@dataclass(frozen=True, slots=True)
class PositionRow:
    """What a principal's trades in an instrument have come to; `unrealised` is by the last price."""

    principal: str
    instrument: str
    quantity: int
    cost: int
    realised: int
    fees: int
    unrealised: int | None

    @property
    def gain(self) -> int:
        """Realised and unrealised, less fees."""
        return self.realised + (self.unrealised or 0) - self.fees


@dataclass(frozen=True, slots=True)
class TradingView:
    """One market beyond its book: its rules, its candles, who waits in it, and who has gained."""

    instrument: str
    tick: int
    lot: int
    maker_fee: int
    taker_fee: int
    fee_to: str
    self_trade: str
    listed_by: str
    candles: tuple[CandleSeries, ...]
    orders: tuple[OpenOrder, ...]  # the best of each side, best first, buys before sells
    resting: int  # how many there are in all
    positions: tuple[PositionRow, ...]  # the largest gains and losses, gains first
    holders: int
