"""Questions in front of the screen: confirm, give a reason, fill in a form, read a text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Button, Input, Label, Static

from ecosim_tui.widgets.document import clean_lines
from ecosim_tui.widgets.text import clean
from ecosim_tui.widgets.text_box import TextBox

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a form: ``check`` raises ValueError that says what would be right.

    The first of ``suggestions`` that begins with what is typed is shown behind it; the right arrow takes it.
    """

    name: str
    label: str
    value: str = ""
    placeholder: str = ""
    check: Callable[[str], object] = str
    suggestions: tuple[str, ...] = ()


class Dialog(ModalScreen[Answer | None], Generic[Answer]):
    """A box with a title; escape answers None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss_none", "Cancel", show=False)]

    def action_dismiss_none(self) -> None:
        """Leave without an answer."""
        self.dismiss(None)


class ConfirmDialog(Dialog[bool]):
    """Yes or no: enter or y, escape or n."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "Yes", show=False),
        Binding("n", "dismiss_none", "No", show=False),
    ]

    def __init__(self, title: str, text: str, yes: str) -> None:
        super().__init__()
        self._title, self._text, self._yes = title, text, yes

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = Content(clean(self._title))
            yield Static(Content(clean_lines(self._text)), classes="dialog-text")
            with Horizontal(classes="dialog-buttons"):
                yield Button(Content(self._yes), id="yes", variant="warning", compact=True)
                yield Button("Cancel", id="no", compact=True)

    def action_yes(self) -> None:
        """Do it."""
        self.dismiss(True)

    @on(Button.Pressed, "#yes")
    def _pressed_yes(self) -> None:
        self.dismiss(True)

    @on(Button.Pressed, "#no")
    def _pressed_no(self) -> None:
        self.dismiss(None)


class FormDialog(Dialog[dict[str, str]]):
    """A few fields, checked before they are taken; enter goes to the next field, and at the last takes the form.

    ``preview`` says of what is filled in what it comes to, and ``error`` why an earlier attempt was refused.
    """

    def __init__(
        self,
        title: str,
        text: str,
        fields: Sequence[Field],
        yes: str,
        preview: Callable[[dict[str, str]], str] | None = None,
        error: str = "",
    ) -> None:
        super().__init__()
        self._title, self._text, self._fields, self._yes = title, text, tuple(fields), yes
        self._preview, self._error = preview, error

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = Content(clean(self._title))
            if self._text:
                yield Static(Content(self._text), classes="dialog-text")
            for field in self._fields:
                with Horizontal(classes="dialog-field"):
                    yield Label(Content(field.label))
                    yield _input(field)
            if self._preview is not None:
                yield Static("", markup=False, id="dialog-preview")
            yield Static(Content(clean(self._error)), markup=False, id="dialog-error")
            with Horizontal(classes="dialog-buttons"):
                yield Button(Content(self._yes), id="yes", variant="primary", compact=True)
                yield Button("Cancel", id="no", compact=True)

    def on_mount(self) -> None:
        """Say what the form comes to as it stands."""
        self._show_preview()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        field = next(field for field in self._fields if field.name == event.input.id)
        if event.value != field.value or not self._error:
            self.query_one("#dialog-error", Static).update(Content(""))
        self._show_preview()

    def _show_preview(self) -> None:
        if self._preview is not None:
            self.query_one("#dialog-preview", Static).update(Content(clean_lines(self._preview(self.values))))

    @property
    def values(self) -> dict[str, str]:
        """What is filled in."""
        return {field.name: self.query_one(f"#{field.name}", Input).value.strip() for field in self._fields}

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        names = [field.name for field in self._fields]
        place = names.index(event.input.id or "")
        if place + 1 < len(names):
            self.set_focus(self.query_one(f"#{names[place + 1]}", Input))
        else:
            self._take()

    @on(Button.Pressed, "#yes")
    def _pressed_yes(self) -> None:
        self._take()

    @on(Button.Pressed, "#no")
    def _pressed_no(self) -> None:
        self.dismiss(None)

    def _take(self) -> None:
        values = self.values
        for field in self._fields:
            try:
                field.check(values[field.name])
            except ValueError as error:
                self.query_one("#dialog-error", Static).update(Content(clean(f"{field.label}: {error}")))
                self.set_focus(self.query_one(f"#{field.name}", Input))
                return
        self.dismiss(values)


def _input(field: Field) -> Input:
    suggester = SuggestFromList(field.suggestions, case_sensitive=False) if field.suggestions else None
    return Input(field.value, placeholder=field.placeholder, suggester=suggester, id=field.name, compact=True)


class ReadDialog(Dialog[None]):
    """A text to be read; it is data."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,enter", "dismiss_none", "Close", show=False),
        Binding("y", "copy", "Copy", show=False),
    ]

    def __init__(self, title: str, content: Content) -> None:
        super().__init__()
        self._title, self._content = title, content
        self._box = TextBox()

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog dialog-read") as box:
            box.border_title = Content(clean(self._title))
            box.border_subtitle = Content("esc closes, y copies")
            yield self._box

    def content(self, width: int) -> Content:
        """What to read, for a box of this width."""
        return self._content

    def on_mount(self) -> None:
        """Listen for scrolling."""
        self._box.focus()

    def on_resize(self) -> None:
        """Show the text for the new width."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        self._box.put(self.content(max(20, self._box.scrollable_content_region.width)))

    def action_copy(self) -> None:
        """Copy the text."""
        self.app.copy_to_clipboard(self._box.content.plain)
        self.notify("Copied.", timeout=2)
