"""All keys on one page."""

from textual.content import Content

from ecosim_tui import format as fmt
from ecosim_tui.command_line import WORDS
from ecosim_tui.keys import ACTIONS, Group, Keymap, shown
from ecosim_tui.screens.dialogs import ReadDialog
from ecosim_tui.widgets.document import wrap

_SIGNS = "  ".join(f"{sign} {name}" for name, sign in fmt.STATE_SIGNS.items())


_KEYS = 14


def help_text(keymap: Keymap, width: int) -> Content:
    """The keys that hold, by group, then the command words, wrapped to ``width`` cells."""
    lines = [Content.styled("Signs", "bold $text-primary"), *_entry("agents", _SIGNS, width), Content("")]
    for group in Group:
        lines.append(Content.styled(str(group), "bold $text-primary"))
        for action in ACTIONS:
            if action.group is group:
                keys = " ".join(shown(key) for key in keymap.keys(action.id)) or "–"
                lines += _entry(keys, action.help, width)
        lines.append(Content(""))
    lines.append(Content.styled("Commands after :", "bold $text-primary"))
    for word in WORDS.values():
        lines += [Content.styled(f"  {word.usage}", "bold"), *_entry("", word.help, width)]
    return Content("\n").join(lines)


def _entry(keys: str, text: str, width: int) -> list[Content]:
    """Keys at the left, what they do at the right, however many lines it takes."""
    wrapped = wrap(text, width - _KEYS - 2)
    heads = [keys, *[""] * (len(wrapped) - 1)]
    return [Content.assemble((f"  {head:<{_KEYS}}", "bold"), part) for head, part in zip(heads, wrapped, strict=True)]


class HelpScreen(ReadDialog):
    """All keys on one page."""

    def __init__(self, keymap: Keymap) -> None:
        super().__init__("Keys", Content(""))
        self._keymap = keymap

    def content(self, width: int) -> Content:
        """The page for this width."""
        return help_text(self._keymap, width)
