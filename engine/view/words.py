"""Small pieces of text for people: capped agent text, lengths of time, lists; the screen does the rest."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from engine.kernel.entities import SECOND, Json, SimTime

LINE = 200
TEXT = 20_000
"""Characters of agents' text in a row, and in a whole content."""


def line(text: str, most: int = LINE) -> str:
    """Text cut to at most `most` characters, with a sign where something is missing; otherwise as it is."""
    return text if len(text) <= most else text[: most - 1] + "…"


def whole(text: str) -> str:
    """A long text cut to at most 20,000 characters, with a note of how much is missing."""
    if len(text) <= TEXT:
        return text
    note = f"\n… {len(text):,} characters in all"
    return text[: TEXT - len(note)] + note


def length(micros: SimTime) -> str:
    """A length of time in its two largest units: `450ms`, `2m 05s`, `1d 3h`."""
    if micros < SECOND:
        return f"{micros / 1000:g}ms"
    if micros < 10 * SECOND and micros % SECOND:
        return f"{micros / SECOND:.1f}s"
    seconds = micros // SECOND
    if seconds < 60:
        return f"{seconds}s"
    for unit, name, part, part_name in ((3_600, "m", 60, "s"), (86_400, "h", 3_600, "m")):
        if seconds < unit:
            large, rest = divmod(seconds, part)
            rest = rest if part == 60 else rest // 60
            return f"{large}{name} {rest:02}{part_name}" if rest else f"{large}{name}"
    days, rest = divmod(seconds, 86_400)
    return f"{days}d {rest // 3_600}h" if rest >= 3_600 else f"{days}d"


def stamp(micros: SimTime) -> str:
    """World time since time zero: `00:02:05`, `3d 04:00:00`."""
    days, seconds = divmod(micros // SECOND, 86_400)
    text = f"{seconds // 3_600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{days}d {text}" if days else text


def times(count: int) -> str:
    """`once`, `3 times`."""
    return "once" if count == 1 else f"{count:,} times"


def terms(data: Json, most: int = 120, depth: int = 0) -> str:
    """The fields of plain data as `name value, name value`, empty texts left out, cut to `most` characters."""
    # Agents' data may be large and deep: no more of it is looked at than can be shown.
    shown = ", ".join(
        f"{line(name, 60)} {plain(value, 60, depth)}" for name, value in islice(data.items(), 12) if value != ""
    )
    return line(shown, most)


def plain(value: Any, most: int = 60, depth: int = 0) -> str:
    """One value of plain data in a few words."""
    if isinstance(value, str):
        return line(value, most)
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, dict):
        return "{" + (terms(value, most, depth + 1) if depth < 2 else "…") + "}"
    if isinstance(value, list | tuple):
        inside = ", ".join(plain(v, most, depth + 1) for v in value[:10]) if depth < 2 else "…"
        return line(f"[{inside}]", most)
    return line(str(value), most)


def joined(parts: Iterable[str], between: str = " · ") -> str:
    """The parts that are not empty."""
    return between.join(part for part in parts if part)
