"""The inbox: pending requests, those of one agent that are alike as one line, in the order in which they were asked.

Alike is what one agent asks of one verb for one name, for a pattern of names, or for everything. What a name or a
reason says plays no part, so that an agent cannot fill the inbox by varying them.
"""

from collections.abc import Iterator
from typing import NamedTuple

import engine.kernel.entities as ent
from engine.capabilities.resource import EVERYTHING
from engine.kernel.state import State
from engine.operator import Query
from engine.view.pages import window
from engine.view.requests import Requests, request_text
from engine.view.types import InboxRow, Page


class Group(NamedTuple):
    """What makes requests alike."""

    requester: str
    verb: str
    scope: str  # everything, some, one

    @property
    def key(self) -> str:
        """The key of its line, a text without line breaks."""
        return f"{self.requester} {self.verb} {self.scope}"


class _Line(NamedTuple):
    key: str
    level: int
    ids: tuple[int, ...]


class Inbox:
    """Answers queries for windows of the inbox; a query's `key` holds the keys of the opened lines, one a line."""

    def __init__(self, state: State, requests: Requests) -> None:
        self._state = state
        self._requests = requests
        self._groups: dict[Group, dict[int, None]] = {}
        self._texts: dict[int, str] = {}
        self._known: tuple[int, str, list[tuple[Group, tuple[int, ...]]]] = (-1, "", [])
        for key in sorted(state.requests.rows):
            self.follow(key, None, state.requests.rows[key])
        state.requests.followers.append(self)

    def follow(self, key: int, old: ent.Request | None, new: ent.Request | None) -> None:
        """Note that a request waits or does not wait any more."""
        if new is not None and new.state is ent.RequestState.PENDING:
            if key not in self._texts:
                self._groups.setdefault(group_of(new), {})[key] = None
                self._texts[key] = request_text(new).casefold()
        elif old is not None and key in self._texts:
            del self._texts[key]
            group = group_of(old)
            del self._groups[group][key]
            if not self._groups[group]:
                del self._groups[group]

    def page(self, query: Query) -> Page:
        """The window that a query asks for; its `total` counts requests, not lines."""
        lines = list(self._lines(query.filter.casefold(), frozenset(query.key.split("\n"))))
        start, count = window(query, len(lines))
        found = None
        if query.find:
            found = next((place for place, line in enumerate(lines) if line.key == query.find), None)
        rows = tuple(self._row(line) for line in lines[start : start + count])
        return Page(rows, start, len(lines), len(self._texts), found)

    def _row(self, line: _Line) -> InboxRow:
        first = self._requests.row(line.ids[0])
        assert first is not None, "what waits is in the state"
        return InboxRow(line.key, line.level, line.ids, first)

    def _lines(self, needle: str, opened: frozenset[str]) -> Iterator[_Line]:
        for group, ids in self._order(needle):
            key = group.key
            yield _Line(key, 0, ids)
            if len(ids) > 1 and key in opened:
                for number in ids:
                    yield _Line(f"{number}", 1, (number,))

    def _order(self, needle: str) -> list[tuple[Group, tuple[int, ...]]]:
        """The groups by their oldest request, with the requests that pass a filter."""
        version = self._state.requests.version
        if self._known[:2] != (version, needle):
            texts = self._texts
            passing = (
                (group, tuple(number for number in ids if needle in texts[number]) if needle else tuple(ids))
                for group, ids in self._groups.items()
            )
            found = sorted((one for one in passing if one[1]), key=lambda one: one[1][0])
            self._known = (version, needle, found)
        return self._known[2]


def group_of(request: ent.Request) -> Group:
    """With which others a request is alike."""
    scope = "everything" if request.resource == EVERYTHING else "some" if "*" in request.resource else "one"
    return Group(request.requester, request.verb, scope)
