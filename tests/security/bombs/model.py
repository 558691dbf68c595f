"""What a bomb is: code that takes more than it may, if it can."""

from dataclasses import dataclass
from textwrap import dedent

from engine.sandbox.types import Kind


@dataclass(frozen=True, slots=True)
class Bomb:
    """Code whose `run()` goes on, grows, or says too much.

    What does not `parse` is no Python, on purpose; None if it depends on how deep the Python at hand can read.
    """

    name: str
    source: str
    kind: Kind = Kind.TOOL
    parses: bool | None = True


def bomb(name: str, source: str, kind: Kind = Kind.TOOL) -> Bomb:
    """A bomb whose source is indented like the code around it."""
    return Bomb(name, dedent(source).strip() + "\n", kind)


def body(name: str, *lines: str, imports: str = "", kind: Kind = Kind.TOOL) -> Bomb:
    """A bomb that is the lines of `run`, after the modules it needs."""
    start = f"import {imports}\n" if imports else ""
    return Bomb(name, start + "def run():\n" + "".join(f"    {line}\n" for line in lines), kind)


def source(name: str, text: str, *, parses: bool | None = True) -> Bomb:
    """A bomb that is its own source, before anything of it runs."""
    return Bomb(name, text, parses=parses)
