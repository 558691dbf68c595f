"""What is wrong with a world file, said so that it can be mended and printed safely."""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.kernel.errors import EcosimError, printable

KeyPath = tuple[str | int, ...]
"""Where a value stands in the document: keys of tables and indexes of arrays, from 0."""

_BARE = re.compile(r"[A-Za-z0-9_-]{1,80}")
_PRINTABLE_BITS = 200
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at a place of the document, before it is known which file and line that is."""

    path: KeyPath
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong, with its place and what to do about it; `line` is None where there is none (`--set`)."""

    file: str
    line: int | None
    key: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        place = safe(self.file, 200) if self.line is None else f"{safe(self.file, 200)}:{self.line}"
        return ": ".join(part for part in (place, self.key, f"{self.problem}; {self.remedy}") if part)


class WorldFileError(EcosimError):
    """A world cannot be loaded; carries every problem that was found, and prints one line for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def safe(text: str, limit: int = _SHOWN) -> str:
    """The text on one line, shortened, with control, format and other unprintable characters escaped."""
    cut = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return printable(cut)


def shown(value: object) -> str:
    """A value from a world file as it can stand in a message: as TOML spells it, short and safe."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() if value.bit_length() > _PRINTABLE_BITS:
            return f"a number of {value.bit_length()} bits"
        case int() | float():
            return str(value)
        case str():
            length = f" ({len(value)} characters)" if len(value) > _SHOWN else ""
            return f'"{safe(value)}"{length}'
        case dict():
            return "a table"
        case list() | tuple():
            return "an array"
        case None:
            return "nothing"
        case _:
            return f"the date or time {safe(str(value))}"


def key_text(path: KeyPath) -> str:
    """A path as people write it: `agents[3].params.amount`; a key that is not a bare one is quoted."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            bare = part if _BARE.fullmatch(part) else f'"{safe(part, 40)}"'
            text += f".{bare}" if text else bare
    return text


def name_of(element: object) -> str:
    """What an element of an array is called in paths: its id, else its name; empty if it has none."""
    if not isinstance(element, dict):
        return ""
    name = element.get("id", element.get("name", ""))
    return name if isinstance(name, str) else ""


def named_text(path: KeyPath, document: object) -> str:
    """A path with the names of the elements beside their places: `agents[3] (nate).scrip`."""
    text, node = "", document
    for position, part in enumerate(path):
        node = node.get(part) if isinstance(node, dict) else _at(node, part)
        step = key_text((part,))
        text += f".{step}" if text and isinstance(part, str) else step
        if isinstance(part, int) and position and (name := name_of(node)):
            text += f" ({safe(name, 40)})"
    return text


def _at(node: object, part: str | int) -> object:
    return node[part] if isinstance(node, list) and isinstance(part, int) and part < len(node) else None


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, if one is near."""
    close = difflib.get_close_matches(word[:100], list(known), 1, 0.6)
    return close[0] if close else None


def meant(word: str, known: Sequence[str], kind: str) -> str:
    """The remedy for an unknown word: the near one, else the list of what there is."""
    close = nearest(word, known)
    if close is not None:
        return f"did you mean `{close}`?"
    return f"{kind}: {', '.join(known[:20])}{', …' if len(known) > 20 else ''}" if known else f"{kind}: none"
