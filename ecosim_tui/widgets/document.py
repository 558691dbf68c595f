"""Texts of several lines made into inert content: cleaned, limited, and coloured where the language is known."""

import json

from textual.content import Content

from ecosim_tui.widgets.text import clean

LIMIT = 32_768
"""Characters shown of one text; more is not read on a terminal."""
_LANGUAGES = {"json": "json", "toml": "toml", "python": "python", "code": "python", "markdown": "markdown"}


def clean_lines(text: str, limit: int = LIMIT) -> str:
    """The text with each line cleaned and its end named if it was cut; tabs become spaces."""
    shown = text[:limit]
    cleaned = "\n".join(clean(part.rstrip("\r")) for part in shown.expandtabs(4).split("\n"))
    if len(text) > limit:
        cleaned += f"\n… {len(text) - limit:,} characters more"
    return cleaned


def language_of(text: str, kind: str = "") -> str:
    """The language of a content, from its artifact's type or its own shape; empty if it is plain text."""
    for word, language in _LANGUAGES.items():
        if word in kind.lower():
            return language
    start = text.lstrip()[:200]
    if start.startswith(("{", "[")) and _is_json(text):
        return "json"
    if start.startswith(("def ", "import ", "from ", "class ", "async def ", '"""')):
        return "python"
    if start.startswith(("# ", "## ", "- ", "* ")):
        return "markdown"
    return ""


def document(text: str, kind: str = "") -> Content:
    """A text ready to show. It is data: its markup is shown as it stands."""
    language = language_of(text, kind)
    cleaned = clean_lines(text)
    if not language:
        return Content(cleaned)
    # Imported here: pygments is needed only when such a content is opened.
    from textual.highlight import highlight

    return highlight(cleaned, language=language)


def _is_json(text: str) -> bool:
    if len(text) > LIMIT:
        return True  # too long to look at: its first letters must do
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def block(text: str, width: int, lines: int) -> list[Content]:
    """A text as one paragraph wrapped to ``width`` cells; ``…`` ends it if ``lines`` were too few."""
    width = max(2, width)
    # Twice the room that there is: what lies beyond cannot be shown whatever the width of its characters.
    wrapped = wrap(text[: width * lines * 2], width)
    if len(wrapped) <= lines:
        return wrapped
    return [*wrapped[: lines - 1], wrapped[lines - 1].truncate(width - 1) + "…"]


def wrap(text: str, width: int) -> list[Content]:
    """Cleaned text in lines of at most ``width`` cells, long words broken; at least one line."""
    return Content(clean(text)).wrap(max(1, width)) or [Content("")]
