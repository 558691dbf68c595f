"""A mind that is a program in the sandbox: here only what it is made of; it is run by `engine.code.programs`."""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from pydantic import Field

from engine.minds.base import Params
from engine.sandbox.types import MAX_SOURCE


class ProgramParams(Params):
    """The source of the program, and what it finds under the name `args`: free data, such as whom to trade with."""

    source: Annotated[str, Field(min_length=1, max_length=MAX_SOURCE)]
    args: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Program:
    """A mind that does not decide by itself: the step runs it in the sandbox."""

    params: ProgramParams

    @property
    def code(self) -> str:
        """Names source and arguments together: another name is another program."""
        told = orjson.dumps((self.params.source, self.params.args))
        return hashlib.blake2b(told, digest_size=8).hexdigest()
