"""Which panes make a view; the sheet `styles/views.tcss` says where they stand."""

from collections.abc import Callable

from textual.containers import Container
from textual.widget import Widget

from ecosim_tui.panes.agent_part import AgentPart
from ecosim_tui.panes.agent_tables import (
    AgentActionsPane,
    AgentGrantsPane,
    AgentMemoryPane,
    AgentMessagesPane,
    AgentOrdersPane,
    AgentOwnsPane,
    AgentRequestsPane,
)
from ecosim_tui.panes.agent_text import AgentMindPane, AgentSummaryPane
from ecosim_tui.panes.agents import AgentsPane
from ecosim_tui.panes.artifact_detail import (
    ArtifactContentPane,
    ArtifactFactsPane,
    ArtifactHistoryPane,
    ArtifactInterfacePane,
    ArtifactPart,
    ArtifactUsePane,
    ContentMissing,
)
from ecosim_tui.panes.artifacts import ArtifactsPane
from ecosim_tui.panes.base import Emptied, Hungry, Pane
from ecosim_tui.panes.debts import LoanOffersPane, LoansPane
from ecosim_tui.panes.escrow import EscrowPane, SoldPane
from ecosim_tui.panes.events import EventsPane
from ecosim_tui.panes.figures import FiguresPane
from ecosim_tui.panes.inbox import InboxPane
from ecosim_tui.panes.kpis import FigureChosen, HealthPane, KpiChartPane, KpisPane, WealthPane
from ecosim_tui.panes.ledger import AccountsPane, ConservationPane, PostingsPane
from ecosim_tui.panes.market import BookPane, InstrumentChosen, InstrumentsPane, TapePane
from ecosim_tui.panes.mint import BidsPane, RoundsPane
from ecosim_tui.panes.models import CallsPane, ModelErrorsPane, ModelsPane
from ecosim_tui.panes.rights import DecidedPane, GrantsPane, RulesPane
from ecosim_tui.panes.thoughts import ThoughtChosen, ThoughtPane, ThoughtsPane
from ecosim_tui.panes.trading import MarketPart, OrdersPane, PositionsPane, PricePane

PANES: dict[str, tuple[Callable[[], Pane], ...]] = {
    "overview": (
        lambda: AgentsPane(classes="agents"),
        lambda: BookPane(classes="book"),
        lambda: FiguresPane(classes="figures"),
        lambda: InboxPane(classes="inbox"),
        lambda: EventsPane(count=150, classes="events"),
    ),
    "agents": (AgentsPane,),
    "artifacts": (ArtifactsPane,),
    "market": (InstrumentsPane, BookPane, PricePane, TapePane, OrdersPane, PositionsPane, EscrowPane, SoldPane),
    "mint": (BidsPane, RoundsPane),
    "kpis": (KpisPane, KpiChartPane, HealthPane, WealthPane),
    "requests": (InboxPane, GrantsPane, DecidedPane, RulesPane),
    "events": (EventsPane,),
    "ledger": (ConservationPane, LoansPane, LoanOffersPane, AccountsPane, PostingsPane),
    "models": (ModelsPane, CallsPane, ModelErrorsPane),
    "thoughts": (ThoughtsPane, ThoughtPane),
    "agent": (
        lambda: AgentSummaryPane(classes="tall"),
        lambda: AgentActionsPane(classes="taller"),
        AgentGrantsPane,
        AgentRequestsPane,
        lambda: AgentMindPane(classes="tall"),
        lambda: AgentMessagesPane(classes="tall"),
        lambda: AgentMemoryPane(classes="tall"),
        AgentOwnsPane,
        AgentOrdersPane,
    ),
    "artifact": (
        lambda: ArtifactContentPane(classes="tall"),
        ArtifactFactsPane,
        ArtifactInterfacePane,
        ArtifactUsePane,
        ArtifactHistoryPane,
    ),
}
"""Makers of the panes of each view, in the order in which tab visits them."""


_OF_ONE_MARKET = (BookPane, TapePane, MarketPart)


class View(Container):
    """The panes that share the screen under one view key."""

    def __init__(self, view: str) -> None:
        self.panes: list[Pane] = [make() for make in PANES[view]]
        super().__init__(*self.panes, id=f"view-{view}", classes="view")
        self.view = view
        self.zoomed: Pane | None = None
        self.markets = True

    @property
    def visible_panes(self) -> list[Pane]:
        """Those that are on the screen: the zoomed one, or all but those of markets where nothing trades."""
        if self.zoomed is not None:
            return [self.zoomed]
        return [pane for pane in self.panes if self.markets or not isinstance(pane, _OF_ONE_MARKET)]

    def focus_first(self) -> None:
        """Give the first pane the keys."""
        self.focus_pane(self.visible_panes[0])

    def focus_pane(self, pane: Pane) -> None:
        """Give a pane the keys."""
        target = next((widget for widget in pane.walk_children(Widget) if widget.focusable), None)
        if target is not None:
            self.screen.set_focus(target, scroll_visible=False)

    def mark_current(self, pane: Pane) -> None:
        """Remember which pane has the keys, or had them before the prompt took them."""
        for one in self.panes:
            one.set_class(one is pane, "-current")
        self.set_class(isinstance(pane, InstrumentsPane), "-choosing")

    def zoom(self, pane: Pane | None) -> None:
        """Give one pane the whole screen; None gives all of them their places."""
        self.zoomed = pane
        self.set_class(pane is not None, "-zoom")
        for one in self.panes:
            one.set_class(one is pane, "-zoomed")

    def open(self, key: str) -> None:
        """Show this agent or artifact, in a view of one of them."""
        for pane in self.panes:
            if isinstance(pane, AgentPart):
                pane.agent = key
            elif isinstance(pane, ArtifactPart):
                pane.artifact = key
        for pane in self.panes:
            if isinstance(pane, ArtifactContentPane):
                pane.begin()

    def on_content_missing(self, event: ContentMissing) -> None:
        """Where there is no content the facts come first, unless the operator has gone elsewhere."""
        event.stop()
        content = next(pane for pane in self.panes if isinstance(pane, ArtifactContentPane))
        if self.zoomed is None and content.has_focus_within:
            self.focus_pane(next(pane for pane in self.panes if isinstance(pane, ArtifactFactsPane)))

    def on_emptied(self, event: Emptied) -> None:
        """Panes with nothing to show leave their room to others."""
        event.stop()
        for name, kinds in (("-no-sales", (EscrowPane, SoldPane)), ("-no-offers", (LoanOffersPane,))):
            concerned = [pane for pane in self.panes if isinstance(pane, kinds)]
            self.set_class(all(pane.has_class("-empty") for pane in concerned), name)

    def on_instrument_chosen(self, event: InstrumentChosen) -> None:
        """What is about one market follows the list of instruments."""
        event.stop()
        self.markets = event.markets
        self.set_class(not event.markets, "-no-markets")
        for pane in self.panes:
            if isinstance(pane, _OF_ONE_MARKET):
                pane.choose(event.instrument)

    def on_thought_chosen(self, event: ThoughtChosen) -> None:
        """The thought that is shown follows the list."""
        event.stop()
        for pane in self.panes:
            if isinstance(pane, ThoughtPane) and pane.choose(event.call, event.view):
                pane.post_message(Hungry())

    def on_figure_chosen(self, event: FigureChosen) -> None:
        """The chart follows the list of figures."""
        event.stop()
        for pane in self.panes:
            if isinstance(pane, KpiChartPane):
                pane.choose(event.figure)
