"""Permission through contracts: the only authority on access, failing closed.

An artifact names one contract or several; all have to agree. A contract is asked with the immediate caller as the
requester. Whatever goes wrong (no such contract, an error, a wrong answer, too deep) means no.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

import orjson

from engine.kernel import budget
from engine.kernel.entities import Artifact, Json, SimTime
from engine.kernel.errors import Conflict, InvariantBroken, Refusal
from engine.kernel.metering import Costs, OutOfCapacity, meter_of
from engine.kernel.quick import quicken
from engine.kernel.transaction import ALWAYS, NEVER, Savepoint, Transaction, both, scan_version

MAX_DEPTH = 10
MAX_REASON = 200
OUTLIVING = frozenset(
    ("contract.failed", "grant.misused", "memory.degraded", "memory.embedded", "memory.unpaid", "tool.failed")
)
"""Events that outlive the refusal of the action: what was tried and what went wrong is to be known to the operator."""


class Access(StrEnum):
    """What may be asked of a contract; an edit asks as write."""

    READ = "read"
    WRITE = "write"
    INVOKE = "invoke"
    DELETE = "delete"
    TRANSFER = "transfer"


CHANGES = frozenset((Access.WRITE, Access.DELETE, Access.TRANSFER))
"""What nobody but the escrow itself may do to an artifact that is for sale, whatever its contracts say."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A contract's answer; the reason is for the requester."""

    allowed: bool
    reason: str


ALLOWED = Verdict(True, "")
TOO_DEEP = Verdict(False, f"permission was asked through more than {MAX_DEPTH} contracts")


@dataclass(frozen=True, slots=True)
class Question:
    """What a contract is asked: may `requester` do `action` to `artifact`?

    `supposed`: somebody else wants to know, so it costs the requester nothing, and what the contract does is undone.
    """

    artifact: Artifact
    action: Access
    requester: str
    depth: int
    context: dict[str, Any]
    supposed: bool


quicken((Question,))


NativeContract = Callable[[Transaction, Question], Verdict]


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict, and for how long it is the same while nothing that it was taken on changes.

    It holds from `since` until before `until` (None: whatever the time; not after `since`: it is not kept). `failure`
    says what the contract did wrong, for the operator: then the verdict is no.
    """

    verdict: Verdict
    since: SimTime = 0
    until: SimTime | None = None
    failure: Json | None = None


quicken((Ruling,))


class ContractRunner(Protocol):
    """Runs a contract that an agent wrote; it may wait for an outside answer."""

    def __call__(self, tx: Transaction, contract: Artifact, question: Question) -> Awaitable[Verdict | Ruling]:
        """The contract's answer, a bare verdict being one for this instant; any exception is taken as no."""


UNKEPT = "none"
"""The cache policy of a contract that is to be asked each time."""


@dataclass(frozen=True, slots=True)
class _Cached:
    """A ruling with everything that it was taken on, and what it costs to be given it."""

    ruling: Ruling
    costs: Costs
    turns: int
    reads: tuple[tuple[tuple[Any, Any], Any], ...]
    scans: tuple[tuple[tuple[Any, Any], int], ...]


Place = tuple[str, str, Access, str, bytes, int, bool]


class AccessControl:
    """Asks the access contracts of artifacts."""

    def __init__(
        self, native: dict[str, NativeContract], runner: ContractRunner | None = None, cache_size: int = 10_000
    ) -> None:
        self._native = native
        self._runner = runner
        self._cache: OrderedDict[Place, _Cached] = OrderedDict()
        self._cache_size = cache_size
        self.hits = 0

    async def refuse(
        self, tx: Transaction, artifact: Artifact, action: Access, requester: str, depth: int = 0, **context: Any
    ) -> Refusal | None:
        """None if every contract of the artifact allows, else the refusal of the first that does not.

        What is in escrow stands still, and so does what is asked about while it is asked about: a contract that brings
        about that it is another by then has nobody act on what it was. So after None the artifact is as it was handed
        in. `depth` is how many contracts and calls the question comes through already.
        """
        if not artifact.access:
            return Refusal("access_denied", f"{artifact.id} names no access contract, so nobody may {action} it")
        question = Question(artifact, action, requester, depth, context, False)
        asked = False
        for contract_id in artifact.access:
            native = self._native.get(contract_id)
            if native is not None:
                verdict = native(tx, question)
            elif (kept := self._kept(tx, contract_id, question)) is not None:
                verdict = kept
            else:
                asked = True
                verdict = await self.verdict(tx, contract_id, question)
            if verdict is TOO_DEEP:
                return Refusal("too_deep", verdict.reason)
            if not verdict.allowed:
                reason = _line(verdict.reason) or "the contract said no"
                return Refusal("access_denied", f"{requester} may not {action} {artifact.id}: {reason}")
        if asked and tx.get(tx.state.artifacts, artifact.id) is not artifact:
            return Refusal("changed", f"{artifact.id} was changed by its contracts while they were asked about it")
        return for_sale(tx, artifact) if action in CHANGES and requester != artifact.controller else None

    async def verdict(self, tx: Transaction, contract_id: str, question: Question) -> Verdict:
        """What one contract says, whether or not the artifact names it: so a contract can ask another."""
        native = self._native.get(contract_id)
        if native is not None:
            return native(tx, question)
        if question.depth >= MAX_DEPTH:
            return TOO_DEEP
        contract = tx.get(tx.state.artifacts, contract_id)
        if contract is None:
            return Verdict(False, f"its contract {contract_id} does not exist")
        if self._runner is None:
            return Verdict(False, f"its contract {contract_id} cannot run here")
        if not contract.can_execute:
            return Verdict(False, f"its contract {contract_id} is not executable")
        if question.context and cache_policy(contract).get("context") is False:
            question = replace(question, context={})
        kept = self._kept(tx, contract_id, question)
        if kept is not None:
            return kept
        try:
            ruling = await self._ask(tx, contract, question, self._runner, _place(contract, question))
        except OutOfCapacity as short:
            return self._unborne(tx, short)
        return self._given(tx, contract_id, question, ruling)

    def _kept(self, tx: Transaction, contract_id: str, question: Question) -> Verdict | None:
        """The verdict of a contract if one is kept that holds, without waiting for anything."""
        contract = tx.get(tx.state.artifacts, contract_id)
        if contract is None or not contract.can_execute or question.depth >= MAX_DEPTH:
            return None
        place = _place(contract, question)
        if place is None:
            return None
        try:
            ruling = self._hit(tx, place)
        except OutOfCapacity as short:
            return self._unborne(tx, short)
        return self._given(tx, contract_id, question, ruling) if ruling is not None else None

    def _given(self, tx: Transaction, contract_id: str, question: Question, ruling: Ruling) -> Verdict:
        if ruling.failure is not None:
            tx.emit("contract.failed", contract_id, question.artifact.id, **ruling.failure)
        return ruling.verdict

    def _unborne(self, tx: Transaction, short: OutOfCapacity) -> Verdict:
        """The verdict where somebody else cannot bear a contract's cost; that the acting agent cannot is its step's."""
        if short.principal == meter_of(tx).acting:
            raise short
        return Verdict(False, f"{short.principal}, who bears the cost of its contract, has no capacity left")

    async def _ask(
        self, tx: Transaction, contract: Artifact, question: Question, runner: ContractRunner, place: Place | None
    ) -> Ruling:
        mark = tx.savepoint()
        meter = meter_of(tx)  # made out here: what it looks at is none of the verdict's
        charged, turns = len(meter.charges), tx.turns
        untouched = not (tx.writes or tx.usages)
        outer_reads, outer_scans, outer = tx.reads, tx.scans, tx.holds
        tx.reads, tx.scans, tx.holds = {}, {}, ALWAYS
        holds = NEVER
        # The verdict rests on the contract's row, although the runner is handed it and need not read it. Of the
        # artifact a contract is told the id; what else it wants to know it reads.
        tx.get(tx.state.artifacts, contract.id)
        try:
            ruling = _checked(await runner(tx, contract, question), tx.at)
            holds = both(tx.holds, (ruling.since, ruling.until))
            if holds != (ruling.since, ruling.until):
                ruling = replace(ruling, since=holds[0], until=holds[1])
            if place is not None and untouched and not (tx.writes or tx.usages or len(tx.events) > mark.events):
                costs, taken = tuple(meter.charges[charged:]), tx.turns - turns
                self._keep(tx.at, place, _Cached(ruling, costs, taken, (*tx.reads.items(),), (*tx.scans.items(),)))
        except (Conflict, InvariantBroken):
            raise
        except OutOfCapacity:
            roll_back(tx, mark)
            raise
        except Exception as error:  # noqa: BLE001 - whatever a contract does wrong means no, and is told
            ruling = Ruling(FAILURE, failure={"error": _line(f"{type(error).__name__}: {error}")})
        finally:
            # Where both have read the same, the first reading counts: something was decided on it.
            inner_reads, inner_scans = tx.reads, tx.scans
            tx.reads, tx.scans = outer_reads, outer_scans
            for place_of, row in inner_reads.items():
                outer_reads.setdefault(place_of, row)
            for scan, version in inner_scans.items():
                outer_scans.setdefault(scan, version)
            tx.holds = both(outer, holds)
        if not ruling.verdict.allowed:
            roll_back(tx, mark)
        return ruling

    def _hit(self, tx: Transaction, place: Place) -> Ruling | None:
        """The ruling kept for this question, its read set joined to the caller's, if all of it still holds."""
        cached = self._cache.get(place)
        if cached is None or (cached.scans and (tx.writes or tx.usages)):
            return None
        if not _current(tx, cached):
            del self._cache[place]
            return None
        for scan, version in cached.scans:
            tx.scans.setdefault(scan, version)
        tx.turns += cached.turns
        for principal, amount in cached.costs:
            meter_of(tx).charge(principal, amount)
        if cached.ruling.until is not None:
            tx.narrow((cached.ruling.since, cached.ruling.until))
        self._cache.move_to_end(place)
        self.hits += 1
        return cached.ruling

    def _keep(self, at: SimTime, place: Place, cached: _Cached) -> None:
        if not _lasts(cached.ruling, at):
            return
        self._cache[place] = cached
        if len(self._cache) > self._cache_size:
            self._cache.popitem(last=False)


def for_sale(tx: Transaction, artifact: Artifact) -> Refusal | None:
    """Why what is for sale is not changed, whoever may change it otherwise."""
    if tx.get(tx.state.escrowed, artifact.id) is None:
        return None
    return Refusal("in_escrow", f"{artifact.id} is in escrow: it stands still until it is sold or given back")


FAILURE = Verdict(False, "its contract failed")
"""All that a requester is told of what goes wrong in a contract."""


def cache_policy(contract: Artifact) -> Json:
    """What a contract's interface says of keeping its verdicts: `ttl` and `context`."""
    section = contract.interface.get("contract") if contract.interface else None
    policy = section.get("cache_policy") if isinstance(section, dict) else None
    return policy if isinstance(policy, dict) else {"ttl": UNKEPT} if policy == UNKEPT else {}


def _place(contract: Artifact, question: Question) -> Place | None:
    """Where a ruling is kept; None where none is to be kept, or for a context that cannot be written down."""
    policy = cache_policy(contract)
    if policy.get("ttl") == UNKEPT:
        return None
    told = b""
    if question.context and policy.get("context") is not False:
        try:
            told = hashlib.blake2b(orjson.dumps(question.context), digest_size=16).digest()
        except TypeError:
            return None
    # How deep it is asked counts: what is refused for its depth down there is not refused higher up.
    depth, supposed = question.depth, question.supposed
    return (contract.id, question.artifact.id, question.action, question.requester, told, depth, supposed)


def roll_back(tx: Transaction, to: Savepoint) -> None:
    """Drop everything done since the savepoint but what went wrong and the operator is to know.

    A vector that a model has made has been paid for, whatever became of the action that it was for.
    """
    failures = [event for event in tx.events[to.events :] if event.type in OUTLIVING]
    tx.rollback(to)
    tx.events.extend(failures)
    for event in failures:
        if event.type == "memory.embedded":
            budget.charge(tx, event.actor, event.data["cost"] or 0, budget.EMBEDDING)


def _current(tx: Transaction, cached: _Cached) -> bool:
    """Whether all that a ruling was taken on is as it was; spelled out, as it is asked in every step."""
    if not _lasts(cached.ruling, tx.at):
        return False  # the contract has looked at the clock, of which no version tells
    for (table, key), row in cached.reads:
        if tx.get(table, key) is not row:
            return False
    return all(scan_version(source, bucket) == version for (source, bucket), version in cached.scans)


def _lasts(ruling: Ruling, at: SimTime) -> bool:
    """Whether a ruling says of itself that it still holds at a time."""
    return ruling.until is None or ruling.since <= at < ruling.until


def _line(text: str) -> str:
    """The beginning of a stranger's text, as text that can be stored."""
    return text[:MAX_REASON].encode(errors="replace").decode()


def _checked(answer: object, at: SimTime) -> Ruling:
    """What a contract answered, if it is a verdict in every part; raises TypeError if it is not."""
    ruling = (
        answer if isinstance(answer, Ruling) else Ruling(answer, at, at + 1) if isinstance(answer, Verdict) else None
    )
    if ruling is None:
        raise TypeError(f"the answer was {type(answer).__name__}, not a verdict")
    verdict = ruling.verdict
    if not isinstance(verdict.allowed, bool) or not isinstance(verdict.reason, str):
        raise TypeError("a verdict is yes or no with a reason in words")
    return ruling
