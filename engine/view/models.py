"""The models of the world as they are now: how long they take, what they cost, what goes wrong with them."""

from collections import deque
from collections.abc import Callable, Hashable, Mapping
from heapq import nsmallest
from typing import Protocol

from engine.kernel.entities import SECOND
from engine.kernel.models import ModelCall, ModelTally
from engine.kernel.state import State
from engine.models.types import ModelSpec, Status
from engine.view.model_types import CallRow, ModelErrorRow, ModelRow, ModelsView
from engine.view.ring import EventRing, Place
from engine.view.thoughts import Thoughts, try_row
from engine.view.words import line

CALLS = 200
ERRORS = 100
MEASURED = 200
"""Calls under way and errors that are shown, and answers of each model over which its latency is told."""
MINUTE = 60 * SECOND
BEAT = 5 * SECOND
"""World time after which tokens per minute are counted again, even if nothing has come."""


class ModelsLike(Protocol):
    """What the engine knows of its models: their settings, and how their breakers stand."""

    @property
    def specs(self) -> Mapping[str, ModelSpec]: ...
    @property
    def breakers(self) -> Mapping[str, Status]: ...


class ModelsTopic:
    """Builds the view of all models; `models` tells of those that the engine has."""

    def __init__(self, state: State, ring: EventRing, thoughts: Thoughts, models: Callable[[], ModelsLike]) -> None:
        self._state = state
        self._ring = ring
        self._thoughts = thoughts
        self._models = models

    def stamp(self) -> Hashable:
        """Moves when something may be new."""
        state = self._state
        tables = (state.model_calls.version, state.model_prices.version, state.model_tallies.version)
        return (self._thoughts.stamp(), tables, tuple(self._models().breakers.values()), self._beat())

    def _beat(self) -> int:
        """World time in coarse steps while tokens still leave the last minute."""
        newest = self._ring.thoughts[-1].at if self._ring.thoughts else -MINUTE - BEAT
        now = self._state.now
        return now // BEAT if now < newest + MINUTE + BEAT else 0

    def view(self) -> ModelsView:
        """All models as of now."""
        state = self._state
        calls = state.model_calls.rows.values()
        oldest = nsmallest(CALLS, calls, key=lambda row: (row.at, row.id))
        took: dict[str, deque[int]] = {}
        tokens: dict[str, int] = {}
        for place in self._ring.thoughts:
            if place.event.type == "model.answered":
                data, name = place.event.data, place.event.target
                took.setdefault(name, deque(maxlen=MEASURED)).append(data["latency"])
                if place.at > state.now - MINUTE:
                    tokens[name] = tokens.get(name, 0) + data["input"] + data["output"]
        under_way: dict[str, int] = {}
        for row in calls:
            under_way[row.model] = under_way.get(row.model, 0) + 1
        models = tuple(
            self._row(spec, under_way.get(name, 0), sorted(took.get(name, ())), tokens.get(name, 0))
            for name, spec in self._models().specs.items()
        )
        return ModelsView(models, tuple(map(self._call, oldest)), len(calls), self._errors())

    def _row(self, spec: ModelSpec, under_way: int, took: list[int], per_minute: int) -> ModelRow:
        state = self._state
        tally = state.model_tallies.rows.get(spec.name) or ModelTally(spec.name)
        price = state.model_prices.rows.get(spec.name)
        status = self._models().breakers.get(spec.name)
        return ModelRow(
            name=spec.name,
            asks=line(spec.model),
            where=line(spec.api_base or ""),
            breaker=status.breaker if status is not None else "closed",
            said=line(status.said) if status is not None else "",
            under_way=under_way,
            concurrency=spec.concurrency,
            answers=tally.answers,
            failures=tally.failures,
            input=tally.input,
            cached=tally.cached,
            output=tally.output,
            estimated=tally.estimated,
            cost=tally.cost,
            per_minute=per_minute,
            p50=percentile(took, 50),
            p95=percentile(took, 95),
            measured=len(took),
            price=(price.input, price.cached, price.output) if price is not None else None,
            source=price.source if price is not None else "",
            fallbacks=spec.fallbacks,
            limits=_limits(spec),
        )

    def _call(self, row: ModelCall) -> CallRow:
        waited = self._thoughts.waited(row.id, row.at)
        return CallRow(row.id, line(row.payer), row.model, row.purpose, row.at, waited, row.most, row.tokens)

    def _errors(self) -> tuple[ModelErrorRow, ...]:
        found: list[ModelErrorRow] = []
        for place in reversed(self._ring.thoughts):
            found += reversed(list(_errors_of(place)))
            if len(found) >= ERRORS:
                break
        return tuple(found[:ERRORS])


def percentile(ordered: list[int], hundredths: int) -> int | None:
    """The smallest of the values in order that so many hundredths of them do not exceed; None of nothing."""
    return ordered[-(-len(ordered) * hundredths // 100) - 1] if ordered else None


def _limits(spec: ModelSpec) -> str:
    parts = [f"{spec.concurrency} at once", f"{spec.max_tokens:,} tokens an answer"]
    parts += [f"{spec.rpm:,} tries a minute"] if spec.rpm is not None else []
    parts += [f"{spec.tpm:,} tokens a minute"] if spec.tpm is not None else []
    return ", ".join(parts)


def _errors_of(place: Place) -> list[ModelErrorRow]:
    """What went wrong in a request: its tries that failed, and the end if that is no answer to what was asked."""
    event, data = place.event, place.event.data
    if event.type not in ("model.answered", "model.failed", "model.lost"):
        return []
    answered = event.type == "model.answered"
    found = [
        (one.model, one.kind, one.said, 0, answered)
        for one in map(try_row, data.get("tries", ()))
        if answered or one.said != data.get("said")
    ]
    if event.type == "model.lost":
        found.append((event.target, "lost", "under way when the run was left", int(data.get("cost", 0)), False))
    elif not answered:
        found.append((event.target, str(data.get("kind", "?")), str(data.get("said", "")), int(data["cost"]), False))
    elif data.get("misfit"):
        found.append((event.target, "misfit", str(data["misfit"]), 0, False))
    return [
        ModelErrorRow(f"{place.seq}.{place.n}.{number}", place.seq, place.at, line(model), line(event.actor), kind,
                      line(said, 500), cost, again)
        for number, (model, kind, said, cost, again) in enumerate(found)
    ]  # fmt: skip
