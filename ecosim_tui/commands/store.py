"""`ecosim verify`, `backup`, `restore`, `archive`."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import orjson

from ecosim_tui.interruption import unwinding
from ecosim_tui.paths import UsageError, find_run
from ecosim_tui.plain import name_of, say
from engine.runtime.rerun import rerun
from engine.store import backup as copies
from engine.store.archiving import archive as by_hand
from engine.store.history import History
from engine.store.values import NO_RETENTION, Retention
from engine.store.verify import verify as verified
from engine.worldfile import parse_world
from engine.worldfile.values import parse_duration

OK, NOT_OK = 0, 1


def verify(args: argparse.Namespace) -> int:
    """Verify a run; exit code 1 if anything does not hold."""
    path = find_run(args.run_name)
    report = verified(path, _Progress("verifying"))
    result = {
        "run": name_of(path),
        "commits": report.seq,
        "archived": {"segments": report.segments, "commits": report.archived},
        "event_hash": report.hash.hex(),
        "ok": report.ok,
        "checks": [{"check": c.name, "ok": c.ok, "problem": c.problem, "seq": c.seq} for c in report.checks],
    }
    lines = [str(report)]
    ok = report.ok
    if args.rerun and ok:
        again = asyncio.run(rerun(path))
        ok = again.ok
        result["rerun"] = {"ok": ok, "seq": again.seq, "event_hash": again.rerun.hex()}
        said = "the same hash" if ok else f"another hash, {again.rerun.hex()}: this is not the same story"
        if again.reached < again.seq:
            said = f"nothing more happened after commit {again.reached}: this is not the same story"
        lines.append(f"{'ok  ' if ok else 'FAIL'} run again to commit {again.seq}: {said}")
    elif args.rerun:
        lines.append("not run again, because the file itself does not hold")
    result["ok"] = ok
    say(orjson.dumps(result).decode() if args.json else "\n".join(lines))
    return OK if ok else NOT_OK


def backup(args: argparse.Namespace) -> int:
    """Copy a run, live or not."""
    with unwinding():
        made = copies.backup(find_run(args.run_name), Path(args.file), _Progress("checking"))
    say(f"{made.path}: {made.bytes:,} bytes, up to commit {made.seq}, hash {made.hash.hex()[:16]}…")
    return OK


def restore(args: argparse.Namespace) -> int:
    """Verify a backup and make a run of it."""
    with unwinding():
        made = copies.restore(find_run(args.backup), Path(args.file), _Progress("checking"))
    say(f"{made.path}: verified and restored up to commit {made.seq}; go on with: ecosim run {made.path}")
    return OK


def archive(args: argparse.Namespace) -> int:
    """Archive old commits of a run at rest, or make one complete database of a run and its archive."""
    path = find_run(args.run_name)
    if args.into is not None:
        if (args.keep, args.events, args.bytes) != (None, None, None):
            raise UsageError("--into archives nothing; give it without --keep, --events and --bytes")
        with unwinding():
            made = copies.complete(path, Path(args.into), _Progress("checking"))
        say(f"{made.path}: {made.bytes:,} bytes, all of the run up to commit {made.seq}, hash {made.hash.hex()[:16]}…")
        return OK
    done = by_hand(path, _retention(args, path), _Progress("archiving"))
    if not done.segments:
        say(f"{path}: nothing is beyond what is to be kept; the database has {done.after:,} bytes")
        return OK
    say(
        f"{path}: {done.commits:,} commits archived in {done.segments:,} segments; the database went from"
        f" {done.before:,} to {done.after:,} bytes, the archive has {done.archive:,}"
    )
    return OK


def _retention(args: argparse.Namespace, path: Path) -> Retention:
    """What the command line says is to be kept, else what the run's world file says."""
    given = Retention(
        _read(args.keep, "--keep", parse_duration),
        _read(args.events, "--events", int),
        _read(args.bytes, "--bytes", int),
    )
    if given == NO_RETENTION:
        with closing(History(path)) as history:
            section = parse_world(history.meta().world_toml).retention
        given = Retention(section.keep, section.events, section.bytes)
    if given == NO_RETENTION:
        raise UsageError(
            f"{path}: its world file has no [retention], so say what is to be kept: --keep 24h, --events N or --bytes N"
        )
    return given


def _read(text: str | None, option: str, parse: Callable[[str], int]) -> int | None:
    if text is None:
        return None
    try:
        value = parse(text)
    except ValueError as error:
        what = str(error) if parse is parse_duration else "it takes a whole number"
        raise UsageError(f"{option}: {what}, not {text[:40]!r}") from error
    if value < 0:
        raise UsageError(f"{option} takes 0 or more, not {value}")
    return value


class _Progress:
    """A callback that shows how far a long check is, on a terminal only."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        if self._shown:
            end = "\r\x1b[K" if done >= total else ""
            print(f"\r{self._what} {done:,} of {total:,} commits{end}", end="", file=sys.stderr, flush=True)
