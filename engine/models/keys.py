"""Where keys are found, and that they are told to nobody.

In this order: the environment, `.env` in the working directory, `.env` in the user's configuration folder.
"""

import re
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path

from dotenv import dotenv_values
from platformdirs import user_config_path

from engine.kernel.errors import printable

HIDDEN = "[key]"
_NAMES = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
_LOOKS = re.compile(r"\b(?:sk|pk|gsk|xai|hf|r8)[-_][A-Za-z0-9_\-]{12,}|\bAIza[A-Za-z0-9_\-]{20,}|(?<=Bearer )\S{6,}")
_SHORTEST = 6
_LONGEST_TEXT = 400


def files() -> tuple[Path, ...]:
    """The dotenv files that are looked into, the first one first."""
    return Path(".env"), user_config_path("ecosim", appauthor=False) / ".env"


def found(environ: Mapping[str, str]) -> dict[str, str]:
    """Everything that is set: the environment, and what dotenv files add to it."""
    known: dict[str, str] = {}
    for path in reversed(files()):
        if path.is_file():
            known |= {name: value for name, value in dotenv_values(path, interpolate=False).items() if value}
    return known | {name: value for name, value in environ.items() if value or name not in known}


def load(environ: MutableMapping[str, str]) -> frozenset[str]:
    """Put what dotenv files add into the environment; the values that may be keys, of whatever name they have there."""
    before = dict(environ)
    known = found(before)
    environ.update(known)
    return frozenset(
        value
        for name, value in known.items()
        if len(value) >= _SHORTEST and (_NAMES.search(name) or before.get(name) != value)
    )


class Scrubber:
    """Takes keys out of texts: those that are known, and what looks like one."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values = sorted({value for value in values if len(value) >= _SHORTEST}, key=len, reverse=True)

    def whole(self, text: str) -> str:
        """The text without keys."""
        for value in self._values:
            text = text.replace(value, HIDDEN)
        return _LOOKS.sub(HIDDEN, text)

    def line(self, text: str) -> str:
        """The text without keys, on one line, short enough for a message."""
        short = " ".join(self.whole(text).split())
        return printable(short if len(short) <= _LONGEST_TEXT else f"{short[: _LONGEST_TEXT - 1]}…")
