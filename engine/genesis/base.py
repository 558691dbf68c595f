"""The one shape of genesis artifacts: typed methods → interface with JSON Schema → validated call → handler."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.capabilities.grants import canonical
from engine.kernel.actions import Call
from engine.kernel.entities import Artifact, Json
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction

A = TypeVar("A", bound="Args")
NAME = "^[a-z][a-z0-9_]{0,30}$"
"""What an agent may call an agent or account that it brings into the world."""


class Args(BaseModel):
    """The arguments of a method: strict types, nothing extra."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def exactly(args: Args) -> Callable[[], str]:
    """The text that stands for a call with these arguments, made when a grant for one exact call asks for it."""
    return lambda: canonical(args.model_dump(exclude_unset=True))


class NoArgs(Args):
    """A method that takes nothing."""


Handler = Callable[[Call, Any], Awaitable[Json | Refusal]]


@dataclass(frozen=True, slots=True)
class Method:
    """A published method: its name, what its arguments are, what it does in one sentence, and the code."""

    name: str
    args: type[Args]
    description: str
    handler: Handler


def method(
    name: str, args: type[A], description: str, handler: Callable[[Call, A], Awaitable[Json | Refusal]]
) -> Method:
    """A `Method` whose handler takes just the arguments that it declares."""
    return Method(name, args, description, handler)


class Genesis:
    """A genesis artifact: an id, a title, and its methods."""

    def __init__(self, artifact_id: str, title: str, methods: Iterable[Method]) -> None:
        self.id = artifact_id
        self.title = title
        self.methods = {m.name: m for m in methods}

    def interface(self) -> Json:
        """The methods as MCP tools: name, description, input schema."""
        return {
            "tools": [
                {"name": m.name, "description": m.description, "inputSchema": m.args.model_json_schema()}
                for m in self.methods.values()
            ]
        }

    async def call(self, call: Call, name: str, args: Json) -> Json | Refusal:
        """Validate the arguments and run the method."""
        found = self.methods.get(name)
        if found is None:
            return Refusal(
                "no_such_method", f"{self.id} has no method {str(name)[:40]!r}; it has: {', '.join(self.methods)}"
            )
        try:
            parsed = found.args.model_validate(args)
        except ValidationError as error:
            return Refusal("bad_arguments", f"{self.id}.{name}: {first_problem(error)}")
        return await found.handler(call, parsed)


def first_problem(error: ValidationError) -> str:
    """What is wrong with the first field that does not fit, for an agent to act on."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part)[:40] for part in first["loc"]) or "arguments"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{place}: {first['msg'][:200]}{more}"


class Registry:
    """The genesis artifacts by id: what the kernel asks to run an executable artifact."""

    def __init__(self, artifacts: Iterable[Genesis]) -> None:
        self.artifacts = {a.id: a for a in artifacts}

    async def invoke(self, call: Call, artifact: Artifact, method: str, args: Json) -> Json | Refusal:
        """Run a method of a genesis artifact; other code is refused, because nothing here can run it safely."""
        genesis = self.artifacts.get(artifact.id)
        if genesis is not None:
            return await genesis.call(call, method, args)
        return Refusal("cannot_run", f"{artifact.id} is not a genesis artifact; code written by agents cannot run here")

    async def check(self, tx: Transaction, actor: str, code: str, interface: Json | None) -> Refusal | None:
        """Nothing is said against code that will not run."""
        return None

    async def read(self, tx: Transaction, program: str) -> Refusal | None:
        """Nor against a program."""
        return None
