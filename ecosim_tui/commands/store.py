"""`ecosim verify`, `backup`, `restore`."""

import argparse
import asyncio
import sys
from pathlib import Path

import orjson

from ecosim_tui.interruption import unwinding
from ecosim_tui.paths import find_run
from ecosim_tui.plain import name_of, say
from engine.runtime.rerun import rerun
from engine.store import backup as copies
from engine.store.verify import verify as verified

OK, NOT_OK = 0, 1


def verify(args: argparse.Namespace) -> int:
    """Verify a run; exit code 1 if anything does not hold."""
    path = find_run(args.run_name)
    report = verified(path, _Progress("verifying"))
    result = {
        "run": name_of(path),
        "commits": report.seq,
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


class _Progress:
    """A callback that shows how far a long check is, on a terminal only."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        if self._shown:
            end = "\r\x1b[K" if done >= total else ""
            print(f"\r{self._what} {done:,} of {total:,} commits{end}", end="", file=sys.stderr, flush=True)
