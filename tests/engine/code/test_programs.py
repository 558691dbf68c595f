"""Programs that drive agents: one action a step, suspended in between, and taken up at the line where they wait."""

import asyncio
import random

import pytest

import engine.operator as op
from engine.code.programs import MOST_REPLIES, recorded
from engine.kernel.entities import AgentState, Json, WaitKind
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.sandbox.types import Outcome, Turn
from engine.worldfile import LoadedWorld
from tests.engine.code.kit import Borrowed, opened
from tests.engine.living import remembered_by
from tests.engine.runtime.worlds import HEAD, world

MINUTE = 60_000_000


def program(name: str, source: str, *, cpu: int = 1_000_000, args: str = "{}", more: str = "") -> str:
    """An agent that is driven by a program."""
    return f'''
[[agents]]
id = "{name}"
mind = "program"
think_delay = "1s"
scrip = 100
assets = {{ cpu_rate = {cpu}, disk = 20_000 }}
params.args = {args}
params.source = """
{source}"""
{more}
'''


async def told(loaded: LoadedWorld, seconds: int = 20) -> tuple[Engine, list[tuple[str, str, Json]]]:
    """A world after it has run so long, and (type, actor, data) of what happened."""
    events: list[tuple[str, str, Json]] = []
    async with opened(loaded, Limits(duration=seconds * 1_000_000)) as engine:
        engine.followers.append(lambda commit: events.extend((e.type, e.actor, e.data) for e in commit.events))
        await engine.run()
        return engine, events


def notes(engine: Engine, agent: str = "ann") -> list[str]:
    """What an agent has written, in order."""
    state = engine.machine.state
    mine = [row for row in state.artifacts.rows.values() if row.created_by == agent and row.type == "data"]
    return [state.contents.rows[row.id].text for row in sorted(mine, key=lambda row: row.created_at)]


WRITE = 'def write(text):\n    return act({"action": "write", "content": str(text)})\n'


async def test_a_program_goes_on_after_each_of_its_actions_with_what_came_of_it() -> None:
    source = (
        WRITE + 'first = write("one")\n'
        'write(first["ok"]["artifact"])\n'
        'write(write("x" * 30_000)["refused"])\n'
        "sleep(1_000_000_000)\n"
    )
    engine, _ = await told(world(program("ann", source)))
    assert notes(engine) == ["one", "data.1", "disk_full"]
    agent = engine.machine.state.agents.rows["ann"]
    assert (agent.state, agent.wait.kind) == (AgentState.SLEEPING, WaitKind.TIME)
    row = engine.machine.state.programs.rows["ann"]
    assert (row.asked, row.line) == ("sleep", 6)


async def test_a_program_that_has_ended_begins_again_at_the_next_step() -> None:
    source = WRITE + 'n = recall("n") or 0\nremember("n", n + 1)\nwrite(n)\n'
    engine, _ = await told(world(program("ann", source)), seconds=10)
    assert notes(engine)[:4] == ["0", "1", "2", "3"]
    assert remembered_by(engine.machine.state, "ann").keys() == {"n"}


async def test_a_program_sees_what_its_agent_sees_and_finds_its_arguments() -> None:
    source = (
        WRITE + "seen = observe()\n"
        'write([seen["agent"], seen["balances"]["scrip"]["available"], args["n"], self_id])\n'
        'sleep_until_event("@me")\n'
    )
    engine, _ = await told(world(program("ann", source, args="{ n = 7 }")))
    assert notes(engine) == ["['ann', 100, 7, 'ann']"]


async def test_messages_leave_the_inbox_when_the_program_looks() -> None:
    tells = (
        'act({"action": "invoke", "artifact": "genesis_messages", "method": "send", '
        '"args": {"to": "ann", "body": "hello"}})\n'
        'sleep_until_event("@me")\n'
    )
    source = (
        WRITE + "sleep(3_000_000)\n"
        'write([m["body"] for m in observe()["messages"]])\n'
        'write(observe()["messages"])\n'
        'sleep_until_event("never")\n'
    )
    engine, _ = await told(world(program("ann", source), program("bob", tells)))
    assert notes(engine) == ["['hello']", "[]"]


@pytest.mark.parametrize(
    ("wait", "wakes"),
    [
        ('sleep_until_event("artifact.created", 50_000_000)', 6),
        ('sleep_until("balance bob scrip <= 99")', 6),
        ("sleep(4_500_000)", 5),
    ],
)
async def test_a_program_waits_for_what_it_says(wait: str, wakes: int) -> None:
    source = WRITE + f'{wait}\nwrite(now() // 1_000_000)\nsleep_until_event("never")\n'
    other = 'sleep(5_000_000)\nact({"action": "write", "content": "x"})\nsleep_until_event("never")\n'
    if "balance" in wait:
        other = other.replace(
            'act({"action": "write", "content": "x"})',
            'act({"action": "invoke", "artifact": "genesis_ledger", "method": "transfer", '
            '"args": {"to": "ann", "amount": 1}})',
        )
    engine, _ = await told(world(program("ann", source), program("bob", other)))
    assert [int(note) for note in notes(engine)] == [pytest.approx(wakes, abs=1)]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("a = 1\nb = a / 0\n", "line 2: ZeroDivisionError"),
        ("while True: pass\n", "time limit"),
        ("while True: observe()\n", "more than 50 times without waiting"),
        ("act()\n", "action: Field required"),
        ("act({'action': 'fly'})\n", "there is no action 'fly'"),
        ("sleep(-1)\n", "greater than or equal to 1"),
        ("sleep_until('rubbish')\n", "line 1"),
        ("x = [0] * 10**9\n", "memory limit"),
        ("import asyncio\nasync def f():\n    await observe()\nasyncio.run(f())\n", "line"),
        ("invoke('genesis_ledger', 'transfer')\n", "NameError"),
        ("open('/etc/passwd')\n", "Permission denied"),
    ],
)
async def test_a_program_that_fails_is_told_at_its_line_and_begins_again(source: str, says: str) -> None:
    engine, events = await told(world(program("ann", source)), seconds=8)
    failed = [data for type_, actor, data in events if type_ == "mind.failed"]
    assert says in failed[0]["error"]
    assert [data["failures"] for data in failed[:3]] == [1, 2, 3]
    assert "ann" not in engine.machine.state.programs.rows


async def test_what_was_remembered_is_in_the_memory_of_the_agent() -> None:
    source = 'remember("a", {"b": [1, 2]})\nremember("c", "d")\nremember("c", None)\nsleep_until_event("never")\n'
    engine, _ = await told(world(program("ann", source)))
    state = engine.machine.state
    (entry,) = state.memory_entries.rows.values()
    assert (entry.memory, entry.key, entry.text) == ("memory.ann", "a", '{"b":[1,2]}')
    row = state.artifacts.rows["memory.ann"]
    assert (row.controller, row.access, row.size) == ("ann", ("genesis_private",), 12)


async def test_what_others_stored_under_a_key_is_recalled_too_as_text_where_it_is_no_json() -> None:
    stored = (
        'act({"action": "invoke", "artifact": "genesis_memory", "method": "store",'
        ' "args": {"text": "hello there", "key": "k"}})\n'
        'act({"action": "invoke", "artifact": "genesis_memory", "method": "store", "args": {"text": "no key"}})\n'
    )
    source = WRITE + stored + 'write(recall("k"))\nremember("k", 7)\nwrite(recall())\nsleep_until_event("never")\n'
    engine, _ = await told(world(program("ann", source)))
    assert notes(engine) == ["hello there", "{'k': 7}"]


async def test_what_does_not_fit_on_its_disk_is_not_remembered_and_the_program_knows() -> None:
    source = (
        WRITE + "try:\n"
        '    remember("a", "x" * 30_000)\n'
        "except RuntimeError as error:\n"
        "    write(str(error)[:9])\n"
        "write(recall())\n"
        'sleep_until_event("never")\n'
    )
    engine, _ = await told(world(program("ann", source)))
    assert notes(engine) == ["disk_full", "{}"]


ASKS = (
    WRITE + 'answer = request_capability("message.broadcast", "news", reason="to tell")\n'
    'write(answer["state"])\n'
    'write(answer["reason"])\n'
    'sleep_until_event("never")\n'
)


@pytest.mark.parametrize(
    ("command", "state", "reason"),
    [(op.Approve(1, reason="go ahead"), "approved", "go ahead"), (op.Deny(1, "not now"), "denied", "not now")],
)
async def test_a_program_waits_for_the_answer_to_its_request(command: op.Command, state: str, reason: str) -> None:
    loaded = world(program("ann", ASKS), program("bob", "sleep(1_000_000)\n"))
    options = Options(None, Limits(duration=20_000_000), "ask", Borrowed())
    engine = Engine.in_memory(loaded, options)
    engine.runner.patience = None
    told_of: list[str] = []
    engine.followers.append(lambda commit: told_of.extend(e.type for e in commit.events))
    engine.runner.limits = Limits(duration=6_000_000)
    await engine.run()
    assert engine.machine.state.programs.rows["ann"].request == 1
    assert notes(engine) == []
    assert (await engine.command(command)).ok
    engine.runner.limits = Limits(duration=20_000_000)
    await engine.run()
    assert notes(engine) == [state, reason]
    await engine.close()


async def test_an_answer_that_comes_before_the_program_waits_for_it_is_not_missed() -> None:
    engine = Engine.in_memory(world(program("ann", ASKS)), Options(None, Limits(commits=2), "ask", Borrowed()))
    await engine.run()
    assert engine.machine.state.programs.rows["ann"].request is None
    assert (await engine.command(op.Approve(1, reason="at once"))).ok
    engine.runner.limits = Limits(duration=10_000_000)
    await engine.run()
    assert notes(engine) == ["approved", "at once"]
    await engine.close()


async def test_a_request_that_nobody_answers_expires_and_the_program_goes_on() -> None:
    head = HEAD + '[capabilities]\ndecide_within = "5s"\n'
    loaded = world(program("ann", ASKS), head=head)
    async with opened(loaded, Limits(duration=20_000_000)) as engine:
        await engine.command(op.SetApprovals("ask"))
        await engine.run()
        assert notes(engine)[0] == "expired"


async def test_a_program_that_is_replaced_is_forgotten_and_the_new_one_begins() -> None:
    loaded = world(program("ann", WRITE + 'write("old")\nsleep_until_event("never")\n'))
    async with opened(loaded, Limits(duration=5_000_000)) as engine:
        events: list[tuple[str, Json]] = []
        engine.followers.append(lambda commit: events.extend((e.type, e.data) for e in commit.events))
        await engine.run()
        new: Json = {"source": WRITE + 'write("new")\nsleep_until_event("never")\n', "args": {}}
        assert (await engine.command(op.Configure("ann", params=new))).ok
        await engine.command(op.StepAgent("ann"))
        engine.runner.limits = Limits(duration=10_000_000)
        await engine.run()
        assert notes(engine) == ["old", "new"]
        discarded = [data for type_, data in events if type_ == "program.discarded"]
        assert discarded == [{"why": "it was reprogrammed", "line": 4, "waited": "sleep_until_event"}]


async def test_an_action_that_was_dropped_is_told_to_the_program() -> None:
    source = WRITE + 'write(write(write("one")))\nsleep_until_event("never")\n'
    loaded = world(program("ann", source, cpu=3_500))
    async with opened(loaded, Limits(duration=4_000_000)) as engine:
        await engine.run()
        assert "ann" in engine.machine.state.thoughts.rows
        await engine.command(op.StopAgent("ann"))
        await engine.command(op.ResumeAgent("ann"))
        engine.runner.limits = Limits(duration=60_000_000)
        await engine.run()
        assert "'refused': 'dropped'" in notes(engine)[-1]


async def test_a_program_that_was_told_as_much_as_is_kept_begins_anew() -> None:
    source = (
        "n = 0\n"
        "while True:\n"
        "    n = n + 1\n"
        "    for i in range(40):\n"
        "        now()\n"
        '    act({"action": "write", "content": str(n)})\n'
        "    sleep(1_000)\n"
    )
    loaded = world(program("ann", source, cpu=10_000_000))
    engine, events = await told(loaded, seconds=130)
    discarded = [data for type_, _, data in events if type_ == "program.discarded"]
    assert len(discarded) >= 1
    assert "told as much as is kept" in discarded[0]["why"]
    assert engine.machine.state.programs.rows["ann"].replies < MOST_REPLIES
    assert len(recorded(engine.machine.state.begin(0, ()), "ann")) == engine.machine.state.programs.rows["ann"].replies


class Late(Borrowed):
    """A sandbox whose answers come after a while that is drawn by chance, and in any order."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.draws = random.Random(seed)

    def ask(self, turn: Turn) -> "asyncio.Future[Outcome]":
        """The outcome of a turn, some turns of the loop after it is there."""
        asked = super().ask(turn)
        turns = self.draws.randrange(40)

        async def later() -> Outcome:
            outcome = await asked
            for _ in range(turns):
                await asyncio.sleep(0)
            return outcome

        return asyncio.ensure_future(later())

    def wait(self, seconds: float) -> bool:
        """Leave it to the event loop."""
        return False


MARKET = [
    program(
        f"p{n}",
        f"import random\n"
        f"while True:\n"
        f"    seen = observe()\n"
        f'    act({{"action": "invoke", "artifact": "till", "method": "pay", '
        f'"args": {{"to": "p{(n + 1) % 4}", "amount": random.randint(1, 5)}}, "pay": 5}})\n'
        f'    act({{"action": "read", "artifact": "page"}})\n',
    ).replace('think_delay = "1s"', 'think_delay = "0s"')
    for n in range(4)
]
SHOP = '''
[[artifacts]]
id = "till"
owner = "p0"
executable = true
content = """
def pay(to, amount):
    charge(amount, to)
    return get_balance(to)
"""
interface = { tools = [{ name = "pay", inputSchema = { type = "object" } }] }
[[artifacts]]
id = "rich"
owner = "p0"
executable = true
content = """
def check_permission(artifact_id, action, requester_id, context):
    return {"allowed": get_balance(requester_id) > 95, "reason": "for the rich"}
"""
[[artifacts]]
id = "page"
owner = "p0"
access = ["rich"]
content = "page"
'''


async def _hash(sandbox: Borrowed, scale: float | None = None, commits: int = 150) -> tuple[bytes, int]:
    loaded = world(*MARKET, SHOP)
    engine = Engine.in_memory(loaded, Options(scale, Limits(commits=commits), "policy", sandbox))
    await engine.run()
    durable = await engine.close()
    return durable.hash, durable.seq


async def test_the_story_is_the_same_however_late_answers_come() -> None:
    first = await _hash(Borrowed())
    assert first[1] >= 150
    for seed in range(6):
        assert await _hash(Late(seed)) == first


async def test_the_story_is_the_same_on_a_wall_clock() -> None:
    virtual = await _hash(Borrowed(), commits=60)
    assert await _hash(Borrowed(), scale=10_000.0, commits=60) == virtual
    assert await _hash(Late(3), scale=10_000.0, commits=60) == virtual


async def test_a_program_goes_on_in_a_new_sandbox_where_it_was_left() -> None:
    source = (
        WRITE
        + "import random\nn = random.randint(0, 10**9)\nfor i in range(30):\n    write([i, n, random.randint(0, 9)])\n"
    )
    whole, _ = await told(world(program("ann", source)), seconds=20)
    borrowed = Borrowed()
    loaded = world(program("ann", source))
    engine = Engine.in_memory(loaded, Options(None, Limits(duration=8_000_000), "policy", borrowed))
    await engine.run()
    borrowed.broker.close()  # all sessions and parked states are gone
    engine.runner.limits = Limits(duration=20_000_000)
    await engine.run()
    assert notes(engine) == notes(whole)
    await engine.close()


async def test_a_broker_that_is_killed_is_replaced_and_nobody_notices() -> None:
    source = WRITE + "for i in range(30):\n    write(i)\n"
    whole, _ = await told(world(program("ann", source)), seconds=20)
    borrowed = Borrowed()
    engine = Engine.in_memory(
        world(program("ann", source)), Options(None, Limits(duration=20_000_000), "policy", borrowed)
    )

    def kill(commit: object) -> None:
        link = borrowed.broker._link
        if link is not None and engine.machine.state.seq % 7 == 0:
            link.process.kill()
            link.process.wait()

    engine.followers.append(kill)
    await engine.run()
    assert notes(engine) == notes(whole)
    await engine.close()
