"""The latest events, kept in memory for the screen: bounded, numbered without gaps, formatted only when looked at.

The ring is told of every commit in the hot path, so it copies references and nothing else. It keeps no commit whole: a
commit holds the content of artifacts, and thousands of those would be a leak.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from time import monotonic
from typing import NamedTuple

from engine.kernel.entities import ISSUANCE, Event, Posting, SimTime
from engine.kernel.transaction import Commit
from engine.view.candles import Candles
from engine.view.record import TOLD, Records
from engine.view.stories import BEHIND

EVENTS = 5_000
POSTINGS = 500
SAMPLES = 240
TRADES = 100
SOLD = 200
"""Sales through escrow that are over."""
THOUGHTS = 4_000
"""Events of language models and of what agents think with them."""
FAILURES = 500
"""Commits of which it is kept which contracts and tools failed in them."""
OF_THOUGHTS = frozenset(f"thought.{what}" for what in ("asked", "answered", "void")) | frozenset(
    {"mind.failed", "model.asked", "model.answered", "model.failed", "model.lost"}
)
_KEPT = TOLD | BEHIND | OF_THOUGHTS | {"exchange.trade", "escrow.sold", "kpi.sample"}


class Place(NamedTuple):
    """An event with its place in the log: commit, number in it, world time."""

    seq: int
    n: int
    at: SimTime
    event: Event


class EventRing:
    """What the screen shows of the past; `count` events have been seen so far, the last `size` of them are kept.

    Beside the events themselves it keeps the latest of what a quiet market or a slow clock would lose among them:
    trades by instrument, candles, and samples of the key figures. It keeps which code failed in which commit, and adds
    up what has been retired of each asset and how each agent has fared with its capabilities. When a thought was asked
    for is noted by the wall clock `now`, in seconds: models take real time.
    """

    def __init__(self, size: int = EVENTS, now: Callable[[], float] = monotonic) -> None:
        self.count = 0
        self.posted = 0
        self.trades: dict[str, deque[Place]] = {}
        self.samples: deque[Place] = deque(maxlen=SAMPLES)
        self.sampled = 0
        self.sold: deque[Place] = deque(maxlen=SOLD)
        self.sold_count = 0
        self.postings: deque[tuple[int, SimTime, Posting]] = deque(maxlen=POSTINGS)
        self.retired: dict[str, int] = {}
        self.records = Records()
        self.candles = Candles()
        self.now = now
        self.thoughts: deque[Place] = deque(maxlen=THOUGHTS)
        self.thought_count = 0
        self.asked_at: dict[str, float] = {}
        self._thinking: set[str] = set()
        self._failed: OrderedDict[int, tuple[Event, ...]] = OrderedDict()
        self.first_seq: int | None = None
        self.primed = 0
        self._places: deque[tuple[int, int, SimTime, Event]] = deque(maxlen=size)

    def follow(self, commit: Commit) -> None:
        """Take note of a commit."""
        seq, at = commit.seq, commit.at
        if self.first_seq is None:
            self.first_seq = seq
        n = 0
        for event in commit.events:
            self._places.append((seq, n, at, event))
            if event.type in _KEPT:
                self._keep(Place(seq, n, at, event))
            n += 1
        self.count += n
        for posting in commit.postings:
            self.postings.append((seq, at, posting))
            self.posted += 1
            if posting.credit == ISSUANCE:
                self.retired[posting.asset] = self.retired.get(posting.asset, 0) + posting.amount

    def _keep(self, place: Place) -> None:
        if place.event.type in TOLD:
            self.records.note(place.event)
            return
        if place.event.type in BEHIND:
            self._note_failure(place)
            return
        if place.event.type in OF_THOUGHTS:
            self._think(place)
            return
        if place.event.type == "kpi.sample":
            self.samples.append(place)
            self.sampled += 1
            return
        if place.event.type == "escrow.sold":
            self.sold.append(place)
            self.sold_count += 1
            return
        instrument = str(place.event.data["instrument"])
        trades = self.trades.get(instrument)
        if trades is None:
            trades = self.trades[instrument] = deque(maxlen=TRADES)
        trades.append(place)
        data = place.event.data
        self.candles.note(instrument, place.at, data["price"], data["quantity"])

    def _think(self, place: Place) -> None:
        """Keep what is told of a thought; minds that fail and are no language models would only push them out."""
        event = place.event
        call, agent = event.data.get("call"), event.actor
        if event.type in ("thought.asked", "model.asked") and call is not None:
            self.asked_at[call] = self.now()
            if event.type == "thought.asked":
                self._thinking.add(agent)
        elif call is not None:
            self.asked_at.pop(call, None)
        elif agent not in self._thinking:
            return
        self.thoughts.append(place)
        self.thought_count += 1

    def _note_failure(self, place: Place) -> None:
        self._failed[place.seq] = (*self._failed.get(place.seq, ()), place.event)
        if len(self._failed) > FAILURES:
            self._failed.popitem(last=False)

    def behind(self, seq: int) -> tuple[Event, ...]:
        """The contracts and tools that failed in a commit, in their order."""
        return self._failed.get(seq, ())

    def prime(
        self,
        events: Sequence[Place],
        trades: Sequence[Place],
        samples: Sequence[Place],
        retired: Mapping[str, int],
        sold: Sequence[Place] = (),
    ) -> None:
        """Put what the run's file holds of the time before the first commit seen in front; each oldest first."""
        for asset, amount in retired.items():
            self.retired[asset] = self.retired.get(asset, 0) + amount
        first = self.first_seq if self.first_seq is not None else float("inf")
        room = (self._places.maxlen or 0) - len(self._places)
        older = [place for place in events if place.seq < first]
        older = older[max(0, len(older) - room) :]
        self._places.extendleft(reversed(older))
        self.count += len(older)
        for place in older:
            if place.event.type in BEHIND:
                self._note_failure(place)
        for place in reversed(trades):
            deck = self.trades.setdefault(str(place.event.data["instrument"]), deque(maxlen=TRADES))
            if place.seq < first and len(deck) < TRADES:
                deck.appendleft(place)
        older = [place for place in sold if place.seq < first]
        self.sold.extendleft(reversed(older[max(0, len(older) - (SOLD - len(self.sold))) :]))
        known = {place.at for place in self.samples}
        older = [place for place in samples if place.at not in known]
        room = SAMPLES - len(self.samples)
        older = older[max(0, len(older) - room) :]
        self.samples.extendleft(reversed(older))
        self.sampled += len(older)
        self.primed += 1

    def __len__(self) -> int:
        return len(self._places)

    def newest(self, start: int = 0) -> Iterator[Place]:
        """The events kept, newest first, from the `start`-th on."""
        return (Place(*place) for place in islice(reversed(self._places), start, None))

    def oldest(self, start: int = 0) -> Iterator[Place]:
        """The events kept, oldest first, from the `start`-th on."""
        return (Place(*place) for place in islice(self._places, start, None))

    def since(self, number: int) -> list[Place]:
        """The events after the first `number` ever seen, oldest first, as far as they are kept."""
        wanted = min(self.count - number, len(self._places))
        found = [Place(*place) for place in islice(reversed(self._places), max(0, wanted))]
        found.reverse()
        return found

    def about(self, name: str, limit: int) -> list[Place]:
        """The latest events that something did, or that were done to it or with it as an artifact, newest first."""
        matching = (
            place
            for place in reversed(self._places)
            if (event := place[3]).actor == name or event.target == name or _deals_with(event, name)
        )
        return [Place(*place) for place in islice(matching, limit)]


def _deals_with(event: Event, name: str) -> bool:
    """Whether an artifact is what an event is about: alone, among those that are sold as one, or as a loan."""
    if event.type.startswith("escrow."):
        return name in event.data.get("artifacts", ())
    if event.type.startswith("debt."):
        return event.data.get("loan") == name
    return event.data.get("artifact") == name
