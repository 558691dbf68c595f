"""The operator's door on a run in another process: shows at once what it knows, and asks for news in the background."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from engine.operator import Ack, Command, Query, to_json
from engine.remote.client import Connection
from engine.remote.errors import RemoteError
from engine.remote.forms import ack_of, events_of, thoughts_of, view_of
from engine.view.model_types import ThoughtView
from engine.view.types import EventRow, HeaderView, RunState, Snapshot, Topic

KEPT = 64
"""Queries whose last snapshot is kept; the one asked for longest ago is forgotten first."""
BETWEEN_S = 0.1
"""Seconds between two requests for the same view: showing what has come must not ask for it again at once."""
WATCHED_S = 2.0
"""A view that was asked for so many seconds ago is on a screen."""
SILENT_S = 3.0
"""Seconds without an answer after which the header says so."""
HEADER = Query(Topic.HEADER)


@dataclass(slots=True)
class _Kept:
    """The last that is known of a view, the run's revision of it, and when it was asked for here and there."""

    query: Query
    snapshot: Snapshot | None = None
    revision: int | None = None
    wanted: float = 0.0
    asked: float = float("-inf")
    fetching: "asyncio.Task[None] | None" = None


class RemoteDoor:
    """A `Door` over a connection. The operator's name is what the run knows this user as, whatever a caller says.

    `on_news` is called when a view has come that differs from the one before; `on_trouble` with a sentence when the
    run could not show one. `commit` is the number of the last commit heard of.
    """

    def __init__(self, connection: Connection, *, since: str = "") -> None:
        self._connection = connection
        self._since = since
        self._views: dict[Query, _Kept] = {}
        self._revisions = itertools.count(1)
        self._epoch = 0
        self._dimmed: tuple[Snapshot, tuple[RunState, str], Snapshot] | None = None
        self._troubles: set[str] = set()
        self.commit = connection.hello.commit
        self.on_news: Callable[[], object] = lambda: None
        self.on_trouble: Callable[[str], object] = lambda _: None
        connection.on_end = lambda: self.on_news()

    @property
    def lost(self) -> str:
        """Why there is no connection any more, empty while there is one."""
        return self._connection.lost

    @property
    def ended(self) -> str:
        """Why the process let go of the run, if it said so."""
        return self._connection.ended

    # -- the door --------------------------------------------------------------------------------------------------

    def snapshot(self, query: Query) -> Snapshot | None:
        """The last that is known of a view, None if it has never been here; asks for the newest in the background."""
        kept, now = self._keep(query), self._connection.seconds()
        kept.wanted = now
        if kept.fetching is None and not self.lost and now - kept.asked >= BETWEEN_S:
            kept.fetching = asyncio.create_task(self._fetch(kept))
        return self._shown(kept)

    async def fresh(self, query: Query) -> Snapshot:
        """The view as it is now."""
        kept = self._keep(query)
        await self._get(kept)
        shown = self._shown(kept)
        assert shown is not None, "a view that was fetched is there"
        return shown

    async def command(self, command: Command, operator: str) -> Ack:
        """Have a command carried out; every view that is on a screen shows it when this returns."""
        answer = await self._connection.ask("command", command=to_json(command))
        ack = ack_of(answer["ack"])
        self._epoch += 1
        now = self._connection.seconds()
        watched = [kept for kept in self._views.values() if now - kept.wanted < WATCHED_S]
        # The command holds, whatever becomes of the views: what is wrong with them the header tells.
        await asyncio.gather(*(self._get(kept) for kept in watched), return_exceptions=True)
        return ack

    async def history(self, query: Query, before: int) -> tuple[EventRow, ...]:
        """Events of commits before `before`, newest first."""
        answer = await self._connection.ask("history", query=asdict(query), before=before)
        return events_of(answer["events"])

    async def thoughts(self, agent: str, before: int) -> tuple[ThoughtView, ...]:
        """Thoughts of an agent that were asked for in commits before `before`, newest first."""
        answer = await self._connection.ask("thoughts", agent=agent, before=before)
        return thoughts_of(answer["thoughts"])

    def set_pace(self, scale: float | None) -> None:
        """World seconds per real second; the header shows it at once."""
        self._connection.send("pace", scale=scale)
        self._epoch += 1
        kept = self._keep(HEADER)
        if kept.snapshot is not None:
            assert isinstance(kept.snapshot.data, HeaderView), "the header topic shows a HeaderView"
            self._put(kept, replace(kept.snapshot.data, pace=scale), None)

    async def close(self) -> None:
        """Leave; the run goes on."""
        self.on_news = lambda: None
        fetching = [kept.fetching for kept in self._views.values() if kept.fetching is not None]
        await self._connection.close()
        await asyncio.gather(*fetching, return_exceptions=True)

    # -- what is known ---------------------------------------------------------------------------------------------

    def _keep(self, query: Query) -> _Kept:
        kept = self._views.pop(query, None) or _Kept(query)
        while len(self._views) >= KEPT:
            del self._views[next(iter(self._views))]
        self._views[query] = kept
        return kept

    async def _fetch(self, kept: _Kept) -> None:
        before = kept.snapshot
        try:
            await self._get(kept)
        except RemoteError as error:
            # The end of the connection is in the header; anything else is said, but not five times a second.
            if not self.lost and str(error) not in self._troubles:
                self._troubles.add(str(error))
                self.on_trouble(str(error))
        finally:
            kept.fetching = None
        if kept.snapshot is not before:
            self.on_news()

    async def _get(self, kept: _Kept) -> None:
        """Bring a view up to date; an answer from before the last command or change of pace is of no use any more."""
        kept.asked = self._connection.seconds()
        while True:
            epoch = self._epoch
            answer = await self._connection.ask("snapshot", query=asdict(kept.query), known=kept.revision)
            self.commit = int(answer["commit"])
            if epoch == self._epoch:
                break
        if "unchanged" not in answer:
            self._put(kept, view_of(kept.query.topic, answer["data"]), int(answer["revision"]))

    def _put(self, kept: _Kept, data: Any, revision: int | None) -> None:
        if isinstance(data, HeaderView):
            data = replace(data, since=self._since)
        kept.revision = revision
        if kept.snapshot is None or kept.snapshot.data != data:
            kept.snapshot = Snapshot(kept.query.topic, next(self._revisions), data)

    # -- when the run is silent ------------------------------------------------------------------------------------

    def _shown(self, kept: _Kept) -> Snapshot | None:
        """A view as it is to be shown: the header says it when what is shown may not be so any more."""
        snapshot, why = kept.snapshot, self._silence()
        if kept.query.topic is not Topic.HEADER or snapshot is None or why is None:
            return snapshot
        if self._dimmed is None or self._dimmed[:2] != (snapshot, why):
            assert isinstance(snapshot.data, HeaderView), "the header topic shows a HeaderView"
            header = replace(snapshot.data, state=why[0], detail=why[1])
            self._dimmed = (snapshot, why, Snapshot(Topic.HEADER, next(self._revisions), header))
        return self._dimmed[2]

    def _silence(self) -> tuple[RunState, str] | None:
        if self.ended:
            return RunState.STOPPED, self.ended
        if self.lost:
            return RunState.LOST, self.lost
        silent = self._connection.silent_for
        return (RunState.LOST, f"no answer for {silent:.0f} s") if silent >= SILENT_S else None
