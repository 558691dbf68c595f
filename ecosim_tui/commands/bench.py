"""`ecosim bench`: measure, as ratios against limits and peers taken in the same run."""

import argparse
import sys

import orjson

from ecosim_tui.bench.apart import MeasurementFailed, apart
from ecosim_tui.bench.catalogue import SUBJECTS, selected
from ecosim_tui.bench.figures import Found, Row, as_text, row
from ecosim_tui.paths import UsageError

DONE, FAILED = 0, 1


def bench(args: argparse.Namespace) -> int:
    """Measure what is asked for and print it; exit code 1 if something could not be measured, reached or not."""
    rows = measured(args.names, args.short)
    if args.json:
        print(orjson.dumps([one.to_json() for one in rows]).decode())
    else:
        print(as_text(rows))
    return DONE if all(one.value is not None for one in rows) else FAILED


def measured(names: list[str], short: bool) -> list[Row]:
    """A row for each figure under `names`, for all figures if there are none."""
    try:
        wanted = selected(names)
    except ValueError as error:
        raise UsageError(str(error)) from error
    subjects = [subject for subject in SUBJECTS if any(figure in wanted for figure in subject.figures)]
    rows = []
    for number, subject in enumerate(subjects, 1):
        _progress(f"{number} of {len(subjects)}: {subject.figures[0].name} …")
        found: Found = {}
        try:
            found = apart(subject.function, short=short)
        except MeasurementFailed as error:
            _progress("")
            print(f"ecosim: {subject.figures[0].name} could not be measured: {error}", file=sys.stderr)
        rows += [row(figure, found.get(figure.name)) for figure in subject.figures if figure in wanted]
    _progress("")
    return rows


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
