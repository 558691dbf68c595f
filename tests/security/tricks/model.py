"""What a trick is: code that tries to get out, and says truthfully whether it did."""

from dataclasses import dataclass
from textwrap import dedent

from engine.sandbox.types import Kind


@dataclass(frozen=True, slots=True)
class Trick:
    """Code whose `run()` returns True if and only if it got out.

    What is `planted` looks at a later call for what an earlier one left. What `needs_sandbox` aims at something that
    only the sandbox has, or that plain Python does not do; what does not `parse` is no Python, on purpose.
    """

    name: str
    source: str
    kind: Kind = Kind.TOOL
    needs_sandbox: bool = False
    planted: bool = False
    parses: bool = True


def trick(
    name: str, source: str, kind: Kind = Kind.TOOL, *, needs_sandbox: bool = False, planted: bool = False
) -> Trick:
    """A trick whose source is indented like the code around it."""
    return Trick(name, dedent(source).strip() + "\n", kind, needs_sandbox, planted)


def seen(name: str, expression: str, *imports: str, needs_sandbox: bool = False) -> Trick:
    """A trick that is one expression, true if it got out, after the imports it needs."""
    lines = [f"import {module}\n" for module in imports]
    return Trick(name, f"{''.join(lines)}def run():\n    return {expression}\n", needs_sandbox=needs_sandbox)


def leak(name: str, source: str, *, needs_sandbox: bool = False) -> Trick:
    """A trick that is run twice: `run()` is true if it finds what it planted the time before."""
    return trick(name, source, needs_sandbox=needs_sandbox, planted=True)
