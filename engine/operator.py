"""The one door for operators: a closed list of commands, each logged as an `operator.*` commit.

Commands and acknowledgements are plain frozen data with a JSON form (`to_json`, `from_json`), so that a console in
another process is the same console.
"""

from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Protocol

from engine.kernel.entities import SimTime
from engine.view.types import EventRow, Snapshot, Topic

if TYPE_CHECKING:
    from engine.view.model_types import ThoughtView

SLOWEST, FASTEST = 0.001, 1_000_000.0
"""World seconds per real second: below the one a world would seem to stand still, above the other there is `max`."""


def fits_pace(scale: float) -> bool:
    """Whether a clock can keep a pace; not a number is none."""
    return SLOWEST <= scale <= FASTEST


@dataclass(frozen=True, slots=True)
class PauseWorld:
    """Stop every clock; a step that is being performed is finished first."""


@dataclass(frozen=True, slots=True)
class ResumeWorld:
    """Let world time go on."""


@dataclass(frozen=True, slots=True)
class StepWorld:
    """With the world paused: every active agent does one step."""


@dataclass(frozen=True, slots=True)
class PauseAgent:
    """The agent stops before its next action, even with a thought in flight."""

    agent: str


@dataclass(frozen=True, slots=True)
class ResumeAgent:
    """The agent goes on; a kept thought is acted on if its configuration is still the same."""

    agent: str


@dataclass(frozen=True, slots=True)
class StepAgent:
    """The agent does one step now, paused or not."""

    agent: str


@dataclass(frozen=True, slots=True)
class StopAgent:
    """Pause the agent, revoke all its grants, withdraw its requests, cancel its orders, drop its thought in flight."""

    agent: str


@dataclass(frozen=True, slots=True)
class Approve:
    """Grant a pending request, as asked or narrower; what is None is as asked.

    `payload` is the digest of what the operator was shown to be done; another one is refused.
    """

    request: int
    uses: int | None = None
    ttl: SimTime | None = None
    reason: str = ""
    resource: str | None = None
    quota: dict[str, int] | None = None
    depth: int | None = None
    payload: str | None = None


@dataclass(frozen=True, slots=True)
class Deny:
    """Refuse a pending request; the agent reads the reason."""

    request: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GrantCapability:
    """Give an agent a capability that it has not asked for."""

    agent: str
    verb: str
    resource: str = "*"
    uses: int = 1
    ttl: SimTime = 600_000_000
    reason: str = ""
    quota: dict[str, int] = field(default_factory=dict)
    depth: int = 0


@dataclass(frozen=True, slots=True)
class RevokeGrant:
    """End a grant: its next use is refused."""

    grant: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MakeRule:
    """Let a rule answer requests from now on; its fields are those of a rule in a world file."""

    rule: dict[str, Any]


@dataclass(frozen=True, slots=True)
class DropRule:
    """Take back a rule that an operator has made."""

    name: str


@dataclass(frozen=True, slots=True)
class HaltInstrument:
    """Stop trading in an instrument, or let it go on."""

    instrument: str
    halted: bool = True


@dataclass(frozen=True, slots=True)
class Configure:
    """Change an agent's prompt, mind, parameters or think delay; what is None stays as it is."""

    agent: str
    prompt: str | None = None
    mind: str | None = None
    params: dict[str, Any] | None = None
    think_delay: SimTime | None = None


@dataclass(frozen=True, slots=True)
class SetModel:
    """Let an agent think with another language model of the world from its next thought on."""

    agent: str
    model: str


@dataclass(frozen=True, slots=True)
class RaiseCap:
    """Set the limit on how much of an asset may be issued in this world."""

    asset: str
    limit: int


@dataclass(frozen=True, slots=True)
class Fund:
    """Issue more of a resource to a principal, within the asset's cap; scrip comes from the mint alone."""

    principal: str
    asset: str
    amount: int


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Send an agent a message from the operator."""

    agent: str
    body: str


@dataclass(frozen=True, slots=True)
class AttachNote:
    """Attach a note to the commit with this number."""

    seq: int
    text: str


@dataclass(frozen=True, slots=True)
class SetApprovals:
    """Who answers capability requests from now on: ask, policy, deny or allow."""

    mode: str


@dataclass(frozen=True, slots=True)
class StopRun:
    """End the run for good, with a reason; it can still be read, verified and backed up."""

    reason: str = "operator"


Command = (
    PauseWorld
    | ResumeWorld
    | StepWorld
    | PauseAgent
    | ResumeAgent
    | StepAgent
    | StopAgent
    | Approve
    | Deny
    | GrantCapability
    | RevokeGrant
    | MakeRule
    | DropRule
    | HaltInstrument
    | Configure
    | SetModel
    | RaiseCap
    | Fund
    | SendMessage
    | AttachNote
    | SetApprovals
    | StopRun
)

COMMANDS: dict[str, type[Any]] = {
    "pause_world": PauseWorld,
    "resume_world": ResumeWorld,
    "step_world": StepWorld,
    "pause": PauseAgent,
    "resume": ResumeAgent,
    "step": StepAgent,
    "stop_agent": StopAgent,
    "approve": Approve,
    "deny": Deny,
    "grant": GrantCapability,
    "revoke": RevokeGrant,
    "make_rule": MakeRule,
    "drop_rule": DropRule,
    "halt": HaltInstrument,
    "configure": Configure,
    "set_model": SetModel,
    "raise_cap": RaiseCap,
    "fund": Fund,
    "message": SendMessage,
    "note": AttachNote,
    "approvals": SetApprovals,
    "stop": StopRun,
}
NAMES: dict[type[Any], str] = {kind: name for name, kind in COMMANDS.items()}


@dataclass(frozen=True, slots=True)
class Ack:
    """The answer to a command: whether it holds, the commit that holds it (durable by then), and a sentence."""

    ok: bool
    seq: int
    message: str
    data: dict[str, Any] = field(default_factory=dict)


def to_json(command: Command) -> dict[str, Any]:
    """A command as plain data: its name under `command`, then its fields."""
    return {"command": NAMES[type(command)], **asdict(command)}


def from_json(data: dict[str, Any]) -> Command:
    """The command that `to_json` made plain data of; raises ValueError that names what is wrong."""
    name = data.get("command")
    kind = COMMANDS.get(str(name))
    if kind is None:
        raise ValueError(f"there is no operator command {str(name)[:40]!r}; there are: {', '.join(COMMANDS)}")
    known = {f.name for f in fields(kind)}
    given = {key: value for key, value in data.items() if key != "command"}
    if unknown := sorted(given.keys() - known):
        raise ValueError(
            f"operator command {name} has no field {unknown[0][:40]!r}; it has: {', '.join(sorted(known))}"
        )
    import orjson  # both not before the first frame of a console
    from pydantic import TypeAdapter, ValidationError

    try:
        command: Command = TypeAdapter(kind).validate_json(orjson.dumps(given), strict=True)
    except TypeError as error:
        raise ValueError(f"operator command {name}: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(f"operator command {name}: {place}: {first['msg']}") from error
    return command


@dataclass(frozen=True, slots=True)
class Query:
    """What to show of a topic: one thing by `key`, or a window of rows sorted and filtered.

    `find` is the key of a row whose place among the matching rows is wanted.
    """

    topic: Topic
    key: str = ""
    start: int = 0
    count: int = 200
    sort: str = ""
    reverse: bool = False
    filter: str = ""
    find: str = ""


class Door(Protocol):
    """What an operator's client talks to: commands in, frozen views out."""

    def snapshot(self, query: Query) -> Snapshot | None:
        """The view that a query asks for, as far as it is known here; cheap if its revision has not moved.

        None if it is still on its way: then what is shown stays.
        """

    async def fresh(self, query: Query) -> Snapshot:
        """The view as it is now, for what is decided by it."""

    async def command(self, command: Command, operator: str) -> Ack:
        """Carry a command out; when this returns, it is durable and shown in every later snapshot."""

    async def history(self, query: Query, before: int) -> tuple[EventRow, ...]:
        """Events of commits before `before`, newest first, from the run's file; a commit is never cut in two."""

    async def thoughts(self, agent: str, before: int) -> "tuple[ThoughtView, ...]":
        """Thoughts of an agent that were asked for in commits before `before`, newest first, from the run's file."""

    def set_pace(self, scale: float | None) -> None:
        """World seconds per real second; None is as fast as possible. Not part of the world, so not logged."""
