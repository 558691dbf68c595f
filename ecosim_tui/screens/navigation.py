"""Moving about: views, panes, zoom, filter, the prompt. Nothing here changes the world but a typed command."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.containers import Container
from textual.content import Content

from ecosim_tui import command_line as line
from ecosim_tui.keys import VIEWS
from ecosim_tui.panes.base import Pane
from ecosim_tui.panes.events import EventsPane
from ecosim_tui.panes.inbox import InboxPane
from ecosim_tui.panes.trading import PricePane
from ecosim_tui.panes.views import View
from ecosim_tui.screens.dialogs import ConfirmDialog
from ecosim_tui.screens.help import HelpScreen
from ecosim_tui.widgets.text import clean
from ecosim_tui.widgets.text_box import Lines
from engine.operator import Command, StopRun

if TYPE_CHECKING:
    from ecosim_tui.screens.main import MainScreen


class Navigation:
    """Carries out the actions that change only what is looked at."""

    def __init__(self, screen: "MainScreen") -> None:
        self._screen = screen
        self._back: list[tuple[str, str]] = []
        self._here = ("overview", "")
        self._since_seen = False
        self.pane_before_prompt: Pane | None = None
        self._handlers: dict[str, Callable[[], Awaitable[None] | None]] = {
            "back": self.back,
            "filter": self.ask_filter,
            "command": self.ask_command,
            "sort": self.sort,
            "follow": self.follow,
            "candles": self.candles,
            "thoughts": self.thoughts,
            "zoom": self.zoom,
            "copy": self.copy,
            "next_pane": lambda: self.cycle(1),
            "previous_pane": lambda: self.cycle(-1),
            "help": self._push_help,
            "palette": lambda: self._screen.app.action_command_palette(),
            "theme": self.change_theme,
            "quit": lambda: self._screen.app.exit(),
        }

    async def perform(self, action_id: str) -> None:
        """Do one of the actions."""
        if action_id in VIEWS:
            await self.go(action_id)
            return
        done = self._handlers[action_id]()
        if done is not None:
            await done

    # Views

    async def go(self, view: str) -> None:
        """Show a view that has a key of its own, from its first pane on; there is nothing to go back to."""
        self._back.clear()
        was_here = self._here == (view, "")
        await self.show_view(view)
        if was_here and not self._screen.prompt.is_open:
            self._screen.views[view].focus_first()

    async def open(self, view: str, key: str) -> None:
        """Show one agent or artifact; escape comes back to here."""
        if self._here != (view, key):
            self._back.append(self._here)
        await self.show_view(view, key)

    async def show_view(self, name: str, key: str = "") -> None:
        """Bring a view to the front; it is made when it is first wanted."""
        screen = self._screen
        view = screen.views.get(name)
        if view is None:
            view = screen.views[name] = View(name)
            for pane in screen.inboxes:
                pane.fatigue = screen.steering.decisions.fatigue  # one operator, whichever view they decide in
            await screen.query_one("#views", Container).mount(view)
        if key:
            view.open(key)
        for other in screen.views.values():
            other.display = other is view
        if screen.current is not view or key:
            screen.current, self._here = view, (name, key)
            if not screen.prompt.is_open:
                view.focus_first()
        screen.beat()
        # Sizes are known after the first layout: a table asks for its window again then.
        screen.call_after_refresh(screen.beat)

    async def open_inbox(self, line: str) -> None:
        """Show the inbox with the card of one of its lines."""
        await self.go("requests")
        for pane in self._screen.views["requests"].panes:
            if isinstance(pane, InboxPane):
                self._screen.views["requests"].focus_pane(pane)
                pane.table.seek(line)
        self._screen.beat()

    async def back(self) -> None:
        """Close what is in front: the note of what happened since, a zoom, a detail."""
        since, view = self._screen.query_one("#since", Lines), self._screen.current
        if since.has_class("-shown"):
            since.remove_class("-shown")
        elif view is not None and view.zoomed is not None:
            self._zoom(view, None)
        elif self._back:
            await self.show_view(*self._back.pop())
        else:
            pane = self._screen.focused_pane
            if pane is not None and pane.filter_text:
                pane.put_filter("")
                self._screen.beat()

    def show_since(self) -> None:
        """Say once what happened since the operator left."""
        text = self._screen.header.since
        if text and not self._since_seen:
            self._since_seen = True
            since = self._screen.query_one("#since", Lines)
            since.put(Content.assemble(("Since you left: ", "bold"), clean(text), ("  (esc)", "$foreground-muted")))
            since.add_class("-shown")

    # Panes

    def cycle(self, steps: int) -> None:
        """Give the next pane the keys."""
        view = self._screen.current
        if view is None:
            return
        panes = view.visible_panes
        pane = self._screen.focused_pane
        place = panes.index(pane) if pane in panes else -steps
        view.focus_pane(panes[(place + steps) % len(panes)])

    def zoom(self) -> None:
        """Give the pane with the keys the whole screen, or take it back."""
        view, pane = self._screen.current, self._screen.focused_pane
        if view is not None:
            self._zoom(view, None if view.zoomed is not None else pane)

    def _zoom(self, view: View, pane: Pane | None) -> None:
        view.zoom(pane)
        self._screen.beat()
        self._screen.call_after_refresh(self._screen.beat)

    def sort(self) -> None:
        """The next order of the table."""
        pane = self._screen.focused_pane
        if pane is not None and pane.table is not None:
            pane.table.cycle_sort()
            self._screen.beat()

    def follow(self) -> None:
        """Follow the newest events, or hold still."""
        pane = self._screen.focused_pane
        if isinstance(pane, EventsPane):
            pane.follow(not pane.following)

    async def thoughts(self) -> None:
        """The thoughts of the agent under the cursor."""
        await self.open("thoughts", self._screen.subject.agent)

    def candles(self) -> None:
        """Candles of the next width."""
        for pane in () if self._screen.current is None else self._screen.current.visible_panes:
            if isinstance(pane, PricePane):
                pane.wider()
        self._screen.beat()

    def copy(self) -> None:
        """Copy what is under the cursor."""
        pane = self._screen.focused_pane
        text = None if pane is None else pane.copied()
        if text is None:
            self._screen.say("There is nothing to copy here.", "warning")
            return
        self._screen.app.copy_to_clipboard(text)
        self._screen.say("Copied.")

    def change_theme(self) -> None:
        """Between dark and light."""
        app = self._screen.app
        app.theme = "ecosim-light" if app.theme == "ecosim-dark" else "ecosim-dark"

    def _push_help(self) -> None:
        self._screen.app.push_screen(HelpScreen(self._screen.keymap))

    # The prompt

    def ask_filter(self) -> None:
        """Ask for a text that rows must contain; the table narrows while it is typed."""
        pane = self._screen.focused_pane
        if pane is not None:
            self.pane_before_prompt = pane
            self._screen.prompt.ask("/", pane.filter_text, "rows that contain … (enter keeps, esc clears)")

    def ask_command(self, text: str = "") -> None:
        """Ask for a command, beginning with a text."""
        self.pane_before_prompt = self._screen.focused_pane
        self._screen.prompt.ask(":", text, "fund alice cpu_rate 1000 · message alice hello · help", line.suggestions())

    def prompt_changed(self, sign: str, text: str) -> None:
        """Filter while typing."""
        if sign == "/" and self.pane_before_prompt is not None:
            self.pane_before_prompt.put_filter(text.strip())
            self._screen.beat()

    async def prompt_submitted(self, sign: str, text: str) -> None:
        """Keep the filter, or carry the command out; a command that is wrong stays, with what is right."""
        if sign == ":":
            try:
                intent = line.parse(text)
            except line.BadCommand as error:
                self._screen.prompt.complain(str(error))
                return
            self._screen.prompt.remember(text)
            self._close_prompt()
            await self._carry_out(intent, text)
        else:
            self._close_prompt()

    def prompt_cancelled(self, sign: str) -> None:
        """Leave the prompt; a filter goes with it."""
        if sign == "/" and self.pane_before_prompt is not None:
            self.pane_before_prompt.put_filter("")
        self._close_prompt()
        self._screen.beat()

    def _close_prompt(self) -> None:
        self._screen.prompt.close()
        view, pane = self._screen.current, self.pane_before_prompt
        if view is not None:
            view.focus_pane(pane if pane in view.visible_panes and pane is not None else view.visible_panes[0])

    async def _carry_out(self, intent: line.Intent, text: str) -> None:
        screen = self._screen
        if isinstance(intent, line.Perform):
            await screen.action_perform(intent.action)
        elif isinstance(intent, line.OpenView):
            await self.open(intent.view, intent.key)
        elif isinstance(intent, line.SetPace):
            screen.steering.set_pace(intent.scale)
        elif isinstance(intent, StopRun):
            screen.typed.hold(screen.run_worker(partial(self._stop, intent), group="steering"))
        else:
            screen.typed.hold(screen.run_worker(partial(self._give, intent, text), group="steering"))

    async def _give(self, command: Command, text: str) -> None:
        """A command that is refused comes back to the prompt, to be mended; if that is taken, it is told in passing."""
        ack = await self._screen.steering.attempt(command)
        if ack.ok:
            return
        if not self._screen.prompt.is_open and self._screen.is_current:
            self.ask_command(text)
            self._screen.prompt.complain(ack.message)
        else:
            self._screen.say(ack.message, "error")

    async def _stop(self, intent: StopRun) -> None:
        text = "The run ends for good. It can still be read, verified."
        if await self._screen.ask(ConfirmDialog("End the run?", text, "End it")):
            await self._screen.steering.send(intent)
