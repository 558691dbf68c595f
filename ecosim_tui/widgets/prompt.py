"""The line at the bottom that asks: for a filter or for a command."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widgets import Input, Static

from ecosim_tui.widgets.text import clean
from ecosim_tui.widgets.text_box import Lines


class Prompt(Vertical):
    """A line with a sign, what is typed, and what is wrong with it. Hidden until ``ask``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False, id="back"),
        Binding("up", "recall(-1)", "Earlier", show=False),
        Binding("down", "recall(1)", "Later", show=False),
    ]

    class Changed(Message):
        """Something else is typed now."""

        def __init__(self, sign: str, text: str) -> None:
            super().__init__()
            self.sign, self.text = sign, text

    class Submitted(Message):
        """Enter was pressed."""

        def __init__(self, sign: str, text: str) -> None:
            super().__init__()
            self.sign, self.text = sign, text

    class Cancelled(Message):
        """The prompt was left by escape."""

        def __init__(self, sign: str) -> None:
            super().__init__()
            self.sign = sign

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.sign = ""
        self._history: list[str] = []
        self._place = 0
        self._error = ""

    def compose(self) -> ComposeResult:
        yield Static(markup=False, id="prompt-error")
        with Horizontal(id="prompt-line"):
            yield Lines(id="prompt-sign")
            yield Input(compact=True, id="prompt-input", select_on_focus=False)

    @property
    def is_open(self) -> bool:
        """Whether it asks."""
        return self.has_class("-open")

    @property
    def _input(self) -> Input:
        return self.query_one("#prompt-input", Input)

    def ask(self, sign: str, text: str, placeholder: str, suggestions: list[str] | None = None) -> None:
        """Open with a text to start from."""
        self.sign = sign
        self.query_one("#prompt-sign", Lines).put(Content(sign))
        self._input.placeholder = placeholder
        self._input.suggester = SuggestFromList(suggestions) if suggestions else None
        with self.prevent(Input.Changed):
            self._input.value = text
        self._input.cursor_position = len(text)
        self._place = len(self._history)
        self.complain("")
        self.add_class("-open")
        # At once, not by and by: the next key is for the prompt.
        self.screen.set_focus(self._input)

    def complain(self, error: str) -> None:
        """Say what is wrong with what was typed; empty for nothing."""
        if error == self._error:
            return
        self._error = error
        self.query_one("#prompt-error", Static).update(Content(clean(error)))
        self.set_class(bool(error), "-error")

    def close(self) -> None:
        """Hide it."""
        self.remove_class("-open")
        self.complain("")

    def remember(self, text: str) -> None:
        """Keep a command for the up key."""
        self._history.append(text)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.complain("")
        self.post_message(self.Changed(self.sign, event.value))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted(self.sign, event.value))

    def action_cancel(self) -> None:
        """Leave without doing anything."""
        self.post_message(self.Cancelled(self.sign))

    def action_recall(self, steps: int) -> None:
        """Bring back an earlier command."""
        if self.sign != ":" or not self._history:
            return
        self._place = max(0, min(len(self._history), self._place + steps))
        self._input.value = self._history[self._place] if self._place < len(self._history) else ""
        self._input.cursor_position = len(self._input.value)
