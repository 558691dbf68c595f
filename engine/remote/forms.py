"""Views, queries and acknowledgements from their JSON forms: one decoder for each class, built from its type hints.

The way there needs no code: `orjson` writes frozen dataclasses as objects of their fields.
"""

from dataclasses import dataclass, replace
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any

import orjson

from engine.operator import Ack, Query
from engine.remote.errors import BadFrame
from engine.view.debt_types import LoanOfferRow, LoanRow
from engine.view.escrow_types import EscrowView
from engine.view.model_types import ModelsView, ThoughtRow, ThoughtView
from engine.view.trading_types import TradingView
from engine.view.types import (
    AgentRow,
    AgentView,
    ArtifactRow,
    ArtifactView,
    EventRow,
    GrantRow,
    HeaderView,
    InboxRow,
    KpiView,
    LedgerView,
    MarketView,
    MintView,
    Page,
    RequestRow,
    RuleRow,
    Topic,
    VerbRow,
)

if TYPE_CHECKING:
    from pydantic import TypeAdapter

ROWS: dict[Topic, type[Any]] = {
    Topic.AGENTS: AgentRow,
    Topic.EVENTS: EventRow,
    Topic.REQUESTS: RequestRow,
    Topic.GRANTS: GrantRow,
    Topic.ARTIFACTS: ArtifactRow,
    Topic.VERBS: VerbRow,
    Topic.INBOX: InboxRow,
    Topic.RULES: RuleRow,
    Topic.LOANS: LoanRow,
    Topic.LOAN_OFFERS: LoanOfferRow,
    Topic.THOUGHTS: ThoughtRow,
}
"""The topics that are shown in pages, and what their rows are."""
WHOLE: dict[Topic, type[Any] | UnionType] = {
    Topic.HEADER: HeaderView,
    Topic.AGENT: AgentView | None,
    Topic.ARTIFACT: ArtifactView | None,
    Topic.MARKET: MarketView,
    Topic.ESCROW: EscrowView,
    Topic.TRADING: TradingView,
    Topic.MINT: MintView,
    Topic.KPIS: KpiView,
    Topic.LEDGER: LedgerView,
    Topic.THOUGHT: ThoughtView | None,
    Topic.MODELS: ModelsView,
}
"""The other topics, and what they show."""


@dataclass(frozen=True, slots=True)
class Hello:
    """What a run says first: which program and protocol it speaks, which run it is, and as whom it knows the client."""

    ecosim: str
    protocol: int
    world: str
    run: str
    commit: int
    operator: str


def view_of(topic: Topic, plain: Any) -> object:
    """The data of a snapshot; raises `BadFrame` where it is not of the topic's shape."""
    if topic in ROWS:
        page: Page = _checked(Page, plain)
        row = ROWS[topic]
        return replace(page, rows=_checked(tuple[row, ...], page.rows))  # type: ignore[valid-type]
    return _checked(WHOLE[topic], plain)


def query_of(plain: Any) -> Query:
    """A client's query, to the letter: nothing is taken for what it nearly is."""
    from pydantic import ValidationError

    try:
        query: Query = _decoder(Query).validate_json(orjson.dumps(plain), strict=True)
    except ValidationError as error:
        raise BadFrame(f"a query is malformed: {_first(error)}") from error
    return query


def events_of(plain: Any) -> tuple[EventRow, ...]:
    """Events from the run's past."""
    events: tuple[EventRow, ...] = _checked(tuple[EventRow, ...], plain)
    return events


def thoughts_of(plain: Any) -> tuple[ThoughtView, ...]:
    """Thoughts from the run's past."""
    thoughts: tuple[ThoughtView, ...] = _checked(tuple[ThoughtView, ...], plain)
    return thoughts


def ack_of(plain: Any) -> Ack:
    """The answer to a command."""
    ack: Ack = _checked(Ack, plain)
    return ack


def hello_of(plain: Any) -> Hello:
    """What a run says first."""
    hello: Hello = _checked(Hello, plain)
    return hello


def _checked(kind: Any, plain: Any) -> Any:
    from pydantic import ValidationError

    try:
        return _decoder(kind).validate_python(plain)
    except ValidationError as error:
        raise BadFrame(f"a {getattr(kind, '__name__', 'view')} is malformed: {_first(error)}") from error


@cache
def _decoder(kind: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter  # not before the first view: it takes longer to load than a run to begin

    return TypeAdapter(kind)


def _first(error: Any) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
