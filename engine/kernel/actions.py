"""The narrow waist: the few actions there are, what they cost, and how they are performed.

An action is performed inside the transaction of one agent step. A refusal rolls its effects back and is told to the
agent; its cost stands all the same.
"""

import re
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.kernel import ledger
from engine.kernel.access import Access, AccessControl, roll_back
from engine.kernel.budget import LLM
from engine.kernel.entities import Artifact, Content, Json, SimTime, WaitKind
from engine.kernel.errors import Refusal
from engine.kernel.memory import TYPE as MEMORY
from engine.kernel.memory import drop_entries, no_content
from engine.kernel.metering import OutOfCapacity
from engine.kernel.quick import quicken, replace
from engine.kernel.storage import MAX_NESTED, measured, payer_of, store_bytes, too_nested
from engine.kernel.transaction import Transaction
from engine.kernel.waits import parse_predicate

MAX_CALL_DEPTH = 10
MAX_CONTRACTS = 8
MAX_HANDED = 20
MAX_NAME = 80
MAX_KEY = 200
_INVOKE = Access.INVOKE  # bound once: looking a member up on its class costs more than what is done with it
_SLUG = re.compile(r"[^a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Read:
    """Read the content of an artifact.

    Here and below, `pay` is the most scrip that contracts and tools may charge, `budget` the most of the actor's
    `llm_budget` that they may spend on language models.
    """

    artifact: str
    pay: int = 0
    budget: int = 0


@dataclass(frozen=True, slots=True)
class Write:
    """Create an artifact (`artifact` None; the kernel gives the id) or replace the content of one."""

    content: str
    artifact: str | None = None
    type: str = "data"
    access: tuple[str, ...] = ("genesis_freeware",)
    interface: Json | None = None
    can_execute: bool = False
    metadata: Json = field(default_factory=dict)
    pay: int = 0
    budget: int = 0


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the one place where `old` stands in the content by `new`; asks as write."""

    artifact: str
    old: str
    new: str
    pay: int = 0
    budget: int = 0


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete an artifact and free its bytes."""

    artifact: str
    pay: int = 0
    budget: int = 0


@dataclass(frozen=True, slots=True)
class Transfer:
    """Make `to` the controller of an artifact."""

    artifact: str
    to: str
    pay: int = 0
    budget: int = 0


@dataclass(frozen=True, slots=True)
class Invoke:
    """Call a method of an executable artifact; `grants` are handed on with the call, for the artifact to act with."""

    artifact: str
    method: str
    args: Json
    grants: tuple[int, ...] = ()
    pay: int = 0
    budget: int = 0


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait for a time (`duration` µs), an event or a predicate; with both, whichever comes first."""

    duration: SimTime | None = None
    event: str | None = None
    predicate: str | None = None


@dataclass(frozen=True, slots=True)
class Noop:
    """Do nothing this time."""


Action = Read | Write | Edit | Delete | Transfer | Invoke | Sleep | Noop
ACTIONS: dict[str, type[Action]] = {
    c.__name__.lower(): c for c in (Read, Write, Edit, Delete, Transfer, Invoke, Sleep, Noop)
}


IDLE = (Sleep, Noop)
"""What is no action that counts; a tuple, since a union of classes would be made anew each time it is asked about."""


def action_name(action: Action) -> str:
    """The name of an action as agents, the log and the tariff spell it."""
    return type(action).__name__.lower()


def well_formed(action: object) -> bool:
    """Whether something is an action with fields of the right kind; what they say is not looked at."""
    if type(getattr(action, "pay", 0)) is not int or type(getattr(action, "budget", 0)) is not int:
        return False
    match action:
        case Noop():
            return True
        case Invoke(artifact=str(), method=str(), args=dict(), grants=tuple()):
            return not action.grants or all(type(number) is int for number in action.grants)
        case Sleep(duration=int() | None, event=str() | None, predicate=str() | None):
            return True
        case Read(artifact=str()) | Delete(artifact=str()) | Transfer(artifact=str(), to=str()):
            return True
        case Edit(artifact=str(), old=str(), new=str()):
            return True
        case Write(content=str(), artifact=str() | None, type=str(), access=tuple(), metadata=dict()):
            return isinstance(action.interface, dict | None) and all(isinstance(name, str) for name in action.access)
    return False


class Executables(Protocol):
    """Runs the code behind executable artifacts."""

    def invoke(self, call: "Call", artifact: Artifact, method: str, args: Json) -> Awaitable[Json | Refusal]:
        """The result of the method, or why there is none."""

    def check(self, tx: Transaction, actor: str, code: str, interface: Json | None) -> Awaitable[Refusal | None]:
        """Why code with this interface cannot stand behind an artifact; None if it can."""

    def read(self, tx: Transaction, program: str) -> Awaitable[Refusal | None]:
        """Why the source of a program cannot be read; None if it can."""


@dataclass(frozen=True, slots=True)
class Call:
    """The context of code that runs: its transaction, who called it (the immediate caller), and how deep it is.

    `lent` are grants that the caller has handed on with the call; `chain` is who had the caller call, nearest first.
    """

    tx: Transaction
    caller: str
    depth: int
    physics: "Physics"
    lent: tuple[int, ...] = ()
    chain: tuple[str, ...] = ()


quicken((Call,))


@dataclass(frozen=True, slots=True)
class Physics:
    """What performs actions: access control, code, and the tariff in CPU-µs of each action."""

    access: AccessControl
    executables: Executables
    tariff: dict[str, int]

    def cost(self, action: Action) -> int:
        """The fixed price of an action in CPU-µs; sleeping and doing nothing are free."""
        return self.tariff.get(action_name(action), 0)

    def perform(
        self, tx: Transaction, actor: str, action: Action, depth: int = 0, via: "Call | None" = None
    ) -> Coroutine[Any, Any, Json | Refusal]:
        """Do one action as `actor`; on refusal, or if it costs too much, everything it did is rolled back.

        An artifact that acts while it is called says by `via` in which call: it may hand on what it was lent there.
        """
        pay: int = getattr(action, "pay", 0)
        budget: int = getattr(action, "budget", 0)
        if pay or budget or tx.purse is not None:
            return self._paying(tx, actor, action, depth, via)
        return self._perform(tx, actor, action, depth, via)

    async def _paying(
        self, tx: Transaction, actor: str, action: Action, depth: int, via: "Call | None"
    ) -> Json | Refusal:
        pay: int = getattr(action, "pay", 0)
        budget: int = getattr(action, "budget", 0)
        if not 0 <= pay <= ledger.MAX_AMOUNT:
            return Refusal("bad_amount", f"pay is a whole number of scrip from 0 to {ledger.MAX_AMOUNT}, not {pay}")
        if not 0 <= budget <= ledger.MAX_AMOUNT:
            said = f"budget is a whole number of µUSD from 0 to {ledger.MAX_AMOUNT}, not {budget}"
            return Refusal("bad_amount", said)
        outer = tx.purse
        tx.purse = {**(outer or {}), actor: pay, allowance(actor): budget}
        try:
            return await self._perform(tx, actor, action, depth, via)
        finally:
            tx.purse = _left(outer, tx.purse, actor)

    async def _perform(
        self, tx: Transaction, actor: str, action: Action, depth: int, via: "Call | None"
    ) -> Json | Refusal:
        mark = tx.savepoint()
        try:
            match action:
                case Invoke():
                    result = await self._invoke(tx, actor, action, depth, via)
                case Read():
                    result = await self._read(tx, actor, action, depth)
                case Write(artifact=None):
                    result = await self._create(tx, actor, action)
                case Write():
                    result = await self._overwrite(tx, actor, action, depth)
                case Edit():
                    result = await self._edit(tx, actor, action, depth)
                case Delete():
                    result = await self._delete(tx, actor, action, depth)
                case Transfer():
                    result = await self._transfer(tx, actor, action, depth)
                case Sleep():
                    result = check_sleep(action)
                case Noop():
                    result = {}
        except OutOfCapacity:
            roll_back(tx, mark)
            raise
        if isinstance(result, Refusal):
            roll_back(tx, mark)
        return result

    # -- the actions -----------------------------------------------------------------------------------------------

    async def _permitted(
        self, tx: Transaction, actor: str, artifact: str, action: Access, depth: int, **context: Any
    ) -> Artifact | Refusal:
        row = tx.get(tx.state.artifacts, artifact)
        if row is None:
            return Refusal("not_found", f"there is no artifact {artifact[:80]!r}")
        return await self.access.refuse(tx, row, action, actor, depth, **context) or row

    async def _read(self, tx: Transaction, actor: str, action: Read, depth: int) -> Json | Refusal:
        row = await self._permitted(tx, actor, action.artifact, Access.READ, depth)
        if isinstance(row, Refusal):
            return row
        if (refusal := no_content(tx, row)) is not None:
            return refusal
        content = tx.get(tx.state.contents, row.id)
        return {
            "artifact": row.id,
            "type": row.type,
            "content": content.text if content else "",
            "version": row.version,
        }

    async def _create(self, tx: Transaction, actor: str, action: Write) -> Json | Refusal:
        if not (0 < len(action.type) <= MAX_NAME and action.type.isprintable()):
            return Refusal("bad_type", f"a type has 1 to {MAX_NAME} printable characters")
        if (refusal := contracts_missing(tx, action.access)) is not None:
            return refusal
        refusal = await self._code_refused(tx, actor, action.content, action.interface) if action.can_execute else None
        if refusal is not None:
            return refusal
        slug = _SLUG.sub("_", action.type.lower()).strip("_")[:24] or "data"
        if slug == MEMORY:
            return Refusal("bad_type", "a memory is made by genesis_memory.store; take another type")
        if (refusal := reserved(slug)) is not None:
            return refusal
        row = new_artifact(tx, f"{slug}.{tx.next_id('artifact')}", actor, action, payer=actor)
        if isinstance(row, Refusal):
            return row
        tx.emit("artifact.created", actor, row.id, type=row.type, size=row.size)
        return {"artifact": row.id, "size": row.size}

    async def _overwrite(self, tx: Transaction, actor: str, action: Write, depth: int) -> Json | Refusal:
        row = await self._permitted(tx, actor, action.artifact or "", Access.WRITE, depth, size=len(action.content))
        if isinstance(row, Refusal):
            return row
        for name in ("type", "access", "interface", "can_execute", "metadata"):
            wanted = getattr(action, name)
            if wanted != getattr(row, name) and wanted != getattr(_PLAIN, name):
                return Refusal("fixed", f"{name} of {row.id} was fixed when it was made; a write replaces content only")
        return await self._replace(tx, actor, row, action.content)

    async def _edit(self, tx: Transaction, actor: str, action: Edit, depth: int) -> Json | Refusal:
        row = await self._permitted(tx, actor, action.artifact, Access.WRITE, depth)
        if isinstance(row, Refusal):
            return row
        content = tx.get(tx.state.contents, row.id)
        text = content.text if content else ""
        place = text.find(action.old) if action.old else -1
        # Looked for again from the next character on: places may overlap, as those of "aa" in "aaa" do.
        if place < 0 or text.find(action.old, place + 1) >= 0:
            where = "nowhere" if place < 0 else "in more than one place"
            return Refusal("bad_edit", f"the old text has to stand in {row.id} exactly once; it stands there {where}")
        return await self._replace(tx, actor, row, text[:place] + action.new + text[place + len(action.old) :])

    async def _code_refused(self, tx: Transaction, actor: str, text: str, interface: Json | None) -> Refusal | None:
        # Looked at before the code is run: what cannot be stored is not worth a run.
        size = measured(text, interface, {})
        return size if isinstance(size, Refusal) else await self.executables.check(tx, actor, text, interface)

    async def _replace(self, tx: Transaction, actor: str, row: Artifact, text: str) -> Json | Refusal:
        if (refusal := no_content(tx, row)) is not None:
            return refusal
        if row.can_execute and not row.has_standing:
            refusal = await self._code_refused(tx, actor, text, row.interface)
            if refusal is not None:
                return refusal
        size = measured(text, row.interface, row.metadata)
        if isinstance(size, Refusal):
            return size
        hold = store_bytes(tx, row, payer_of(tx, row, actor), size)
        if isinstance(hold, Refusal):
            return hold
        tx.put(tx.state.contents, Content(row.id, text))
        row = replace(row, size=size, updated_at=tx.at, version=row.version + 1, disk_hold=hold)
        tx.put(tx.state.artifacts, row)
        tx.emit("artifact.written", actor, row.id, size=size, version=row.version)
        return {"artifact": row.id, "size": size, "version": row.version}

    async def _delete(self, tx: Transaction, actor: str, action: Delete, depth: int) -> Json | Refusal:
        row = await self._permitted(tx, actor, action.artifact, Access.DELETE, depth)
        if isinstance(row, Refusal):
            return row
        if row.has_standing:
            return Refusal("has_standing", f"{row.id} is a principal; principals are never deleted")
        users = tx.scan(tx.state.by_contract, row.id)
        if users and users != [row]:
            return Refusal(
                "referenced", f"{row.id} governs access to {len(users)} artifact(s), so it cannot be deleted"
            )
        if (refusal := _end_asset(tx, row.id)) is not None:
            return refusal
        if row.disk_hold is not None:
            ledger.void(tx, row.disk_hold)
        tx.delete(tx.state.contents, row.id)
        drop_entries(tx, row.id)
        if tx.get(tx.state.submissions, row.id) is not None:
            tx.delete(tx.state.submissions, row.id)
        tx.delete(tx.state.artifacts, row.id)
        tx.emit("artifact.deleted", actor, row.id, size=row.size)
        return {"artifact": row.id, "freed": row.size}

    async def _transfer(self, tx: Transaction, actor: str, action: Transfer, depth: int) -> Json | Refusal:
        row = await self._permitted(tx, actor, action.artifact, Access.TRANSFER, depth, to=action.to)
        if isinstance(row, Refusal):
            return row
        new = tx.get(tx.state.artifacts, action.to)
        if new is None:
            return Refusal("not_found", f"there is no artifact {action.to[:80]!r} to give {row.id} to")
        hand_over(tx, row, new.id, actor)
        return {"artifact": row.id, "controller": new.id}

    async def _invoke(
        self, tx: Transaction, actor: str, action: Invoke, depth: int, via: "Call | None"
    ) -> Json | Refusal:
        if depth >= MAX_CALL_DEPTH:
            return Refusal("too_deep", f"artifacts may call one another {MAX_CALL_DEPTH} deep, no deeper")
        if too_nested(action.args):
            return Refusal("bad_arguments", f"arguments are nested {MAX_NESTED} deep at most")
        context = {"method": action.method, "args": action.args}
        row = await self._permitted(tx, actor, action.artifact, _INVOKE, depth, **context)
        if isinstance(row, Refusal):
            return row
        if not row.can_execute:
            return Refusal("not_executable", f"{row.id} holds data and has no methods; read it instead")
        if len(action.grants) > MAX_HANDED:
            return Refusal("too_many_grants", f"a call hands on {MAX_HANDED} grants at most, not {len(action.grants)}")
        lent = via.lent if via is not None else ()
        for number in action.grants:
            grant = tx.get(tx.state.grants, number)
            if grant is None or (grant.holder != actor and number not in lent):
                return Refusal("not_yours", f"{actor} holds no grant {number} to hand on")
        chain = (via.caller, *via.chain) if via is not None else ()
        call = Call(tx, actor, depth + 1, self, action.grants, chain)
        return await self.executables.invoke(call, row, action.method, action.args)


RESERVED = ("genesis", "handbook")
"""What the ids of artifacts begin with that are there at time zero, and of no others."""


def reserved(name: str) -> Refusal | None:
    """Why nothing may be called so by an agent: it could be taken for a part of the world itself."""
    if not name.startswith(RESERVED):
        return None
    return Refusal("reserved", f"what is called {name[:40]!r} could be taken for a part of the world itself")


_PLAIN = Write("")
"""A write that says nothing but the content."""


def new_artifact(tx: Transaction, artifact_id: str, creator: str, action: Write, payer: str) -> Artifact | Refusal:
    """Put a new artifact into the world, its bytes held on the payer's disk."""
    if tx.get(tx.state.artifacts, artifact_id) is not None:
        return Refusal("id_taken", f"there is an artifact {artifact_id} already")
    size = measured(action.content, action.interface, action.metadata)
    if isinstance(size, Refusal):
        return size
    row = Artifact(
        id=artifact_id,
        type=action.type,
        created_by=creator,
        controller=creator,
        access=action.access,
        has_standing=False,
        can_execute=action.can_execute,
        size=size,
        created_at=tx.at,
        updated_at=tx.at,
        version=1,
        disk_hold=None,
        interface=action.interface,
        metadata=action.metadata,
    )
    hold = store_bytes(tx, row, payer, size)
    if isinstance(hold, Refusal):
        return hold
    row = replace(row, disk_hold=hold)
    tx.put(tx.state.artifacts, row)
    if action.content:
        tx.put(tx.state.contents, Content(artifact_id, action.content))
    return row


def hand_over(tx: Transaction, row: Artifact, to: str, by: str) -> None:
    """Make `to` the controller of an artifact; nobody is asked here.

    Its bytes stay where they are: nobody's disk is filled with what was never asked for.
    """
    tx.put(tx.state.artifacts, replace(row, controller=to, updated_at=tx.at))
    tx.emit("artifact.transferred", by, row.id, **{"from": row.controller, "to": to})


def _left(outer: dict[str, int] | None, inner: dict[str, int] | None, actor: str) -> dict[str, int] | None:
    """What may still be charged after an action: what the others have paid in it, they have paid."""
    if not outer or inner is None:
        return outer
    own = (actor, allowance(actor))
    return {who: amount if who in own else min(amount, inner.get(who, amount)) for who, amount in outer.items()}


def allowance(who: str) -> str:
    """Where the purse of a step has what somebody allows to be spent on language models: no id has a blank."""
    return f"{who} {LLM}"


def check_sleep(action: Sleep) -> Json | Refusal:
    """Whether a sleep says clearly what ends it."""
    if action.event is not None and action.predicate is not None:
        return Refusal("bad_sleep", "sleep for an event or for a predicate, not for both")
    if action.duration is not None and not 0 < action.duration <= ledger.MAX_AMOUNT:
        return Refusal("bad_sleep", f"a duration is a whole number of µs from 1 to {ledger.MAX_AMOUNT}")
    if action.event is not None and (len(action.event) > MAX_KEY or not action.event.isprintable()):
        return Refusal("bad_sleep", f"an event is named by at most {MAX_KEY} printable characters")
    if action.predicate is not None and isinstance(predicate := parse_predicate(action.predicate), Refusal):
        return predicate
    if action.duration is None and not action.event and action.predicate is None:
        return {"until": WaitKind.STIMULUS.value}
    return {}


def _end_asset(tx: Transaction, artifact: str) -> Refusal | None:
    """An asset that somebody holds or that trades keeps its artifact; another ends with it."""
    if tx.get(tx.state.assets, artifact) is None:
        return None
    issued = ledger.issued(tx, artifact)
    if issued or tx.get(tx.state.instruments, artifact) is not None:
        why = f"{issued} of it are issued" if issued else "it trades at the exchange"
        return Refusal("issued", f"{artifact} is an asset and {why}, so it cannot be deleted")
    tx.delete(tx.state.assets, artifact)
    return None


def contracts_missing(tx: Transaction, contracts: tuple[str, ...]) -> Refusal | None:
    """Why these cannot be the access contracts of an artifact."""
    if not contracts:
        return Refusal("no_contract", "name at least one access contract, e.g. genesis_freeware")
    if len(contracts) > MAX_CONTRACTS:
        return Refusal("too_many_contracts", f"name {MAX_CONTRACTS} access contracts at most, not {len(contracts)}")
    if len(set(contracts)) < len(contracts):
        return Refusal("bad_contracts", "name each access contract once")
    for contract in contracts:
        if tx.get(tx.state.artifacts, contract) is None:
            return Refusal("not_found", f"there is no contract {contract[:80]!r}")
    return None
