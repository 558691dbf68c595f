"""From the engine's views to the panes: a timer asks, a pane is given a snapshot only when its revision has moved."""

from collections.abc import Callable, Iterable
from typing import Protocol
from weakref import WeakKeyDictionary

from engine.operator import Door, Query
from engine.view.types import HeaderView, Snapshot, Topic


class Watcher(Protocol):
    """Something on screen that shows one view."""

    def wants(self) -> Query | None:
        """What to show now; None for nothing."""

    def show(self, snapshot: Snapshot) -> None:
        """Show it; called when the query or the revision differ from the last call."""

    def pass_time(self, now: int) -> None:
        """World time in µs, at each beat in which it moved: for countdowns."""


class Pump:
    """Carries snapshots from a door to those who watch; ``watchers`` tells who is visible."""

    def __init__(self, door: Door, watchers: Callable[[], Iterable[Watcher]]) -> None:
        self._door = door
        self._watchers = watchers
        self._shown: WeakKeyDictionary[Watcher, tuple[Query, int]] = WeakKeyDictionary()
        self._told: WeakKeyDictionary[Watcher, int] = WeakKeyDictionary()

    def beat(self) -> None:
        """Ask for what is visible, and hand over what is new."""
        snapshots: dict[Query, Snapshot | None] = {}
        header = self._ask(Query(Topic.HEADER), snapshots)
        if header is None:
            return
        assert isinstance(header.data, HeaderView), "the header topic shows a HeaderView"
        now = header.data.sim_time
        for watcher in self._watchers():
            if self._told.get(watcher) != now:
                self._told[watcher] = now
                watcher.pass_time(now)
            query = watcher.wants()
            if query is None:
                continue
            snapshot = self._ask(query, snapshots)
            if snapshot is not None and self._shown.get(watcher) != (query, snapshot.revision):
                self._shown[watcher] = (query, snapshot.revision)
                watcher.show(snapshot)

    def forget(self, watcher: Watcher) -> None:
        """Show a watcher everything again at the next beat."""
        self._shown.pop(watcher, None)

    def _ask(self, query: Query, snapshots: dict[Query, Snapshot | None]) -> Snapshot | None:
        if query not in snapshots:
            snapshots[query] = self._door.snapshot(query)
        return snapshots[query]
