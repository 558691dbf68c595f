"""What is loaded when: the engine knows no screen, and nobody waits for a database toolkit to read a help text.

Each case is a process of its own, because what one test has imported is there for all that follow.
"""

import json
import subprocess
import sys

import pytest

SCREEN = ("textual", "rich")
DATABASE = ("sqlmodel", "sqlalchemy", "alembic")
MODELS = ("litellm", "mcp", "tenacity", "openai", "httpx")
ROOMS = (
    "kernel",
    "audit",
    "genesis",
    "capabilities",
    "minds",
    "models",
    "runtime",
    "store",
    "health",
    "view",
    "worldfile",
    "operator",
    "remote",
)


def loaded(program: str) -> set[str]:
    """The packages that a program has loaded by its end."""
    told = f"{program}\nimport json, sys\nprint(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "module",
    [
        "engine",
        "engine.runtime.engine",
        "engine.runtime.runner",
        "engine.operator",
        "engine.view.build",
        "engine.models.client",
        "engine.models.specs",
        "engine.worldfile",
        "engine.remote.server",
        "engine.remote.door",
        "ecosim_tui.headless",
    ],
)
def test_the_engine_and_its_headless_front_end_load_no_screen_no_database_toolkit_and_no_model(module: str) -> None:
    assert loaded(f"import {module}") & {*SCREEN, *DATABASE, *MODELS} == set()


def test_the_kernel_loads_nothing_but_itself_and_its_json() -> None:
    program = "import engine.kernel.codec, engine.kernel.actions, engine.kernel.auction, sys\n"
    rooms = f"print([room for room in {ROOMS!r} if f'engine.{{room}}' in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program + rooms], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['kernel']"
    found = loaded(program)
    assert found & {*SCREEN, *DATABASE, *MODELS, "pydantic", "asyncio", "sqlite3", "random", "engine.store"} == set()
    assert {"engine", "orjson"} <= found


LIGHT = {*SCREEN, *DATABASE, *MODELS, "pydantic", "orjson", "psutil"}


@pytest.mark.parametrize("module", ["ecosim_tui", "ecosim_tui.cli", "ecosim_tui.__main__"])
def test_the_command_line_is_parsed_without_any_of_the_heavy_libraries(module: str) -> None:
    assert loaded(f"import {module}") & LIGHT == set()


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_are_told_without_any_of_the_heavy_libraries(argument: str) -> None:
    program = f"""
import contextlib, sys
from ecosim_tui.__main__ import main
sys.argv = ["ecosim", {argument!r}]
try:
    code = main()
except SystemExit as ended:
    code = ended.code
assert not code, code
"""
    assert loaded(program) & LIGHT == set()


def test_a_library_that_is_loaded_would_be_seen() -> None:
    assert "pydantic" in loaded("import pydantic.main")
