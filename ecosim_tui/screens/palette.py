"""The command palette: every action that makes sense now, by name."""

from collections.abc import Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from ecosim_tui.keys import ACTIONS, Action
from ecosim_tui.screens.main import MainScreen

_BY_HELP = 0.1
"""The score of an action whose description contains what is searched."""


class ActionProvider(Provider):
    """Offers the registry's actions of the main screen; nothing in front of a dialog."""

    def _offered(self) -> Iterator[tuple[MainScreen, Action]]:
        screen = self.screen
        if isinstance(screen, MainScreen):
            for action in ACTIONS:
                if action.bound and action.id != "palette" and screen.makes_sense(action):
                    yield screen, action

    async def discover(self) -> Hits:
        """All that make sense now."""
        for screen, action in self._offered():
            yield DiscoveryHit(self._name(screen, action), partial(screen.action_perform, action.id), help=action.help)

    async def search(self, query: str) -> Hits:
        """Those whose name or help matches."""
        matcher = self.matcher(query)
        for screen, action in self._offered():
            name = self._name(screen, action)
            # A description matches by whole text only: letters picked out of it find anything.
            score = matcher.match(name) or (_BY_HELP if query.casefold() in action.help.casefold() else 0.0)
            if score > 0:
                run = partial(screen.action_perform, action.id)
                yield Hit(score, matcher.highlight(name), run, text=name, help=action.help)

    def _name(self, screen: MainScreen, action: Action) -> str:
        key = screen.keymap.display(action.id)
        return f"{action.label} ({key})" if key else action.label
