"""`ecosim bench`: measure, as ratios against limits and peers taken in the same run."""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import orjson

from ecosim_tui.bench.apart import MeasurementFailed, apart
from ecosim_tui.bench.catalogue import SUBJECTS, Subject, selected
from ecosim_tui.bench.figures import Found, Row, as_text, row
from ecosim_tui.paths import UsageError

DONE, FAILED = 0, 1
SHORT_SIDE_BY_SIDE = 2


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
    # Side by side only where it does not matter how fast anything is.
    with ThreadPoolExecutor(SHORT_SIDE_BY_SIDE if short else 1) as pool:
        for number, (subject, found) in enumerate(
            zip(subjects, pool.map(partial(_found, short), subjects), strict=True)
        ):
            _progress(f"{number + 1} of {len(subjects)} measured: {subject.figures[0].name}")
            rows += [row(figure, found.get(figure.name)) for figure in subject.figures if figure in wanted]
    _progress("")
    return rows


def _found(short: bool, subject: Subject) -> Found:
    """What a subject has measured; nothing, and a line on stderr, if it broke."""
    try:
        found: Found = apart(subject.function, short=short)
    except MeasurementFailed as error:
        _progress("")
        print(f"ecosim: {subject.figures[0].name} could not be measured: {error}", file=sys.stderr)
        return {}
    return found


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
