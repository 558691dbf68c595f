"""The views of a world whose contracts, tools and programs run in the sandbox."""

from pathlib import Path

from engine.operator import Query
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.view.header import broker_of
from engine.view.types import AgentView, ArtifactView, EventRow, HeaderView, Topic
from engine.worldfile import LoadedWorld
from engine.worldfile.loader import load_text
from tests.engine.runtime.worlds import HEAD

WORLD = """
[[agents]]
id = "ann"
mind = "program"
scrip = 100
assets = { cpu_rate = 200_000, disk = 50_000 }
[agents.params]
source = '''
act({"action": "invoke", "artifact": "adder", "method": "add", "args": {"a": 1}, "pay": 3})
act({"action": "read", "artifact": "secret"})
print("over")
sleep(1_000_000_000)
'''

[[agents]]
id = "bob"
mind = "giver"
params = { to = "ann", amount = 1 }
start_after = "1d"
assets = { cpu_rate = 200_000, disk = 50_000 }

[[artifacts]]
id = "gate"
owner = "bob"
executable = true
content = '''
def check_permission(artifact_id, action, requester_id, context):
    return {"allowed": context["nothing"]}
'''

[[artifacts]]
id = "secret"
owner = "bob"
access = ["gate"]
content = "the secret"

[[artifacts]]
id = "adder"
owner = "bob"
executable = true
content = '''
def add(a):
    return a + get_balance(caller)
'''
[artifacts.interface]
tools = [{ name = "add", price = 3, inputSchema = { type = "object", properties = { a = { type = "integer" } } } }]
"""


def _options() -> Options:
    return Options(limits=Limits(30_000_000, None, None))


def _world() -> LoadedWorld:
    return load_text(HEAD + WORLD, "tiny.toml")


async def test_a_world_with_code_shows_where_it_waits_what_it_took_and_whom_it_refused() -> None:
    engine = Engine.in_memory(_world(), _options())
    await engine.run()
    ann = engine.snapshot(Query(Topic.AGENT, key="ann")).data
    adder = engine.snapshot(Query(Topic.ARTIFACT, key="adder")).data
    secret = engine.snapshot(Query(Topic.ARTIFACT, key="secret")).data
    header = engine.snapshot(Query(Topic.HEADER)).data
    await engine.close()
    assert isinstance(ann, AgentView)
    assert ann.program is not None
    assert (ann.program.line, ann.program.waits, ann.program.printed) == (4, "sleep", "over\n")
    assert ann.measured is not None
    assert ann.measured.calls == 3, "the program itself, the tool and the contract"
    assert isinstance(adder, ArtifactView)
    assert adder.code is not None
    assert adder.code.measured is not None
    assert (adder.code.measured.calls, adder.code.measured.host_calls, adder.code.charged) == (1, 1, 3)
    assert adder.code.measured.cpu > 0
    assert [(c.who, c.calls, c.failures) for c in adder.code.callers] == [("ann", 1, 0)]
    assert isinstance(secret, ArtifactView)
    (denial,) = secret.denials
    assert "Contract gate was asked: may ann read secret? It failed at line 2" in denial.story
    assert "KeyError" in denial.story
    assert isinstance(header, HeaderView)
    assert header.code_processes >= 2, "the broker and at least one worker"
    assert header.code_memory > 0


async def test_what_lay_behind_a_refusal_is_read_from_the_file_as_well(tmp_path: Path) -> None:
    engine = await Engine.create(_world(), tmp_path / "run.db", _options())
    await engine.run()
    live: tuple[EventRow, ...] = engine.snapshot(Query(Topic.EVENTS, count=500)).data.rows  # type: ignore[attr-defined]
    await engine.close()
    engine = await Engine.open(tmp_path / "run.db", _options())
    try:
        read = await engine.history(Query(Topic.EVENTS, count=500), 10**9)
        assert broker_of(engine.runs.sandbox) is None, "reading starts no sandbox"
    finally:
        await engine.close()
    assert read == live
    (refused,) = [row for row in read if row.type == "agent.refused"]
    assert "KeyError" in refused.story
