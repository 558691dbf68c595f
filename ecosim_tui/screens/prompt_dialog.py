"""The prompt of an agent, to be read and changed while the world goes on."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static, TextArea

from ecosim_tui.screens.dialogs import Dialog
from ecosim_tui.widgets.document import clean_lines
from ecosim_tui.widgets.text import clean, fit


class PromptDialog(Dialog[str]):
    """The text of one prompt; ctrl+s takes it, tab leaves it for the buttons.

    What the agent's words would do to a terminal is shown as pictures, and stays so in what is written. ``error`` says
    why an earlier attempt was refused.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "take", "Take it", show=False, priority=True)]

    def __init__(self, agent: str, prompt: str, error: str = "") -> None:
        super().__init__()
        self._agent, self._prompt, self._error = agent, prompt, error
        self._shown = clean_lines(prompt)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = Content(f"Prompt of {fit(self._agent, 40)}")
            box.border_subtitle = Content("ctrl+s takes it, esc leaves")
            yield Static(
                Content("Holds from its next thought on; one that is under way is void."), classes="dialog-text"
            )
            yield TextArea(self._shown, tab_behavior="focus", soft_wrap=True, id="rule")
            yield Static(Content(clean(self._error)), markup=False, id="dialog-error")
            with Horizontal(classes="dialog-buttons"):
                yield Button("Change it", id="yes", variant="primary", compact=True)
                yield Button("Cancel", id="no", compact=True)

    def action_take(self) -> None:
        """Take the text; one that was left alone stays to the letter what it was."""
        text = self.query_one(TextArea).text
        self.dismiss(self._prompt if text == self._shown else text)

    @on(Button.Pressed, "#yes")
    def _pressed_yes(self) -> None:
        self.action_take()

    @on(Button.Pressed, "#no")
    def _pressed_no(self) -> None:
        self.dismiss(None)
