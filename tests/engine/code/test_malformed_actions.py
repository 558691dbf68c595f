"""A program that asks for what is no action is told so where it asked, and can go on."""

import textwrap
from typing import Any

from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.worldfile.loader import load_text
from tests.engine.living import remembered_by
from tests.engine.runtime.worlds import HEAD

AGENT = """
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


async def remembered(source: str) -> dict[str, Any]:
    text = HEAD + AGENT % textwrap.dedent(source)
    engine = Engine.in_memory(load_text(text, "ann.toml"), Options(limits=Limits(duration=5_000_000)))
    try:
        await engine.run()
        found = remembered_by(engine.machine.state, "ann")
        last = engine.machine.state.agents.rows["ann"].last
    finally:
        await engine.close()
    return {**found, "last": last}


async def test_what_is_no_action_is_raised_in_the_program() -> None:
    told = await remembered(
        """
        def tried(what):
            try:
                what()
            except RuntimeError as error:
                return str(error)
        remember("act", tried(lambda: act({"action": "dance"})))
        remember("sleep", tried(lambda: sleep(0)))
        remember("until", tried(lambda: sleep_until("balance nobody")))
        sleep(10**9)
        """
    )
    assert told["act"].startswith("unknown_action: there is no action 'dance'")
    assert told["sleep"].startswith("bad_arguments: sleep: duration")
    assert told["until"].startswith("bad_predicate: ")


async def test_a_program_that_does_not_catch_it_has_failed_at_that_line() -> None:
    told = await remembered('x = 1\nact({"action": "dance"})')
    assert told["last"].startswith("mind failed: line 2: RuntimeError: unknown_action")
