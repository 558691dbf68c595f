"""All keys on one page."""

from textual.content import Content

from ecosim_tui import format as fmt
from ecosim_tui.command_line import WORDS
from ecosim_tui.keys import ACTIONS, Context, Group, Keymap, shown
from ecosim_tui.screens.dialogs import ReadDialog

_SIGNS = "  ".join(f"{sign} {name}" for name, sign in fmt.STATE_SIGNS.items())


def help_text(keymap: Keymap) -> Content:
    """The keys that hold, by group, then the command words."""
    lines: list[Content] = []
    for group in Group:
        lines.append(Content.styled(str(group), "bold $text-primary"))
        for action in ACTIONS:
            if action.group is not group:
                continue
            keys = " ".join(shown(key) for key in keymap.keys(action.id)) or "–"
            needs = "" if action.context is Context.ANYWHERE else f" (on {action.context})"
            lines.append(Content.assemble((f"  {keys:<14}", "bold"), action.help, (needs, "$foreground-muted")))
        lines.append(Content(""))
    lines.append(Content.styled("Commands after :", "bold $text-primary"))
    lines += [Content.assemble((f"  {word.usage}", "bold"), f"  {word.help}") for word in WORDS.values()]
    lines += [Content(""), Content.styled("Signs", "bold $text-primary"), Content(f"  {_SIGNS}")]
    return Content("\n").join(lines)


class HelpScreen(ReadDialog):
    """All keys on one page."""

    def __init__(self, keymap: Keymap) -> None:
        super().__init__("Keys", help_text(keymap))
