"""The shapes of what a screen may show of agents' code: who may run it, who does, what it takes, where it fails."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """What code has taken in the whole run, by the operating system's accounting: µs and bytes.

    Wall time is that of the worker, waiting for the world left out; `peak` is the most memory of any turn.
    """

    calls: int
    failures: int
    host_calls: int
    cpu: int
    wall: int
    peak: int
    disk: int


@dataclass(frozen=True, slots=True)
class MethodRow:
    """One method of an interface: `params` as `name: type`, `?` behind what may be left out; its price in scrip."""

    name: str
    params: tuple[str, ...]
    price: int
    tells: str


@dataclass(frozen=True, slots=True)
class ContractLink:
    """One contract that decides on access, and below it (`level`) those that decide on access to that contract."""

    id: str
    kind: str  # genesis, written, missing, not executable
    by: str  # who wrote it and who controls it, or what follows from its kind, in words
    level: int
    again: bool  # it stands further up already: a circle


@dataclass(frozen=True, slots=True)
class CallerRow:
    """Who has invoked an artifact lately, the latest first: how often, how often in vain, and what the last time."""

    who: str
    calls: int
    failures: int
    last: str
    last_at: int


@dataclass(frozen=True, slots=True)
class FailureRow:
    """One failure of code: for whom, over what, and where; `limit` says in words which limit it reached."""

    at: int
    seq: int
    who: str
    what: str
    error: str
    line: int  # 0: not known
    limit: str


@dataclass(frozen=True, slots=True)
class Denial:
    """One refusal: who wanted what, the code and reason they were told, and what only the operator is told."""

    at: int
    seq: int
    who: str
    what: str
    code: str
    why: str
    story: str


@dataclass(frozen=True, slots=True)
class CodeView:
    """The code of an executable artifact; `lately` is within the latest events, of which some thousands are kept."""

    source: str
    methods: tuple[MethodRow, ...]
    cost_model: str  # of a contract, in words; empty for what is none
    cache: str
    measured: Measured | None  # None: it has not run
    charged: int  # scrip, lately
    callers: tuple[CallerRow, ...]
    failures: tuple[FailureRow, ...]


@dataclass(frozen=True, slots=True)
class ProgramView:
    """The program that drives an agent: where it waits and for what, and what it has been told and has said."""

    source: str
    line: int  # 0: it has not begun, or begins again at its next step
    waits: str  # the call that it waits in; else why it waits nowhere
    begun_at: int | None
    replies: int
    size: int  # bytes of its replies
    request: int | None  # the capability request that it waits for
    printed: str
    failure: FailureRow | None  # the latest, lately
