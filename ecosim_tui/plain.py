"""What the command line prints: names and texts of others are shown, never obeyed by the terminal."""

import os
import sys
from pathlib import Path

from engine.kernel.errors import printable


def plain(text: str) -> str:
    """The text with everything escaped that would move the cursor, hide or turn what is beside it; lines stay lines."""
    return "\n".join(map(printable, text.split("\n")))


def say(text: str) -> None:
    """Print a result."""
    print(plain(text))


def complain(text: str) -> None:
    """Print what is wrong."""
    print(f"ecosim: {plain(text)}", file=sys.stderr)


def name_of(path: Path) -> str:
    """A path as text that JSON can hold: the bytes of a name that are not UTF-8 are escaped."""
    return os.fsencode(path).decode(errors="backslashreplace")
