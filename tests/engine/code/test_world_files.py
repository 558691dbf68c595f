"""Code in a world file: looked at before the world begins, with the place of what is wrong; walls that are demanded."""

import pytest

from engine.runtime.engine import Engine, Options
from engine.sandbox import client
from engine.sandbox.client import SandboxMissing
from engine.sandbox.walls import BUBBLEWRAP, WORKER, Wall
from engine.worldfile.loader import load_text
from engine.worldfile.problems import WorldFileError
from tests.engine.runtime.worlds import HEAD, agent

CHECK = "def check_permission(artifact_id, action, requester_id, context):\\n    return {}\\n"


def problems(more: str) -> str:
    """What is said of a world file with this in it."""
    with pytest.raises(WorldFileError) as caught:
        load_text(HEAD + agent("ann", "spender") + more, "tiny.toml")
    return str(caught.value)


def artifact(*lines: str) -> str:
    return "[[artifacts]]\nid = 'thing'\nowner = 'ann'\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("section", "says"),
    [
        (artifact("executable = true", "content = 'x = ('"), "artifacts[0].content: line 1 of the code"),
        (
            artifact("executable = true", "content = 'x = 1'"),
            "artifacts[0].content: the code defines no check_permission",
        ),
        (artifact("executable = true", 'content = "while True: pass"'), "time limit"),
        (
            artifact("executable = true", f'content = "{CHECK}"', "interface = { tools = [{ name = 'run' }] }"),
            "artifacts[0].content: the interface has the method run, the code defines check_permission",
        ),
        (
            artifact("executable = true", f'content = "{CHECK}"', "interface = { contract = { cost_model = 'mine' } }"),
            "artifacts[0].interface: contract.cost_model",
        ),
        (artifact("interface = { tools = [] }"), "artifacts[0].interface: is for code, and this is data"),
        (artifact("scrip = 5"), "artifacts[0].id: is given something to hold, and has no standing"),
        (artifact("standing = true", "assets = { gold = 5 }"), "there is no asset"),
        (artifact("executable = 1"), "artifacts[0].executable"),
        ("[sandbox]\nmetering = 'guessed'\n", "sandbox.metering"),
        ("[sandbox]\ntime = '1us'\n", "sandbox.time"),
        ("[sandbox]\nwalls = ['moat']\n", "sandbox.walls"),
        (agent("bob", "program"), "agents[1].params"),
        (agent("bob", "program", more='params.source = "a = 1\\n  b = 2"'), "agents[1].params.source: line 2"),
    ],
)
def test_what_is_wrong_with_code_is_told_with_file_line_and_key(section: str, says: str) -> None:
    said = problems(section)
    assert said.startswith("tiny.toml:")
    assert says in said


def test_a_world_without_code_does_not_load_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the sandbox was started")

    monkeypatch.setattr(client._Link, "open", never)
    assert load_text(HEAD + agent("ann", "spender"), "tiny.toml").world.agents


def _walls(*standing: str) -> tuple[Wall, ...]:
    return tuple(Wall(name, name in standing, "of a test", f"put up {name}") for name in (WORKER, BUBBLEWRAP))


def test_a_wall_that_is_demanded_and_does_not_stand_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.sandbox.walls.walls", lambda: _walls(WORKER))
    loaded = load_text(HEAD + agent("ann", "spender") + "[sandbox]\nwalls = ['bubblewrap']\n", "tiny.toml")
    with pytest.raises(
        SandboxMissing,
        match=r"the wall bubblewrap \(\[sandbox\] walls\) is needed and does not stand: of a test; put up",
    ):
        Engine.in_memory(loaded, Options())


async def test_without_a_worker_no_code_runs_and_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.sandbox.walls.walls", lambda: _walls())
    loaded = load_text(HEAD + agent("ann", "spender"), "tiny.toml")
    engine = Engine.in_memory(loaded, Options())
    with pytest.raises(SandboxMissing, match="worker"):
        engine.runs.sandbox.start()
    await engine.close()
