"""The console as a Textual application: opens a run, shows it, closes it. All else is in the screens."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from ecosim_tui.keys import Keymap
from ecosim_tui.notifying import Notifier
from ecosim_tui.screens.opening import OpeningScreen
from ecosim_tui.terminal import default_rate, is_remote
from ecosim_tui.theme import DARK, LIGHT
from ecosim_tui.typed import Passed, TypedAhead
from ecosim_tui.widgets.text import clean
from engine.kernel.errors import EcosimError

if TYPE_CHECKING:
    from textual.command import Provider

    from engine.operator import Door

BAD_OPENING = 2
"""The exit code when the run could not be opened."""


def _palette() -> "type[Provider]":
    # Imported when the palette opens: it needs the main screen, which the first frame does not.
    from ecosim_tui.screens.palette import ActionProvider

    return ActionProvider


class EcosimApp(App[EcosimError]):
    """The console on a run that `opening` opens.

    `opening` is awaited after the first frame; if it raises an EcosimError the application exits with that error as its
    result and `BAD_OPENING` as its return code. `closing` is awaited whenever the application ends, opened or not.
    `title` says what is being opened, `operator` in whose name commands are given, `keymap` which keys hold, `rate` how
    often per second the screen asks for news (None: 5, over SSH 2; 0: only when told to by `beat`), `notify` how the
    terminal calls the operator to new requests (off, bell, desktop).
    """

    TITLE = "ecosim"
    CSS_PATH: ClassVar[list[str]] = ["styles/app.tcss", "styles/views.tcss", "styles/dialogs.tcss"]  # type: ignore[assignment]
    COMMANDS: ClassVar[set[Callable[[], "type[Provider]"]]] = {_palette}  # type: ignore[assignment]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+p", "command_palette", "Palette", show=False, priority=True, id="palette"),
    ]

    def __init__(
        self,
        opening: "Callable[[], Awaitable[Door]]",
        closing: Callable[[], Awaitable[None]] | None = None,
        *,
        title: str = "",
        operator: str = "operator",
        keymap: Keymap | None = None,
        rate: float | None = None,
        notify: str = "off",
    ) -> None:
        super().__init__()
        self._opening = opening
        self._close_run = closing
        self._what = title
        self._operator = operator
        self.keymap = keymap or Keymap()
        self._rate = default_rate() if rate is None else rate
        self.notifier = Notifier(notify, self._tell_terminal)
        self.typed = TypedAhead(self, super().on_event)
        self.set_keymap(self.keymap.textual())
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name
        if is_remote():
            self.animation_level = "none"

    def get_default_screen(self) -> Screen[None]:
        """What is there before there is a run."""
        return OpeningScreen(self._what)

    def on_mount(self) -> None:
        """Let the first frame be painted, then open the run."""
        self.call_after_refresh(self._open)

    async def on_event(self, event: events.Event) -> None:
        """Keys wait for those before them; everything else takes its way at once."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self.typed.put(event)
        else:
            await super().on_event(event)

    @on(Passed)
    async def _key_passed(self, message: Passed) -> None:
        await self.typed.passed(message)

    @work(group="opening")
    async def _open(self) -> None:
        from ecosim_tui.screens.main import MainScreen

        try:
            door = await self._opening()
        except EcosimError as error:
            self.exit(error, return_code=BAD_OPENING)
            return
        screen = MainScreen(door, self._operator, self.keymap, self.typed, self.notifier.see)
        await self.push_screen(screen)
        if self._rate > 0:
            self.set_interval(1 / self._rate, screen.tick)

    def _tell_terminal(self, sequence: str) -> None:
        if self._driver is not None:
            self._driver.write(sequence)

    async def on_unmount(self) -> None:
        """Close the run."""
        if self._close_run is not None:
            await self._close_run()

    def say(self, sentence: str) -> None:
        """Tell the operator, as soon as there is room for it, something that did not come from a key."""
        self.call_later(self.notify, clean(sentence), severity="warning", timeout=10, markup=False)

    def action_help_quit(self) -> None:
        """Ctrl+c is pressed by habit: say how to leave."""
        self.notify(f"{self.keymap.display('quit')} leaves the console.", markup=False)
