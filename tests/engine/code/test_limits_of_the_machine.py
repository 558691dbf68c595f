"""Code that reaches a limit: a run in which that happened can be run again, whatever code it was."""

import textwrap
from pathlib import Path

import pytest

from engine.runtime.engine import Engine, Options
from engine.runtime.rerun import rerun
from engine.runtime.runner import Limits
from engine.worldfile.loader import load_text
from tests.engine.runtime.worlds import HEAD

WORLD = (
    HEAD
    + """
[sandbox]
time = "20ms"
[[agents]]
id = "ann"
mind = "program"
think_delay = "1s"
assets = { cpu_rate = 200_000, disk = 20_000 }
[agents.params]
source = '''
%s
'''
"""
)
ENDLESS = {
    "a tool": """\
        made = act({"action": "write", "content": "def f():\\n  while True: pass", "can_execute": True,
                    "interface": {"tools": [{"name": "f"}]}})
        act({"action": "invoke", "artifact": made["ok"]["artifact"], "method": "f", "args": {}})
        sleep(10**9)
        """,
    "a definition": """\
        act({"action": "write", "content": "while True: pass", "can_execute": True})
        sleep(10**9)
        """,
    "a contract": """\
        code = "def check_permission(**q):\\n  while True: pass"
        made = act({"action": "write", "content": code, "can_execute": True})
        note = act({"action": "write", "content": "n", "access": [made["ok"]["artifact"]]})
        act({"action": "read", "artifact": note["ok"]["artifact"]})
        sleep(10**9)
        """,
    "a program": "while True: pass",
    "too much memory": """\
        act({"action": "write", "content": "x = [0] * 10**8", "can_execute": True})
        sleep(10**9)
        """,
}


def world(source: str) -> str:
    return WORLD % textwrap.dedent(source)


async def run(path: Path, source: str) -> None:
    options = Options(limits=Limits(duration=8_000_000))
    engine = await Engine.create(load_text(world(source), "endless.toml"), path, options)
    try:
        await engine.run()
    finally:
        await engine.close()


@pytest.mark.parametrize("source", ENDLESS.values(), ids=list(ENDLESS))
async def test_a_run_that_reached_a_limit_is_the_same_again(tmp_path: Path, source: str) -> None:
    path = tmp_path / "endless.db"
    await run(path, source)
    assert (await rerun(path)).ok
