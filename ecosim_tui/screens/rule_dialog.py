"""A rule as it will be written, to be read and changed before it answers requests."""

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static, TextArea

from ecosim_tui.screens.dialogs import Dialog
from ecosim_tui.widgets.document import clean_lines
from ecosim_tui.widgets.text import clean


@dataclass(frozen=True, slots=True)
class Written:
    """What was agreed to: the text of a rule, and whether it is kept in the policy file for new runs, too."""

    toml: str
    kept: bool


class RuleDialog(Dialog[Written]):
    """The text of one rule; tab leaves it for the buttons.

    ``file`` is where it is kept for new runs if that is wanted; ``error`` says why an earlier attempt was refused.
    """

    def __init__(self, toml: str, file: str, error: str = "") -> None:
        super().__init__()
        self._toml, self._file, self._error = toml, file, error

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = Content("Make this a rule")
            box.border_subtitle = Content("tab enter makes it, esc leaves")
            yield Static(
                Content("From now on, and after a restart, this answers in your stead:"), classes="dialog-text"
            )
            yield Static(
                Content(f"Kept, it goes to {clean(self._file)} too, for --policy of new runs."), classes="dialog-text"
            )
            yield TextArea(clean_lines(self._toml), tab_behavior="focus", soft_wrap=True, id="rule")
            yield Static(Content(clean(self._error)), markup=False, id="dialog-error")
            with Horizontal(classes="dialog-buttons"):
                yield Button("Make the rule", id="yes", variant="primary", compact=True)
                yield Button("Make and keep it", id="keep", compact=True)
                yield Button("Cancel", id="no", compact=True)

    @on(Button.Pressed, "#yes")
    def _pressed_yes(self) -> None:
        self.dismiss(Written(self.query_one(TextArea).text, False))

    @on(Button.Pressed, "#keep")
    def _pressed_keep(self) -> None:
        self.dismiss(Written(self.query_one(TextArea).text, True))

    @on(Button.Pressed, "#no")
    def _pressed_no(self) -> None:
        self.dismiss(None)
