"""The table of artifacts, and one artifact with its content, contracts and history."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson

import engine.kernel.entities as ent
from engine.code.measures import Measures
from engine.genesis.memories import Limits
from engine.kernel.state import State
from engine.view.changes import Dependence, itself
from engine.view.code import code_view, denials
from engine.view.contracts import chain
from engine.view.escrow import in_escrow
from engine.view.memory import memory_view
from engine.view.ring import EventRing
from engine.view.sentences import event_row
from engine.view.types import ArtifactRow, ArtifactView
from engine.view.words import line, whole

CACHED = 4_000
EVENTS = 50


class Artifacts:
    """All artifacts as a listing, in order of id."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._rows: dict[str, tuple[ent.Artifact, ent.Escrowed | None, ArtifactRow]] = {}

    def all_keys(self) -> Sequence[str]:
        """The ids in order."""
        return self._state.artifact_ids.sorted_keys

    def key(self, text: str) -> str | None:
        """An id is its own key."""
        return text

    def has(self, key: str) -> bool:
        """Whether there is an artifact of that id."""
        return key in self._state.artifacts.rows

    def depends(self, field: str, filtered: bool) -> list[Dependence[str]]:
        """The tables that a field and the text are made of."""
        artifacts: list[Dependence[str]] = [Dependence(self._state.artifacts, itself)]
        return [*artifacts, Dependence(self._state.escrowed, itself)] if field == "price" else artifacts

    def value(self, field: str) -> Callable[[str], Any] | None:
        """What to sort by; artifacts without a price come after those with one."""
        rows = self._state.artifacts.rows
        match field:
            case "type" | "category" | "controller" | "created_by" | "access" | "size" | "version" | "updated_at":
                return lambda key: getattr(rows[key], field)
            case "price":
                return lambda key: (0, asked) if (asked := self._asked(key)) is not None else (1, 0)
        return None

    def _asked(self, key: str) -> int | None:
        """The fixed price at which an artifact, or the bundle that it is part of, is for sale."""
        escrowed = self._state.escrowed.rows.get(key)
        listing = self._state.listings.rows.get(escrowed.sale) if escrowed is not None else None
        return None if listing is None else listing.price

    def text(self, key: str) -> str:
        """What a filter looks in."""
        row = self._state.artifacts.rows[key]
        return "\n".join((row.id, row.type, row.category, row.controller, row.created_by, *row.access))

    def row(self, key: str) -> ArtifactRow | None:
        """The row of an artifact as of now."""
        artifact = self._state.artifacts.rows.get(key)
        if artifact is None:
            return None
        escrowed = self._state.escrowed.rows.get(key)
        known = self._rows.get(key)
        if known is not None and known[0] is artifact and known[1] is escrowed:
            return known[2]
        if len(self._rows) > CACHED:
            self._rows = {}
        row = ArtifactRow(
            id=artifact.id,
            type=line(artifact.type),
            category=artifact.category,
            controller=artifact.controller,
            created_by=artifact.created_by,
            access=tuple(line(contract) for contract in artifact.access[:20]),
            size=artifact.size,
            version=artifact.version,
            updated_at=artifact.updated_at,
            price=self._asked(key),
        )
        self._rows[key] = (artifact, escrowed, row)
        return row


def artifact_view(
    state: State, artifacts: Artifacts, ring: EventRing, measures: Measures, key: str, limits: Limits
) -> ArtifactView | None:
    """One artifact whole, None if there is none of that id."""
    artifact, row = state.artifacts.rows.get(key), artifacts.row(key)
    if artifact is None or row is None:
        return None
    content = state.contents.rows.get(key)
    about = ring.about(key, len(ring))
    return ArtifactView(
        row=row,
        content=whole(content.text) if content is not None else "",
        interface=whole(json_text(artifact.interface)) if artifact.interface is not None else "",
        metadata=whole(json_text(artifact.metadata)) if artifact.metadata else "",
        dangling=tuple(line(contract) for contract in artifact.access if contract not in state.artifacts.rows),
        governs=len(state.by_contract.buckets.get(key, ())),
        history=tuple(event_row(place, ring.behind(place.seq)) for place in about[:EVENTS]),
        executable=artifact.can_execute,
        chain=chain(state, artifact),
        denials=denials(ring, about, key),
        in_escrow=in_escrow(state, key),
        code=code_view(state, artifact, measures.artifacts.get(key), about),
        memory=memory_view(state, key, limits),
    )


def json_text(data: Any) -> str:
    """Plain data as indented JSON."""
    return orjson.dumps(data, option=orjson.OPT_INDENT_2).decode()
