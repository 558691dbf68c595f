"""What of a world is code, told to people in plain text: programs, contracts, tools, and what running them takes."""

from collections.abc import Iterator
from typing import Any

from engine.kernel.durations import duration_text
from engine.worldfile.asset_checks import CPU_RATE
from engine.worldfile.problems import safe, shown
from engine.worldfile.schema import AgentSection, ArtifactSection, World

PROGRAM = "program"
_CHECK = "def check_permission"


def program_lines(agent: AgentSection) -> Iterator[str]:
    """How long an agent's program is, and what it is given."""
    source = agent.params.get("source")
    lines = len(source.strip().splitlines()) if isinstance(source, str) else 0
    given = agent.params.get("args")
    told = ", ".join(f"{safe(key)} = {shown(value)}" for key, value in given.items()) if isinstance(given, dict) else ""
    yield f"    runs a program of {lines} {'line' if lines == 1 else 'lines'}{f' with {told}' if told else ''}"


def artifact_lines(artifact: ArtifactSection) -> Iterator[str]:
    """What an executable artifact can be asked and called for, and what a principal has."""
    if artifact.executable:
        interface = artifact.interface or {}
        if _CHECK in artifact.content:
            yield f"    contract: {_contract(interface.get('contract'))}"
        methods = ", ".join(_method(tool) for tool in _list(interface.get("tools")))
        if methods:
            yield f"    methods: {methods}"
    if artifact.standing:
        held = [f"{artifact.scrip:,} scrip", *(f"{amount:,} {name}" for name, amount in artifact.assets.items())]
        yield f"    principal with {', '.join(held)}"


def code_lines(world: World) -> Iterator[str]:
    """What running code may take in this world, what it costs, and behind which walls it has to run."""
    most = world.sandbox
    yield (
        f"  one call: {duration_text(most.time)}, {most.memory:,} bytes of memory, {most.depth} deep, "
        f"{most.host_calls} calls of the world, {most.output:,} bytes out"
    )
    execute, host_call, kib = world.tariff.code()
    if most.metering == "measured":
        yield f"  costs in {CPU_RATE}: the CPU time that it took, as measured"
    else:
        crossing = f", a KiB in or out {kib:,}" if kib else ""
        yield f"  costs in {CPU_RATE}: a run {execute:,}, a call of the world {host_call:,}{crossing}"
    yield f"  walls that have to stand: {', '.join(most.walls) or 'worker, if there is code'}"


def _contract(section: Any) -> str:
    """Who bears what a contract calls, and how its answers are kept."""
    said = section if isinstance(section, dict) else {}
    policy = said.get("cache_policy")
    kept = "asked each time" if policy == "none" else "answers are kept while they hold"
    ttl = policy.get("ttl") if isinstance(policy, dict) else None
    clock = f", its clock shows every {duration_text(ttl)}" if type(ttl) is int and ttl > 1 else ""
    return f"{safe(str(said.get('cost_model', 'invoker_pays')))}, {kept}{clock}"


def _method(tool: Any) -> str:
    if not isinstance(tool, dict):
        return shown(tool)
    price = tool.get("price")
    return f"{safe(str(tool.get('name', '')))}{f' ({price:,} scrip)' if type(price) is int and price else ''}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
