"""Permission through contracts: the only authority on access, failing closed.

An artifact names one contract or several; all have to agree. A contract is asked with the immediate caller as the
requester. Whatever goes wrong (no such contract, an error, a wrong answer, too deep) means no.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from engine.kernel.entities import Artifact, SimTime
from engine.kernel.errors import Conflict, InvariantBroken, Refusal
from engine.kernel.transaction import Savepoint, Transaction, scan_version

MAX_DEPTH = 10
MAX_REASON = 200
FAILED = "contract.failed"
"""The event that tells the operator what a contract did wrong."""
OUTLIVING = frozenset((FAILED, "grant.misused"))
"""Events that outlive the refusal of the action: what was tried is to be known."""


class Access(StrEnum):
    """What may be asked of a contract; an edit asks as write."""

    READ = "read"
    WRITE = "write"
    INVOKE = "invoke"
    DELETE = "delete"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A contract's answer; the reason is for the requester."""

    allowed: bool
    reason: str


ALLOWED = Verdict(True, "")


@dataclass(frozen=True, slots=True)
class Question:
    """What a contract is asked: may `requester` do `action` to `artifact`?"""

    artifact: Artifact
    action: Access
    requester: str
    depth: int
    context: dict[str, Any]


NativeContract = Callable[[Transaction, Question], Verdict]


class ContractRunner(Protocol):
    """Runs a contract that an agent wrote; it may wait for an outside answer."""

    def __call__(self, tx: Transaction, contract: Artifact, question: Question) -> Awaitable[Verdict]:
        """The contract's verdict; any exception is taken as no."""


@dataclass(frozen=True, slots=True)
class _Cached:
    """A verdict with everything that it was taken on; it holds while none of that has changed, the time included."""

    verdict: Verdict
    at: SimTime
    reads: tuple[tuple[tuple[Any, Any], Any], ...]
    scans: tuple[tuple[tuple[Any, Any], int], ...]


class AccessControl:
    """Asks the access contracts of artifacts."""

    def __init__(
        self, native: dict[str, NativeContract], runner: ContractRunner | None = None, cache_size: int = 10_000
    ) -> None:
        self._native = native
        self._runner = runner
        self._cache: OrderedDict[tuple[str, str, Access, str], _Cached] = OrderedDict()
        self._cache_size = cache_size
        self.hits = 0

    async def refuse(
        self, tx: Transaction, artifact: Artifact, action: Access, requester: str, depth: int = 0, **context: Any
    ) -> Refusal | None:
        """None if every contract of the artifact allows, else the refusal of the first that does not.

        `depth` is how many contracts and calls the question comes through already.
        """
        if not artifact.access:
            return Refusal("access_denied", f"{artifact.id} names no access contract, so nobody may {action} it")
        question = Question(artifact, action, requester, depth, context)
        for contract_id in artifact.access:
            native = self._native.get(contract_id)
            if native is not None:
                verdict = native(tx, question)
            elif depth >= MAX_DEPTH:
                return Refusal("too_deep", f"permission was asked through more than {MAX_DEPTH} contracts")
            else:
                verdict = await self._ask(tx, contract_id, question)
            if not verdict.allowed:
                reason = _line(verdict.reason) or "the contract said no"
                return Refusal("access_denied", f"{requester} may not {action} {artifact.id}: {reason}")
        return None

    async def _ask(self, tx: Transaction, contract_id: str, question: Question) -> Verdict:
        contract = tx.get(tx.state.artifacts, contract_id)
        if contract is None:
            return Verdict(False, f"its contract {contract_id} does not exist")
        if self._runner is None:
            return Verdict(False, f"its contract {contract_id} cannot run here")
        if not contract.can_execute:
            return Verdict(False, f"its contract {contract_id} is not executable")
        place = (contract_id, question.artifact.id, question.action, question.requester)
        if not question.context and (cached := self._hit(tx, place)) is not None:
            return cached
        mark = tx.savepoint()
        outer_reads, outer_scans = tx.reads, tx.scans
        tx.reads, tx.scans = {}, {}
        # The verdict rests on both rows, although the contract is handed them and need not read them.
        tx.get(tx.state.artifacts, contract_id)
        tx.get(tx.state.artifacts, question.artifact.id)
        try:
            verdict = _checked(await self._runner(tx, contract, question))
            if not (tx.writes or tx.usages or question.context):
                self._keep(place, _Cached(verdict, tx.at, tuple(tx.reads.items()), tuple(tx.scans.items())))
        except (Conflict, InvariantBroken):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a contract does wrong means no, and is told
            roll_back(tx, mark)
            tx.emit(
                "contract.failed", contract_id, question.artifact.id, error=_line(f"{type(error).__name__}: {error}")
            )
            verdict = Verdict(False, "its contract failed")
        finally:
            # Where both have read the same, the first reading counts: something was decided on it.
            tx.reads, tx.scans = {**tx.reads, **outer_reads}, {**tx.scans, **outer_scans}
        return verdict

    def _hit(self, tx: Transaction, place: tuple[str, str, Access, str]) -> Verdict | None:
        """The verdict kept for this question, its read set joined to the caller's, if all of it still holds."""
        cached = self._cache.get(place)
        if cached is None or (cached.scans and (tx.writes or tx.usages)):
            return None
        if not _current(tx, cached):
            del self._cache[place]
            return None
        for scan, version in cached.scans:
            tx.scans.setdefault(scan, version)
        self._cache.move_to_end(place)
        self.hits += 1
        return cached.verdict

    def _keep(self, place: tuple[str, str, Access, str], cached: _Cached) -> None:
        self._cache[place] = cached
        if len(self._cache) > self._cache_size:
            self._cache.popitem(last=False)


def roll_back(tx: Transaction, to: Savepoint) -> None:
    """Drop everything done since the savepoint but what went wrong and the operator is to know."""
    failures = [event for event in tx.events[to.events :] if event.type in OUTLIVING]
    tx.rollback(to)
    tx.events.extend(failures)


def _current(tx: Transaction, cached: _Cached) -> bool:
    """Whether all that a verdict was taken on is as it was; spelled out, as it is asked in every step."""
    if cached.at != tx.at:
        return False  # the contract may have looked at the clock, of which no version tells
    for (table, key), row in cached.reads:
        if tx.get(table, key) is not row:
            return False
    return all(scan_version(source, bucket) == version for (source, bucket), version in cached.scans)


def _line(text: str) -> str:
    """The beginning of a stranger's text, as text that can be stored."""
    return text[:MAX_REASON].encode(errors="replace").decode()


def _checked(answer: object) -> Verdict:
    """What a contract answered, if it is a verdict in every part; raises TypeError if it is not."""
    if not isinstance(answer, Verdict):
        raise TypeError(f"the answer was {type(answer).__name__}, not a verdict")
    if not isinstance(answer.allowed, bool) or not isinstance(answer.reason, str):
        raise TypeError("a verdict is yes or no with a reason in words")
    return answer
