"""Refusals, which are values an agent can act on, and the exceptions for broken promises."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an action did not happen: a stable `code`, and one sentence the agent can act on."""

    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def printable(text: str) -> str:
    """The text with control, format and other unprintable characters escaped, so that a message can be printed."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


class EcosimError(Exception):
    """Root of the errors that the engine raises on purpose."""


class InvariantBroken(EcosimError):
    """A promise of the kernel does not hold; the run must stop rather than go on."""


class Conflict(EcosimError):
    """What a transaction read has changed before it could commit; it has to be run again."""
