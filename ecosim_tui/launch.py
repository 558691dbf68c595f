"""What the command line asks for, as plain data that both front ends take."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Opening:
    """What the command line asks for, checked: a world to begin or a run to go on with, and how it is driven."""

    world: str
    run: Path | None
    sets: tuple[str, ...]
    agents: int | None
    seed: int | None
    db: Path | None
    scale: float | None
    duration: str | None
    actions: int | None
    approvals: str | None
    policy: str | None = None
    notify: str = "off"
    model: str | None = None
    replay: Path | None = None
    """A run whose models' answers are given again; `world` is empty where it is told again whole."""
