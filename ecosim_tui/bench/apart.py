"""Runs a function in a Python process of its own: `python -m ecosim_tui.bench.apart MODULE:FUNCTION ARGUMENTS`.

Nothing that was measured before can then slow, warm or fill what is measured next, and a crash costs one figure.
"""

import os
import subprocess
import sys
from importlib import import_module
from typing import Any

import orjson


class MeasurementFailed(Exception):
    """The process ended without an answer; the message is the end of what it complained of."""


def apart(function: str, **arguments: Any) -> Any:
    """What `module:function` of this package returns for plain arguments, as plain data."""
    command = [*module("ecosim_tui.bench.apart"), function, orjson.dumps(arguments).decode()]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=environment(), check=False)
    if done.returncode:
        raise MeasurementFailed(done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}")
    return orjson.loads(done.stdout)


def module(name: str) -> list[str]:
    """The command that runs a module in a process of its own."""
    return [sys.executable, "-P", "-m", name]


def environment(**extra: str) -> dict[str, str]:
    """Ours, with the places that our modules came from."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(place for place in sys.path if place), **extra}


def main() -> None:
    """Call the function that is asked for and print its answer as JSON."""
    name, arguments = sys.argv[1:]
    place, function = name.split(":")
    answer = getattr(import_module(f"ecosim_tui.bench.{place}"), function)(**orjson.loads(arguments))
    sys.stdout.buffer.write(orjson.dumps(answer))


if __name__ == "__main__":
    main()
