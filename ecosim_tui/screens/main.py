"""The screen: header, one of the views, the prompt, the footer."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import ClassVar, Literal, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import ModalScreen, Screen
from textual.worker import Worker

from ecosim_tui.keys import ACTIONS, BY_ID, Action, Context, Keymap, bindings
from ecosim_tui.panes.base import Hungry, OlderWanted, Opened, Pane, Read, Subject, SubjectChanged
from ecosim_tui.panes.events import EventsPane
from ecosim_tui.panes.header import HeaderBar
from ecosim_tui.panes.inbox import InboxPane
from ecosim_tui.panes.thoughts import OlderThoughtsWanted
from ecosim_tui.panes.views import View
from ecosim_tui.pump import Pump, Watcher
from ecosim_tui.screens.dialogs import ReadDialog
from ecosim_tui.screens.navigation import Navigation
from ecosim_tui.screens.steering import ASKING, Steering
from ecosim_tui.typed import TypedAhead
from ecosim_tui.widgets.key_bar import KeyBar, KeyHint
from ecosim_tui.widgets.prompt import Prompt
from ecosim_tui.widgets.text import clean
from ecosim_tui.widgets.text_box import Lines
from engine.kernel.errors import EcosimError
from engine.operator import Door

Answer = TypeVar("Answer")
AWAKE = 10
"""Turns of the clock for which the screen is still kept fresh after something was done to a world that stands still."""
SELDOM = 5
"""Of so many turns after that, one."""
REFUSED_S = 1.0
"""After a form that did not open, keys so close to one another are taken for text that was meant for it."""
_NEXT_PANE = 5
"""The place in the footer of going to the next pane where there is one."""
_WHERE = {Context.TABLE: "to be focused", Context.LOG: "to be focused"}


class MainScreen(Screen[None]):
    """Where everything comes together: who is visible, what is under the cursor, which action that allows.

    ``call`` is told at each look how many requests wait, so that somebody can be called.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (36, "-high")]
    AUTO_FOCUS = None

    def __init__(
        self, door: Door, operator: str, keymap: Keymap, typed: TypedAhead, call: Callable[[int], None]
    ) -> None:
        super().__init__()
        self.typed = typed
        self._call = call
        self.keymap = keymap
        self.door = door
        self.pump = Pump(door, self._watchers)
        self.steering = Steering(self, door, operator)
        self.navigation = Navigation(self)
        self.header = HeaderBar(id="header")
        self.views: dict[str, View] = {}
        self.current: View | None = None
        self._still = 0
        self.seconds: Callable[[], float] = time.monotonic
        """The operator's own time."""
        self._refused_at = -REFUSED_S

    def compose(self) -> ComposeResult:
        yield self.header
        yield Lines(id="since")
        yield Container(id="views")
        yield Prompt(id="prompt")
        yield KeyBar(id="keys")

    async def on_mount(self) -> None:
        """Begin with the overview."""
        await self.navigation.show_view("overview")

    # What there is

    @property
    def prompt(self) -> Prompt:
        """The line at the bottom that asks."""
        return self.query_one(Prompt)

    @property
    def focused_pane(self) -> Pane | None:
        """The pane that has the keys; the last one that had them while the prompt asks."""
        nodes = () if self.focused is None else self.focused.ancestors_with_self
        pane = next((node for node in nodes if isinstance(node, Pane)), self.navigation.pane_before_prompt)
        return pane if self.current is not None and pane in self.current.visible_panes else None

    @property
    def subject(self) -> Subject:
        """What the cursor is on."""
        pane = self.focused_pane
        return Subject() if pane is None else pane.subject

    @property
    def inboxes(self) -> list[InboxPane]:
        """Every inbox, shown or not."""
        return [pane for view in self.views.values() for pane in view.panes if isinstance(pane, InboxPane)]

    def _watchers(self) -> Iterator[Watcher]:
        yield self.header
        if self.current is not None:
            yield from self.current.visible_panes

    # What happens

    def tick(self) -> None:
        """A turn of the clock: show what is new, seldom while the world stands still and nobody does anything."""
        self._still = self._still + 1 if self.header.stands_still else 0
        if self._still < AWAKE or self._still % SELDOM == 0:
            self._look()

    def beat(self) -> None:
        """Something was done: show what is new now, and keep looking."""
        self._still = 0
        self._look()

    def _look(self) -> None:
        """Show what is new, and which keys mean something now."""
        self.pump.beat()
        self._call(self.header.pending)
        self.navigation.show_since()
        self.refresh_keys()

    def makes_sense(self, action: Action) -> bool:
        """Whether what the action needs is under the cursor."""
        pane = self.focused_pane
        return action.context in _present(pane) and _can_do(pane, action)

    async def action_perform(self, action_id: str) -> None:
        """Do what a key, a hint, the palette or a command asks for, about what is under the cursor at this moment."""
        subject = self.subject
        if not self.makes_sense(BY_ID[action_id]):
            self.refuse(BY_ID[action_id])
        elif action_id in self.steering.handlers and self._is_text_for_nothing():
            self.say("No form is open: keys that change the world count again after a second without one.", "warning")
        elif action_id in self.steering.handlers:
            # The coroutine is made inside the worker: one that never starts must not leave it behind.
            worker: Worker[None] = self.run_worker(
                partial(self._steer, action_id, subject), group="steering", name=action_id
            )
            if action_id in ASKING:
                self.typed.hold(worker)
        else:
            await self.navigation.perform(action_id)

    async def _steer(self, action_id: str, subject: Subject) -> None:
        try:
            await self.steering.handlers[action_id](subject)
        except EcosimError as error:
            self.say(f"{BY_ID[action_id].label}: {error}", "error")

    def _is_text_for_nothing(self) -> bool:
        """Whether a key belongs to what is typed although the form that it was meant for was refused."""
        now = self.seconds()
        if now - self._refused_at >= REFUSED_S:
            return False
        self._refused_at = now
        return True

    def refuse(self, action: Action) -> None:
        """Say why an action cannot be done here; what was typed ahead was meant for its form and is forgotten."""
        if action.id in ASKING:
            self._refused_at = self.seconds()
        pane = self.focused_pane
        why = "" if pane is None else pane.why_not(action.id)
        self.typed.drop()
        self.say(
            why or f"{action.label} needs {action.context} {_WHERE.get(action.context, 'under the cursor')}.", "warning"
        )

    def refresh_keys(self) -> None:
        """Bring the footer up to date."""
        if self.prompt.is_open:
            done = "Keep" if self.prompt.sign == "/" else "Do it"
            self.query_one(KeyBar).put([KeyHint("", "enter", done), KeyHint("", "esc", "Cancel")])
            return
        offered = [one for one in self._sensible() if one.footer and self.keymap.display(one.id)]
        several = self.current is not None and len(self.current.visible_panes) > 1
        offered.sort(key=lambda one: _NEXT_PANE if several and one.id == "next_pane" else one.footer)
        named = self.focused_pane.hint if self.focused_pane is not None else lambda _: ""
        self.query_one(KeyBar).put(
            [KeyHint(one.id, self.keymap.display(one.id), named(one.id) or one.hint) for one in offered]
        )

    def _sensible(self) -> Iterator[Action]:
        """All actions that make sense now, the situation looked at once: this is asked at every beat."""
        pane = self.focused_pane
        present = _present(pane)
        return (one for one in ACTIONS if one.context in present and _can_do(pane, one))

    def say(self, message: str, severity: Literal["information", "warning", "error"] = "information") -> None:
        """Tell the operator something in passing; the words may be an agent's."""
        self.notify(clean(message), severity=severity, timeout=8 if severity == "error" else 3, markup=False)

    async def ask(self, dialog: ModalScreen[Answer]) -> Answer | None:
        """Put a question in front of the screen and wait for the answer."""
        return await self.app.push_screen_wait(dialog)

    def open_inbox(self, line: str) -> None:
        """Show the inbox with the card of this line."""
        self.run_worker(self.navigation.open_inbox(line), group="navigation")

    # What others tell

    @on(SubjectChanged)
    def _subject_changed(self) -> None:
        self.refresh_keys()

    @on(Hungry)
    def _hungry(self) -> None:
        self.beat()

    @on(OlderWanted)
    def _older_wanted(self, event: OlderWanted) -> None:
        self.run_worker(self._fetch_older(event), group="history")

    async def _fetch_older(self, event: OlderWanted) -> None:
        try:
            event.log.put_older(await self.door.history(event.query, event.before))
        except EcosimError as error:
            self.say(f"Older events: {error}", "error")

    @on(OlderThoughtsWanted)
    def _older_thoughts_wanted(self, event: OlderThoughtsWanted) -> None:
        self.run_worker(self._fetch_older_thoughts(event), group="history")

    async def _fetch_older_thoughts(self, event: OlderThoughtsWanted) -> None:
        try:
            event.pane.put_older(event.agent, await self.door.thoughts(event.agent, event.before))
        except EcosimError as error:
            self.say(f"Older thoughts: {error}", "error")

    @on(Opened)
    async def _opened(self, event: Opened) -> None:
        await self.navigation.open(event.view, event.key)

    @on(Read)
    def _read(self, event: Read) -> None:
        self.app.push_screen(ReadDialog(event.title, event.content))

    @on(KeyBar.Pressed)
    async def _hint_pressed(self, event: KeyBar.Pressed) -> None:
        if not event.action:
            return
        if BY_ID[event.action].bound:
            await self.action_perform(event.action)
        elif self.focused is not None:
            await self.focused.run_action("select")

    @on(Prompt.Changed)
    def _prompt_changed(self, event: Prompt.Changed) -> None:
        self.navigation.prompt_changed(event.sign, event.text)

    @on(Prompt.Submitted)
    async def _prompt_submitted(self, event: Prompt.Submitted) -> None:
        await self.navigation.prompt_submitted(event.sign, event.text)

    @on(Prompt.Cancelled)
    def _prompt_cancelled(self, event: Prompt.Cancelled) -> None:
        self.navigation.prompt_cancelled(event.sign)

    def on_descendant_focus(self) -> None:
        """Another pane has the keys, or the prompt."""
        pane = None if self.focused in self.prompt.walk_children() else self.focused_pane
        if pane is not None and self.current is not None and pane in self.current.panes:
            self.current.mark_current(pane)
            self.prompt.close()
        self.refresh_keys()

    def on_screen_resume(self) -> None:
        """A dialog is gone."""
        self.beat()


def _present(pane: Pane | None) -> set[Context]:
    """What the pane with the keys offers to act on."""
    subject = Subject() if pane is None else pane.subject
    there = {
        Context.ANYWHERE: True,
        Context.AGENT: bool(subject.agent),
        Context.REQUEST: subject.request is not None,
        Context.ASKED: subject.asked is not None,
        Context.GRANT: subject.grant is not None,
        Context.RULE: bool(subject.rule),
        Context.EVENT: subject.event is not None,
        Context.INSTRUMENT: bool(subject.instrument),
        Context.TABLE: pane is not None and pane.table is not None,
        Context.LOG: isinstance(pane, EventsPane),
    }
    return {context for context, present in there.items() if present}


def _can_do(pane: Pane | None, action: Action) -> bool:
    """Whether the pane lets this be done: some tables have an order that is not to be changed."""
    return action.id != "sort" or (pane is not None and pane.SORTABLE)
