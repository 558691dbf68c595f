"""Hostile text made safe for one terminal line: nothing moves the cursor, nothing hides, the width is known.

Agents choose ids, messages and contents. What they write is shown as data: control characters, escape
sequences, bidirectional overrides and invisible characters become visible placeholders, never vanish silently and never
reach the terminal. The words of an escape sequence stay readable (``␛[31m``), since hiding them would hide text
from the operator.
"""

import unicodedata
from enum import Enum
from functools import lru_cache

from rich.cells import cell_len, get_character_cell_size

PLACEHOLDER = "�"
"""Stands for a character that is invisible, moves text about, or has no agreed meaning."""
ELLIPSIS = "…"
"""Ends a text that was cut; one cell wide."""
MAX_MARKS = 4
"""Combining marks kept on one letter; living scripts need at most three or four."""

_LONE_MARK_BASE = "◌"
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and marks that Unicode classes as printable but which draw nothing.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
# Joiners, variation selectors and skin tones only restyle the symbol before them, and terminals disagree about the
# width of the result: after a symbol they are left out, elsewhere they would hide inside a word and are shown.
_RESTYLING = frozenset("\u200d") | {chr(c) for c in (*range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400))}


class Align(Enum):
    """Side of a column on which its text stands."""

    LEFT = "left"
    RIGHT = "right"


@lru_cache(maxsize=4096)
def _shown(character: str) -> str:
    """What stands for one character that is no combining mark; always at least one cell wide."""
    if character == "\n":
        return "⏎"
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    if category in _UNPRINTABLE or character in _INVISIBLE or 0xE0100 <= code <= 0xE01EF:
        return PLACEHOLDER
    return character


def _is_symbol(character: str) -> bool:
    return unicodedata.category(character) == "So" or get_character_cell_size(character) == 2


def clean(text: str) -> str:
    """The text as one inert line: every character visible, the width the sum of its characters' widths.

    Newlines become ``⏎``, other control characters their pictures (``␛``), everything else that is invisible,
    unassigned or reorders text ``�``. At most four combining marks stay on one letter. Cleaning twice changes nothing.
    """
    if text.isascii() and text.isprintable():
        return text
    out: list[str] = []
    base = ""
    marks = 0
    for character in text:
        if character in _RESTYLING:
            if base and _is_symbol(base):
                continue
            shown = PLACEHOLDER
        else:
            shown = _shown(character)
        if get_character_cell_size(shown) > 0:
            base, marks = shown, 0
            out.append(shown)
            continue
        marks += 1
        if not base:
            base = _LONE_MARK_BASE
            out.append(base)
        if marks <= MAX_MARKS:
            out.append(shown)
        elif marks == MAX_MARKS + 1:
            out.append(PLACEHOLDER)
    return "".join(out)


def cell_width(text: str) -> int:
    """Cells that cleaned text takes in the terminal."""
    return len(text) if text.isascii() else cell_len(text)


@lru_cache(maxsize=16384)
def _fitted(text: str, width: int, cut: bool) -> str:
    """Cleaned ``text`` within ``width`` cells, with an ellipsis if it is too long or was already ``cut``."""
    cleaned = clean(text)
    if not cut and cell_width(cleaned) <= width:
        return cleaned
    used = end = 0
    for end, character in enumerate(cleaned):  # noqa: B007 (the index is read after the loop)
        size = get_character_cell_size(character)
        if used + size > width - 1:
            break
        used += size
    else:
        end = len(cleaned)
    return cleaned[:end] + ELLIPSIS


def fit(text: str, width: int) -> str:
    """``text`` cleaned and cut to at most ``width`` cells, ending in ``…`` when something was cut.

    The cost is bounded by ``width``, whatever the length of the text.
    """
    if width <= 0:
        return ""
    # Past eight characters a cell there is only a flood of marks and joiners: what follows is cut anyway.
    limit = width * 8
    if len(text) > limit:
        return _fitted(text[:limit], width, True)
    return _fitted(text, width, False)


def pad(text: str, width: int, align: Align = Align.LEFT) -> str:
    """``text`` cleaned, cut and filled with spaces to exactly ``width`` cells."""
    fitted = fit(text, width)
    gap = " " * (width - cell_width(fitted))
    return gap + fitted if align is Align.RIGHT else fitted + gap


def needed_width(text: str, limit: int) -> int:
    """Cells that ``text`` would take once cleaned, at most ``limit``."""
    return cell_width(fit(text, limit))
