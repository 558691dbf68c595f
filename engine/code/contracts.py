"""Contracts that agents wrote: asked in the sandbox, and whatever they do wrong means no."""

from dataclasses import dataclass, replace

from engine.code.asking import Bill
from engine.code.host import Desk
from engine.code.interface import CHECK, ContractPart, contract_part, granule
from engine.code.running import STOPPED, Bear, Runs, story
from engine.kernel.access import FAILURE, Question, Ruling, Verdict
from engine.kernel.actions import Call, Physics
from engine.kernel.entities import Artifact, Json
from engine.kernel.metering import ACTING, Meter, meter_of
from engine.kernel.storage import keeper_of
from engine.kernel.transaction import ALWAYS, Span, Transaction
from engine.sandbox.types import Failed, HostCall, Job, Kind, Reply, Returned


@dataclass(slots=True)
class Contracts:
    """Runs `check_permission` of contracts; `home` are the physics, which are put together of this among others."""

    runs: Runs
    home: Physics | None = None

    async def __call__(self, tx: Transaction, contract: Artifact, question: Question) -> Ruling:
        """The contract's ruling on a question."""
        if self.home is None:
            raise RuntimeError("contracts are asked before there are physics")
        part = contract_part(contract.interface)
        content = tx.get(tx.state.contents, contract.id)
        since, until = granule(part, tx.at)
        job = self._job(contract, content.text if content is not None else "", question, since)
        meter = meter_of(tx)
        bear = _bearer(tx, meter, part, contract, question)
        if isinstance(bear, Verdict):
            return Ruling(bear)
        call = Call(tx, question.requester, question.depth + 1, self.home)
        bill = _bill(tx, part, contract, question)
        desk = Desk(tx, contract, call, bear, question.requester, contract.controller, question, bill=bill)

        async def answer(asked: HostCall) -> Reply:
            reply = await desk.answer(asked)
            # The clock that it is shown is as coarse as its verdicts may be old.
            return replace(reply, value=since if asked.name == "now" else reply.value, at=since)

        outcome = await self.runs.run(tx, job, contract.id, bear, answer, begins=0)
        holds: Span = (since, until) if outcome.timed or desk.timed else ALWAYS
        if isinstance(outcome, Failed):
            return self._failed(tx, contract, question, outcome, desk, holds)
        verdict = _verdict(outcome)
        if verdict is None:
            said = f'it returned {repr(outcome.value)[:100]}, not {{"allowed": …, "reason": …}}'
            return Ruling(FAILURE, *holds, {**_about(question), "error": said, "line": 0})
        return Ruling(verdict, *holds)

    def _job(self, contract: Artifact, source: str, question: Question, now: int) -> Job:
        args: Json = {
            "artifact_id": question.artifact.id,
            "action": question.action.value,
            "requester_id": question.requester,
            "context": question.context,
        }
        seed = f"{self.runs.seed} {contract.id} {question.artifact.id} {question.action.value} {question.requester}"
        return Job(Kind.CONTRACT, source, CHECK, args, {"self_id": contract.id}, now, seed)

    def _failed(
        self,
        tx: Transaction,
        contract: Artifact,
        question: Question,
        failed: Failed,
        desk: Desk,
        holds: Span,
    ) -> Ruling:
        if desk.unpaid is not None and desk.unpaid.message in failed.error:
            return Ruling(Verdict(False, desk.unpaid.message), *holds)
        if failed.limit in STOPPED:
            # Whoever answers for it, not who asks, pays for it.
            meter_of(tx).take(keeper_of(tx, contract), self.runs.prices.overrun)
        return Ruling(FAILURE, *holds, {**_about(question), **story(tx, failed)})


def _about(question: Question) -> Json:
    return {"action": question.action.value, "requester": question.requester}


def _verdict(outcome: Returned) -> Verdict | None:
    """What a contract returned, if it is a verdict: `allowed`, and a reason if it likes."""
    value = outcome.value
    if (
        not isinstance(value, dict)
        or not isinstance(value.get("allowed"), bool)
        or not value.keys() <= {"allowed", "reason"}
    ):
        return None
    reason = value.get("reason", "")
    return Verdict(value["allowed"], reason) if isinstance(reason, str) else None


def _bearer(
    tx: Transaction, meter: Meter, part: ContractPart, contract: Artifact, question: Question
) -> Bear | Verdict:
    """Who bears what the contract calls, by its cost model; a verdict of no if there is nobody who could."""
    asker = question.requester if tx.is_principal(question.requester) else ACTING
    owner = keeper_of(tx, contract)
    if question.supposed:
        return lambda amount: meter.charge(ACTING, amount)
    match part.cost_model:
        case "invoker_pays":
            return lambda amount: meter.charge(asker, amount)
        case "artifact_pays" if question.artifact.has_standing:
            return lambda amount: meter.charge(question.artifact.id, amount)
        case "owner_pays" if tx.is_principal(owner):
            return lambda amount: meter.charge(owner, amount)
        case "split" if tx.is_principal(owner):

            def both(amount: int) -> None:
                meter.charge(asker, amount - amount // 2)
                meter.charge(owner, amount // 2)

            return both
        case _:
            return Verdict(False, f"nobody can bear the cost of its contract, which says {part.cost_model}")


def _bill(tx: Transaction, part: ContractPart, contract: Artifact, question: Question) -> Bill:
    """Who pays for what a contract asks of models, by its cost model; what is split is the keeper's.

    Who only wants to know what a contract would say pays for that, and has allowed for nothing.
    """
    if question.supposed:
        return Bill(ACTING)
    match part.cost_model:
        case "artifact_pays":
            return Bill(question.artifact.id, own=True)
        case "owner_pays" | "split":
            return Bill(keeper_of(tx, contract), own=True)
    return Bill(question.requester if tx.is_principal(question.requester) else ACTING)
