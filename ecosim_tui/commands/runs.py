"""`ecosim runs`: list, show, rm."""

import argparse
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from ecosim_tui.paths import SUFFIX, UsageError, find_run, runs_folder
from ecosim_tui.plain import name_of, plain, say
from engine.kernel.entities import SECOND
from engine.store import files
from engine.store.errors import StoreError
from engine.store.history import RunSummary, size_on_disk, summarise
from engine.store.lock import holder
from engine.store.segments import archive_bytes

OK = 0


def listed(args: argparse.Namespace) -> int:
    """The runs of the user, newest first."""
    found = sorted(runs_folder().glob(f"*{SUFFIX}"), key=lambda p: p.lstat().st_mtime, reverse=True)
    rows = [_row(path) for path in found]
    if args.json:
        print(orjson.dumps(rows).decode())
        return OK
    if not rows:
        print("There are no runs yet; begin one with `ecosim` or `ecosim run WORLD`.")
        return OK
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        if row["problem"]:
            say(f"{row['name']:{width}}  {row['problem']}")
        else:
            size = f"{row['commits']:>10,} commits {row['bytes'] + row['archived']['bytes']:>14,} bytes"
            say(f"{row['name']:{width}}  {row['state']:8} {row['sim_seconds']:>12,.0f} s {size}")
    return OK


def _row(path: Path) -> dict[str, Any]:
    """A run in one line; a file that cannot be read is listed with its problem, it hides nothing else."""
    changed = datetime.fromtimestamp(path.lstat().st_mtime).isoformat(timespec="seconds")
    base: dict[str, Any] = {"name": name_of(Path(path.stem)), "file": name_of(path), "changed": changed, "problem": ""}
    try:
        return base | _facts(summarise(path))
    except StoreError as error:
        return base | {"problem": str(error)}


def _facts(run: RunSummary) -> dict[str, Any]:
    pid = holder(run.path)
    return {
        "world": run.meta.world,
        "seed": run.meta.seed,
        "created": run.meta.created_at,
        "ecosim": run.meta.ecosim_version,
        "state": "live" if pid is not None else "ended" if run.stopped else "at rest",
        "pid": pid,
        "stopped": run.stopped,
        "sim_seconds": run.now / SECOND,
        "commits": run.seq,
        "events": run.counts["events"],
        "agents": run.agents,
        "event_hash": run.hash.hex(),
        "bytes": run.bytes,
        "archived": asdict(run.archived),
    }


def show(args: argparse.Namespace) -> int:
    """What is known of one run."""
    path = find_run(args.run_name)
    facts = {"run": name_of(path)} | _facts(summarise(path))
    if args.json:
        print(orjson.dumps(facts).decode())
        return OK
    for name, value in facts.items():
        if name == "archived":
            value = f"{value['commits']:,} commits in {value['segments']:,} segments, {value['bytes']:,} bytes"
        elif isinstance(value, dict):
            value = ", ".join(f"{count} {state}" for state, count in value.items() if count)
        shown = f"{value:,}" if isinstance(value, int | float) and name not in ("seed", "pid") else value
        say(f"{name:12} {shown if shown not in (None, '') else '–'}")
    return OK


def remove(args: argparse.Namespace) -> int:
    """Remove a run and what belongs to its file, after asking."""
    path = find_run(args.run_name)
    summarise(path)  # refuses what is not a run of ours
    pid = holder(path)
    if pid is not None:
        raise UsageError(f"{path} is open in {f'process {pid}' if pid else 'another process'}; stop that first")
    if not args.yes:
        if not sys.stdin.isatty():
            raise UsageError("removing asks first, and there is no terminal to ask on; add --yes")
        answer = input(
            f"Remove {plain(str(path))} ({size_on_disk(path) + archive_bytes(path):,} bytes) for good? [y/N] "
        )
        if answer.strip().lower() not in ("y", "yes"):
            print("Nothing was removed.")
            return OK
    files.remove(path)
    say(f"{path} is removed")
    return OK
