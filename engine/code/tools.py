"""Executable artifacts: methods of agents' tools in the sandbox, those of genesis artifacts in the engine."""

from dataclasses import dataclass, replace

from engine.code.asking import Bill
from engine.code.host import Desk
from engine.code.interface import CHECK, Interface, bad_arguments, parse, tool_of
from engine.code.running import OF_THE_MACHINE, STOPPED, Bear, Runs, acting, in_words, story
from engine.genesis.base import Registry
from engine.kernel import ledger
from engine.kernel.actions import Call
from engine.kernel.entities import SCRIP, Artifact, Json
from engine.kernel.errors import Refusal
from engine.kernel.metering import ACTING, OutOfCapacity, meter_of
from engine.kernel.transaction import Transaction
from engine.sandbox.types import MAX_SOURCE, Failed, HostCall, Job, Kind, Reply

MEMORY = "memory"
"""The asset that stands for the memory of running code, where a world has it."""


@dataclass(slots=True)
class Tools:
    """Runs the methods of executable artifacts, and looks at code before it becomes one."""

    registry: Registry
    runs: Runs

    async def invoke(self, call: Call, artifact: Artifact, method: str, args: Json) -> Json | Refusal:
        """The result of a method; a tool that raises has done nothing."""
        if artifact.id in self.registry.artifacts:
            return await self.registry.invoke(call, artifact, method, args)
        tool = tool_of(artifact.interface, method)
        if tool is None:
            return _no_such(artifact, method)
        where = f"{artifact.id}.{method}"
        refusal = bad_arguments(tool, args, where) or self._no_room(call, artifact) or _pay(call, artifact, tool, where)
        if refusal is not None:
            return refusal
        return await self._run(call, artifact, method, args)

    async def _run(self, call: Call, artifact: Artifact, method: str, args: Json) -> Json | Refusal:
        tx = call.tx
        content = tx.get(tx.state.contents, artifact.id)
        given: Json = {"self_id": artifact.id, "caller": call.caller}
        seed = f"{self.runs.seed} {artifact.id} {method} {call.caller} {tx.at}"
        source = content.text if content is not None else ""
        job = Job(Kind.TOOL, source, method, args, given, tx.at, seed)
        payer = _payer(call, artifact)
        meter = meter_of(tx)
        bear: Bear = lambda amount: meter.charge(payer, amount)  # noqa: E731 - one line says it
        inside = Call(tx, call.caller, call.depth, call.physics, call.lent, call.chain)
        bill = Bill(payer, own=artifact.has_standing)
        desk = Desk(tx, artifact, inside, bear, call.caller, artifact.controller, bill=bill)
        before = meter.spent.get(payer or meter.acting, 0)
        try:
            outcome = await self.runs.run(tx, job, artifact.id, bear, desk.answer, self.runs.prices.execute)
        except OutOfCapacity as short:
            if short.principal == meter.acting:
                raise
            return Refusal(
                "no_capacity", f"{short.principal}, who bears the cost of {artifact.id}, has no capacity left"
            )
        if isinstance(outcome, Failed):
            if outcome.limit in STOPPED:
                meter.take(payer, self.runs.prices.overrun)
            tx.emit("tool.failed", call.caller, artifact.id, method=method[:80], **story(tx, outcome))
            if desk.unpaid is not None and desk.unpaid.message in outcome.error:
                return desk.unpaid
            return Refusal("tool_failed", f"{artifact.id}.{method} failed: {in_words(outcome)}")
        cost = meter.spent.get(payer or meter.acting, 0) - before
        foreign = artifact.controller != call.caller
        tx.emit("tool.invoked", call.caller, artifact.id, method=method[:80], cost=cost, foreign=foreign)
        return {"result": outcome.value}

    def _no_room(self, call: Call, artifact: Artifact) -> Refusal | None:
        """Running code takes memory of whoever bears its cost, and gives it back at its end."""
        tx = call.tx
        if tx.get(tx.state.assets, MEMORY) is None:
            return None
        payer = _payer(call, artifact) or meter_of(tx).acting
        free, needed = ledger.balance(tx, payer, MEMORY).available, self.runs.limits.memory
        if free >= needed:
            return None
        return Refusal("no_memory", f"running code takes {needed} bytes of {MEMORY}; {payer} has {free} free")

    # -- looking at code -------------------------------------------------------------------------------------------

    async def check(self, tx: Transaction, actor: str, code: str, interface: Json | None) -> Refusal | None:
        """Why code with this interface cannot stand behind an artifact; it is run once, with nobody to call."""
        parsed = parse(interface)
        if isinstance(parsed, Refusal):
            return parsed
        if len(code) > MAX_SOURCE:
            return Refusal("too_large", f"code has {MAX_SOURCE} characters at most, not {len(code)}")
        meter = meter_of(tx)

        async def nobody(asked: HostCall) -> Reply:
            return Reply(None, "not_here: nothing can be called while code is defined", tx.at)

        outcome = await self.runs.run(tx, definition(code), "", acting(meter), nobody, self.runs.prices.execute)
        if isinstance(outcome, Failed):
            if outcome.limit in STOPPED:
                meter.take(ACTING, self.runs.prices.overrun)
            if outcome.limit in OF_THE_MACHINE:
                tx.emit("tool.failed", actor, "", method="", **story(tx, outcome))
            return Refusal("bad_code", f"the code does not hold: {in_words(outcome)}")
        return lacking(parsed, outcome.value)

    async def read(self, tx: Transaction, program: str) -> Refusal | None:
        """Why the source of a program cannot be read: whether it does what it should shows when it runs."""

        async def nobody(asked: HostCall) -> Reply:
            return Reply(None, "not_here: a program is not run before its agent lives", tx.at)

        bear = acting(meter_of(tx))
        outcome = await self.runs.run(tx, reading(program), "", bear, nobody, self.runs.prices.execute)
        if not isinstance(outcome, Failed):
            return None
        failed = replace(outcome, line=max(1, outcome.line - SKIPPED))
        return Refusal("bad_code", f"the program cannot be read: {in_words(failed)}")


def definition(code: str) -> Job:
    """The job that tells which functions some code defines."""
    return Job(Kind.DEFINE, code, "", {}, {}, 0, "")


SKIPPED = 2
"""Lines that stand before a program's own where it is only read."""


def reading(program: str) -> Job:
    """The job that reads a program without running it."""
    lines = "\n".join(f" {line}" for line in ["pass", *program.splitlines()])
    return Job(Kind.DEFINE, f"if False:\n{lines}\n", "", {}, {}, 0, "")


def lacking(interface: Interface, defined: object) -> Refusal | None:
    """What an interface promises and the code does not define."""
    names = defined if isinstance(defined, list) else []
    missing = [tool.name for tool in interface.tools if tool.name not in names]
    if missing:
        said = ", ".join(map(str, names[:8])) or "nothing"
        return Refusal("bad_code", f"the interface has the method {missing[0]}, the code defines {said}")
    if not interface.tools and CHECK not in names:
        return Refusal(
            "bad_code", f"the code defines no {CHECK}, and the interface has no methods: nobody could call it"
        )
    if interface.contract is not None and CHECK not in names:
        return Refusal("bad_code", f"the interface has a contract part, the code defines no {CHECK}")
    return None


def _no_such(artifact: Artifact, method: str) -> Refusal:
    tools = artifact.interface.get("tools", []) if artifact.interface else []
    names = ", ".join(str(tool.get("name")) for tool in tools if isinstance(tool, dict)) or "none"
    return Refusal("no_such_method", f"{artifact.id} has no method {method[:40]!r}; it has: {names}")


def _payer(call: Call, artifact: Artifact) -> str:
    """Who bears the cost of a tool: itself if it has standing, else who calls it, else whoever acts."""
    if artifact.has_standing:
        return artifact.id
    return call.caller if call.tx.is_principal(call.caller) else ACTING


def _pay(call: Call, artifact: Artifact, tool: Json, where: str) -> Refusal | None:
    """Pay the price of a method to the artifact's controller; all of it is undone if the method fails."""
    price = tool.get("price", 0)
    tx = call.tx
    if not price or call.caller == artifact.controller:
        return None
    allowed = (tx.purse or {}).get(call.caller, 0)
    if price > allowed:
        return Refusal("price", f'{where} costs {price} scrip; say "pay": {price} in the action to allow it')
    if not tx.is_principal(artifact.controller):
        return Refusal("no_payee", f"{artifact.controller}, who controls {artifact.id}, cannot hold scrip")
    refusal = ledger.transfer(tx, SCRIP, call.caller, artifact.controller, price, f"price of {where}")
    if refusal is None:
        tx.purse = {**(tx.purse or {}), call.caller: allowed - price}
        tx.emit(
            "code.charged",
            artifact.id,
            call.caller,
            payer=call.caller,
            amount=price,
            to=artifact.controller,
            reason=where,
        )
    return refusal
