"""Plain values that pass between the engine and the store."""

from dataclasses import dataclass
from typing import Any

from engine.kernel.codec import GENESIS_HASH
from engine.kernel.entities import SimTime


@dataclass(frozen=True, slots=True)
class Meta:
    """What a run was started from; outside the hash. `created_at` is wall time in ISO 8601."""

    world: str
    world_toml: str
    seed: int
    created_at: str
    ecosim_version: str
    world_format: int


@dataclass(frozen=True, slots=True)
class Retention:
    """How much of the log stays in the database: `keep` in µs of world time, so many events, so many bytes of the file.

    What is beyond any of them is archived; with none of them everything stays.
    """

    keep: int | None = None
    events: int | None = None
    bytes: int | None = None


NO_RETENTION = Retention()


@dataclass(frozen=True, slots=True)
class Durable:
    """How far the run is on disk: the last commit, its hash (32 bytes), and the bytes written so far.

    `bytes_written` is the size of the database that holds the run up to `seq`, before compression by anything below it.
    """

    seq: int
    hash: bytes
    bytes_written: int


NOTHING = Durable(0, GENESIS_HASH, 0)
"""A run without a commit."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What an opened run holds.

    `rows` has the rows of each kernel table; `usages` are (principal, asset, at, amount) in order of time, as far back
    as the longest rolling window reaches; `tail` has the bodies of the commit of the last sample of health
    figures and of all after it, of all commits if there is none.
    """

    meta: Meta
    seq: int
    now: SimTime
    hash: bytes
    rows: dict[str, list[Any]]
    usages: list[tuple[str, str, SimTime, int]]
    tail: list[bytes]
