"""Ten thousand pending requests, none like another: what a window of the inbox costs, and a filter over all of them.

Milliseconds of the engine's part, medians; beside them the same work over one agent's requests, which are one line.
"""

import statistics
import time
from collections.abc import Callable

import engine.kernel.entities as ent
from ecosim_tui.bench.figures import Found
from engine.genesis.catalogue import policy_of
from engine.kernel.state import State
from engine.operator import Query
from engine.view.inbox import Inbox
from engine.view.record import Records
from engine.view.requests import Requests
from engine.view.types import Topic
from engine.worldfile import load_world

COUNT = 10_000
WINDOW = 60


def measure(short: bool) -> Found:
    """Scrolling through all of them, and filtering by another text each time."""
    repeats = 3 if short else 100
    scattered, flooded = _inbox(COUNT), _inbox(1)
    return {
        "inbox.10000.scroll": (_scroll(scattered, repeats), _scroll(flooded, repeats)),
        "inbox.10000.filter": (_filter(scattered, repeats), _filter(flooded, repeats)),
    }


def _inbox(agents: int) -> Inbox:
    """An inbox of so many requests of so many agents."""
    state = State()
    policy = policy_of(load_world("trio").world)
    inbox = Inbox(state, Requests(state, policy, Records()))
    tx = state.begin(1, ("bench",))
    for number in range(1, COUNT + 1):
        tx.put(state.requests, _request(number, f"agent_{number % agents}"))
    tx.commit()
    return inbox


def _request(number: int, requester: str) -> ent.Request:
    return ent.Request(
        id=number,
        requester=requester,
        on_behalf_of=(),
        verb="message.broadcast",
        resource=f"topic_{number}",
        uses=3,
        ttl=600 * ent.SECOND,
        quota={},
        depth=0,
        payload="",
        reason="I have data to sell, and nobody knows me yet.",
        asked_at=1,
        decide_by=300 * ent.SECOND,
        again=0,
        seconded_by="",
        offered=None,
        state=ent.RequestState.PENDING,
        decided_at=None,
        decided_by="",
        decision_reason="",
        grant=None,
    )


def _scroll(inbox: Inbox, repeats: int) -> float:
    starts = iter(range(0, repeats * WINDOW, WINDOW))
    return _median(repeats, lambda: inbox.page(Query(Topic.INBOX, start=next(starts), count=WINDOW)))


def _filter(inbox: Inbox, repeats: int) -> float:
    texts = (f"topic_{number}" for number in range(repeats))
    return _median(repeats, lambda: inbox.page(Query(Topic.INBOX, filter=next(texts), count=WINDOW)))


def _median(repeats: int, work: Callable[[], object]) -> float:
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)
