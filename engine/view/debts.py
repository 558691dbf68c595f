"""What happens to loans, in sentences."""

from collections.abc import Callable

from engine.kernel.entities import Event, Json
from engine.view.words import length, plain, stamp

Say = Callable[[Event, Json], str]


def percent(rate: object) -> str:
    """Basis points as a percentage: `2.5 %`."""
    return f"{rate / 100:,g} %" if isinstance(rate, int) else "? %"


def _named(data: Json, name: str) -> str:
    return plain(data.get(name, "?"))


def _span(value: object) -> str:
    return length(value) if isinstance(value, int) else "?"


def _on(data: Json) -> str:
    """The terms in a few words: `at 2.5 % per 1d, 10 x annuity`."""
    much = f"{_named(data, 'periods')} × {_named(data, 'schedule')}"
    return f"at {percent(data.get('rate'))} per {_span(data.get('period'))}, {much}"


def _offered(event: Event, data: Json) -> str:
    verb = "asks for a loan of" if data.get("side") == "borrow" else "offers to lend"
    to = f" ({'from' if data.get('side') == 'borrow' else 'to'} {event.target} only)" if event.target else ""
    return f"{event.actor} {verb} {_named(data, 'principal')} scrip {_on(data)}{to}"


def _lent(event: Event, data: Json) -> str:
    return f"{event.actor} lent {event.target} {_named(data, 'principal')} scrip {_on(data)} ({_named(data, 'loan')})"


def _paid(event: Event, data: Json) -> str:
    parts = [f"{_named(data, name)} {name}" for name in ("interest", "principal") if data.get(name)]
    parts += [f"{_named(data, 'late')} penalty"] if data.get("late") else []
    parts += [f"{_named(data, 'fee')} fee"] if data.get("fee") else []
    what = f"{_named(data, 'amount')} scrip on {_named(data, 'loan')}"
    return f"{event.actor} paid {event.target} {what} ({', '.join(parts)}), {_named(data, 'left')} still owed"


def _late(event: Event, data: Json) -> str:
    until = data.get("until")
    when = f", in default at {stamp(until)}" if isinstance(until, int) else ""
    return f"{event.actor} owes {event.target} {_named(data, 'due')} scrip on {_named(data, 'loan')} by now{when}"


def _defaulted(event: Event, data: Json) -> str:
    claim = data.get("claim")
    rest = f"{plain(claim)} still owed" if claim else f"{_named(data, 'lost')} lost"
    what = f"{_named(data, 'loan')} of {_named(data, 'owed')} scrip to {event.target}"
    return f"{event.actor} defaulted on {what}: {_named(data, 'recovered')} recovered by collateral, {rest}"


SENTENCES: dict[str, Say] = {
    "debt.offered": _offered,
    "debt.withdrawn": lambda e, d: f"loan offer {_named(d, 'offer')} of {e.actor} is withdrawn: {_named(d, 'why')}",
    "debt.lent": _lent,
    "debt.paid": _paid,
    "debt.late": _late,
    "debt.defaulted": _defaulted,
    "debt.settled": lambda e, d: f"{e.actor} has paid {_named(d, 'loan')} to {e.target} in full",
    "debt.forgiven": lambda e, d: f"{e.actor} forgave {e.target} {_named(d, 'owed')} scrip on {_named(d, 'loan')}",
}
