"""The functions of the host's that code can call: each with arguments that are checked, answered in the transaction.

What is refused is raised in the code as a RuntimeError that begins with the refusal's code.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, ValidationError

from engine.code.asking import NOT_ALLOWED, Bill, LlmArgs, call_llm
from engine.code.interface import CHECK
from engine.code.running import Bear
from engine.genesis.base import Args, first_problem
from engine.kernel import ledger
from engine.kernel.access import Access, Question, roll_back
from engine.kernel.actions import Action, Call, Invoke, Noop, Sleep
from engine.kernel.entities import SCRIP, Artifact, Json
from engine.kernel.errors import Refusal
from engine.kernel.transaction import NEVER, Transaction
from engine.minds.action_input import action_from_json
from engine.sandbox.types import HostCall, Reply

Text = Annotated[str, Field(max_length=200)]
Whole = Annotated[int, Field(ge=0, le=ledger.MAX_AMOUNT)]


class InvokeArgs(Args):
    """Arguments of `invoke`."""

    artifact: Text
    method: Text
    args: dict[str, Any] = {}
    pay: Whole = 0
    grants: list[int] = []
    budget: Whole = 0


class ActArgs(Args):
    """Arguments of `act`."""

    action: dict[str, Any]


class ChargeArgs(Args):
    """Arguments of `charge`."""

    amount: Annotated[int, Field(ge=1, le=ledger.MAX_AMOUNT)]
    to: Text = ""
    reason: Text = ""


class InfoArgs(Args):
    """Arguments of `get_artifact_info`."""

    artifact: Text


class BalanceArgs(Args):
    """Arguments of `get_balance`."""

    principal: Text
    asset: Text = SCRIP


class NoneArgs(Args):
    """A function that takes nothing."""


class CheckArgs(Args):
    """Arguments of another contract's `check_permission`."""

    artifact_id: Text
    action: Access = Field(strict=False)
    requester_id: Text
    context: dict[str, Any] = {}


Handler = Callable[[Any], Awaitable[object | Refusal]]


def bound(call: HostCall, model: type[Args]) -> Args | Refusal:
    """The arguments of a call by the names of the model's fields, in their order; a refusal if they do not fit."""
    names = list(model.model_fields)
    if len(call.args) > len(names):
        return Refusal("bad_arguments", f"{call.name} takes {len(names)} arguments at most: {', '.join(names)}")
    given = dict(zip(names, call.args, strict=False))
    if (twice := given.keys() & call.kwargs.keys()) != set():
        return Refusal("bad_arguments", f"{call.name}: {min(twice)} is given twice")
    try:
        return model.model_validate({**given, **call.kwargs})
    except ValidationError as error:
        return Refusal("bad_arguments", f"{call.name}: {first_problem(error)}")


@dataclass(slots=True)
class Desk:
    """Answers what a piece of code asks for: by whom it was called, as whom it acts, and who bears the cost."""

    tx: Transaction
    artifact: Artifact
    call: Call
    bear: Bear
    charged: str
    """Who `charge` charges: whoever asks for permission, or calls the tool."""
    beneficiary: str
    """Who gets what is charged, unless the code says otherwise."""
    question: Question | None = None
    """What it is asked, if it is a contract."""
    timed: bool = False
    unpaid: Refusal | None = None
    """A charge that the one who was to pay has not allowed for."""
    bill: Bill | None = None
    """Who pays for questions to models; None if nobody can."""

    async def answer(self, asked: HostCall) -> Reply:
        """The reply to a call."""
        model, handler = _HANDLERS[asked.name]
        args = bound(asked, model)
        result = args if isinstance(args, Refusal) else await handler(self, args)
        if isinstance(result, Refusal):
            return Reply(None, f"{result.code}: {result.message}", self.tx.at)
        return Reply(result, None, self.tx.at)

    async def perform(self, action: Action) -> Json | Refusal:
        """Act as the artifact, at the bearer's cost."""
        self.bear(self.call.physics.cost(action))
        self.tx.narrow((self.tx.at, self.tx.at + 1))  # what is called may look at the clock
        return await self.call.physics.perform(self.tx, self.artifact.id, action, self.call.depth, self.call)


async def _invoke(desk: Desk, args: InvokeArgs) -> object | Refusal:
    if args.method == CHECK:
        return await _check(desk, args)
    return await desk.perform(Invoke(args.artifact, args.method, args.args, tuple(args.grants), args.pay, args.budget))


async def _check(desk: Desk, args: InvokeArgs) -> object | Refusal:
    """Ask another contract what it would say: contracts are built of contracts by this.

    A contract that hands on the very question that it is asked has it answered in earnest: a toll is paid. Whatever
    else somebody wants to know, of which nothing need follow, the answer is all that comes of it.
    """
    try:
        asked = CheckArgs.model_validate(args.args)
    except ValidationError as error:
        return Refusal("bad_arguments", f"{CHECK}: {first_problem(error)}")
    row = desk.tx.get(desk.tx.state.artifacts, asked.artifact_id)
    if row is None:
        return Refusal("not_found", f"there is no artifact {asked.artifact_id[:80]!r}")
    tx, own = desk.tx, desk.question
    handed_on = own is not None and (own.artifact.id, own.action, own.requester) == (
        row.id,
        asked.action,
        asked.requester_id,
    )
    supposed = not handed_on or (own is not None and own.supposed)
    question = Question(row, asked.action, asked.requester_id, desk.call.depth, asked.context, supposed)
    mark = tx.savepoint()
    if supposed:
        tx.purse = {}
    verdict = await desk.call.physics.access.verdict(tx, args.artifact, question)
    if supposed:
        roll_back(tx, mark)
    return {"allowed": verdict.allowed, "reason": verdict.reason[:200]}


async def _act(desk: Desk, args: ActArgs) -> object | Refusal:
    action = action_from_json(args.action)
    if isinstance(action, Refusal):
        return action
    if isinstance(action, Sleep | Noop):
        return Refusal("not_here", "a tool cannot wait: it does what it does at once")
    return await desk.perform(action)


async def _charge(desk: Desk, args: ChargeArgs) -> object | Refusal:
    tx, payer = desk.tx, desk.charged
    to = args.to or desk.beneficiary
    allowed = (tx.purse or {}).get(payer, 0)
    if args.amount > allowed:
        more = f'say "pay": {args.amount} in the action to allow it' if not allowed else f"it allows {allowed}"
        tx.narrow(NEVER)  # who asks again may have allowed for it
        desk.unpaid = Refusal("price", f"{desk.artifact.id} charges {payer} {args.amount} scrip; {more}")
        return desk.unpaid
    if not tx.is_principal(payer):
        return Refusal("not_a_principal", f"{payer} holds no scrip, so nothing can be charged to it")
    if not tx.is_principal(to):
        return Refusal("not_a_principal", f"{to[:80]!r} cannot hold scrip; name somebody who can under to")
    if payer != to:
        refusal = ledger.transfer(tx, SCRIP, payer, to, args.amount, f"charged by {desk.artifact.id}")
        if refusal is not None:
            return refusal
        tx.purse = {**(tx.purse or {}), payer: allowed - args.amount}
    told = {"payer": payer, "amount": args.amount, "to": to, "reason": args.reason}
    tx.emit("code.charged", desk.artifact.id, payer, **told)
    return {"charged": args.amount, "to": to}


async def info(desk: Desk, args: InfoArgs) -> object | Refusal:
    """The public facts of an artifact; None if there is none."""
    return facts(desk.tx, args.artifact)


def facts(tx: Transaction, artifact: str) -> Json | None:
    """The public facts of an artifact: anything but its content."""
    row = tx.get(tx.state.artifacts, artifact)
    if row is None:
        return None
    return {
        "id": row.id,
        "type": row.type,
        "category": row.category,
        "created_by": row.created_by,
        "controller": row.controller,
        "access": list(row.access),
        "has_standing": row.has_standing,
        "can_execute": row.can_execute,
        "size": row.size,
        "version": row.version,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "metadata": row.metadata,
    }


async def _balance(desk: Desk, args: BalanceArgs) -> object | Refusal:
    return ledger.balance(desk.tx, args.principal, args.asset).available


async def _now(desk: Desk, args: NoneArgs) -> object | Refusal:
    desk.timed = True
    return desk.tx.at


async def _llm(desk: Desk, args: LlmArgs) -> object | Refusal:
    said = await call_llm(desk.tx, desk.bill, args)
    if isinstance(said, Refusal) and said.code == NOT_ALLOWED:
        desk.unpaid = said
    return said


_HANDLERS: dict[str, tuple[type[Args], Callable[[Desk, Any], Awaitable[object | Refusal]]]] = {
    "invoke": (InvokeArgs, _invoke),
    "act": (ActArgs, _act),
    "charge": (ChargeArgs, _charge),
    "get_artifact_info": (InfoArgs, info),
    "get_balance": (BalanceArgs, _balance),
    "now": (NoneArgs, _now),
    "call_llm": (LlmArgs, _llm),
}
