"""`ecosim report`: key figures and health of a run, as text, JSON or one page of HTML."""

import argparse
import os
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import orjson

from ecosim_tui.paths import UsageError, find_run
from ecosim_tui.plain import say
from engine.kernel.entities import Json
from engine.report.gather import gather

OK = 0
FORMATS = ("text", "json", "html")


def report(args: argparse.Namespace) -> int:
    """Print the report of a run, or write it to a file."""
    found = gather(find_run(args.run_name))
    written = _written(found, args.format)
    if args.output is None:
        say(written)
        return OK
    path = Path(args.output)
    if path.is_dir():
        raise UsageError(f"--output: {path} is a folder; name a file")
    # Beside it first: whoever looks at the file meanwhile sees the old report or the new one, whole.
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(written + "\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise UsageError(f"--output: {path}: {error.strerror}; name a file that can be written") from error
    finally:
        with suppress(OSError):  # where nothing can be written there is nothing to take away
            beside.unlink()
    say(f"{path} is written")
    return OK


def _written(found: Json, form: str) -> str:
    if form == "json":
        return orjson.dumps(found).decode()
    # Only the form that is asked for is loaded.
    module, function = {"text": ("text", "as_text"), "html": ("page", "as_html")}[form]
    text: str = getattr(import_module(f"engine.report.{module}"), function)(found)
    return text.rstrip("\n")
