"""The chain of contracts: who decides on access to an artifact, and who decides on access to those who decide."""

from collections.abc import Iterator

from engine.genesis.contracts import CONTRACTS, SUMMARIES
from engine.kernel.entities import Artifact
from engine.kernel.state import State
from engine.view.code_types import ContractLink
from engine.view.words import line

LEVELS = 4
LINKS = 40
"""How far down the chain is followed, and how many contracts are listed at the most."""


def chain(state: State, artifact: Artifact) -> tuple[ContractLink, ...]:
    """The contracts of an artifact, each with its own contracts below it; those of genesis cannot be changed by any."""
    links: list[ContractLink] = []
    for link in _below(state, artifact, 0, (artifact.id,)):
        links.append(link)
        if len(links) >= LINKS:
            break
    return tuple(links)


def _below(state: State, artifact: Artifact, level: int, above: tuple[str, ...]) -> Iterator[ContractLink]:
    for contract in artifact.access[:LINKS]:
        row, again = state.artifacts.rows.get(contract), contract in above
        kind, by = kind_of(contract, row)
        yield ContractLink(line(contract), kind, by, level, again)
        if row is not None and kind != "genesis" and not again and level + 1 < LEVELS:
            yield from _below(state, row, level + 1, (*above, contract))


def kind_of(contract: str, row: Artifact | None) -> tuple[str, str]:
    """What a contract is, and in words by whom, or what follows from it."""
    if contract in CONTRACTS:
        return "genesis", SUMMARIES[contract].rstrip(".")
    if row is None:
        return "missing", "it does not exist: everything is denied to everybody"
    if not row.can_execute:
        return "not executable", "it holds no code: everything is denied to everybody"
    control = "" if row.controller == row.created_by else f", controlled by {row.controller}"
    return "written", line(f"by {row.created_by}{control}")
