"""Texts of several lines made into inert content: cleaned, limited, and coloured where the language is known."""

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache

from textual.content import Content, Span

from ecosim_tui.widgets.text import clean

LIMIT = 32_768
"""Characters shown of one text; more is not read on a terminal."""
CODE_LIMIT = 65_536
"""Characters shown of code, which is shown to its last line."""
COLOURED = 10_000
"""Characters of code that are coloured: more of them would hold up the keys."""
HERE = "▶"
"""Stands before the line of a program that waits."""
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


@lru_cache(maxsize=8)
def code(text: str, width: int, mark: int = 0) -> Content:
    """Code of agents with the numbers of its lines, coloured, in lines of ``width`` cells.

    The line ``mark`` has a sign before it and stands out. Drawn ones are kept: agents act more often than they change.
    """
    return code_lines(text, width, 1, CODE_LIMIT, mark)


def code_lines(text: str, width: int, first: int, last: int, mark: int = 0) -> Content:
    """Some lines of code, as ``code`` shows them."""
    lines = _coloured(text)
    digits = len(f"{len(lines)}")
    shown = range(max(1, first), min(last, len(lines)) + 1)
    rows = (row for number in shown for row in _numbered(lines[number - 1], number, digits, width, number == mark))
    return _joined(rows)


def _numbered(line: Content, number: int, digits: int, width: int, here: bool) -> Iterator[tuple[str, str, Content]]:
    """A line of code behind its number, folded where it is too long: heads with their style, and what follows them."""
    style = "bold $text-warning" if here else "$foreground-muted"
    head = f"{HERE if here else ' '} {number:>{digits}} │ "
    room = max(8, width - len(head))
    for part in line.fold(room) if line.cell_length > room else (line,):
        yield head, style, part.stylize("bold underline") if here else part
        head = f"  {'':>{digits}} │ "


def _joined(rows: Iterable[tuple[str, str, Content]]) -> Content:
    """Rows below one another; put together here, since long code has thousands of them."""
    texts: list[str] = []
    spans: list[Span] = []
    at = 0
    for head, style, row in rows:
        texts.append(head + row.plain)
        start = at + len(head)
        spans.append(Span(at, start, style))
        spans.extend(Span(start + span.start, start + span.end, span.style) for span in row.spans)
        at += len(texts[-1]) + 1
    return Content("\n".join(texts), spans)


@lru_cache(maxsize=8)
def _coloured(text: str) -> list[Content]:
    """The lines of code, the first of them coloured: kept, since a program is drawn anew whenever its agent acts."""
    # Imported here: pygments is needed only when such a content is opened.
    from textual.highlight import highlight

    cleaned = clean_lines(text, CODE_LIMIT)
    plain = cleaned.split("\n")
    head = cleaned[:COLOURED].split("\n")
    if len(cleaned) > COLOURED:
        head = head[:-1]  # the last of them may be cut
    lines = highlight("\n".join(head), language="python").split("\n", allow_blank=True) if head else []
    # Blank lines at the end are dropped by the highlighter.
    return [*lines, *map(Content, plain[len(lines) :])]


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
