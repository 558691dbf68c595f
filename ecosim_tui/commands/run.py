"""`ecosim run`: a world or an existing run, on the console or without a screen."""

import argparse
import re
import sys
from pathlib import Path

from ecosim_tui.launch import Opening
from ecosim_tui.paths import UsageError, existing_run, find_run
from engine.operator import FASTEST, SLOWEST, fits_pace

_PACE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)x")


def run(args: argparse.Namespace) -> int:
    """Carry out `ecosim run`."""
    opening = _checked(args)
    if args.headless:
        from ecosim_tui.headless import run_headless

        return run_headless(opening, as_json=args.json, events=args.events, fail_on=args.fail_on)
    if args.json or args.events or args.fail_on:
        option = "--json" if args.json else "--events" if args.events else "--fail-on"
        raise UsageError(f"{option} is for runs without a screen; add --headless")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        _require_something_to_open(opening)
        raise UsageError("the console needs a terminal; for a run without a screen add --headless")
    from ecosim_tui.console import run_console

    return run_console(opening)


def _require_something_to_open(opening: Opening) -> None:
    """Refuse what could not be opened on a terminal either, with its own sentence."""
    from ecosim_tui.opening import load, options
    from engine.store.files import inspect

    options(opening)
    if opening.run is None and opening.world:
        load(opening)
    for run in (opening.run, opening.replay):
        if run is not None:
            inspect(run)


def _checked(args: argparse.Namespace) -> Opening:
    replay = find_run(args.replay) if args.replay else None
    _refuse_half_said(args, replay)
    path = existing_run(args.world) if args.world else None
    if path is not None:
        refused = {"--seed": args.seed, "--set": args.sets, "--agents": args.agents, "--db": args.db}
        refused |= {"--policy": args.policy, "--model": args.model}
        for option, value in refused.items():
            if value:
                raise UsageError(f"{option} belongs to a new run; {args.world} exists and goes on as it was begun")
    db = Path(args.db) if args.db else None
    if db is not None and db.is_file():
        raise UsageError(f"{db} exists; to go on with it: ecosim run {db}; to begin anew, name another file")
    if db is not None and (db.exists() or db.is_symlink()):
        raise UsageError(f"--db: {db} is there already and is no file; name a new file")
    clock = args.clock or ("virtual" if args.headless else "wall")
    return Opening(
        world=args.world or "",
        run=path,
        sets=tuple(args.sets),
        agents=whole("--agents", args.agents),
        seed=whole("--seed", args.seed),
        db=db,
        scale=_scale(clock),
        duration=args.duration,
        actions=whole("--actions", args.actions),
        policy=args.policy,
        model=args.model,
        notify=args.notify,
        replay=replay,
        approvals=args.approvals or _default_approvals(args.headless, path is not None),
    )


def _refuse_half_said(args: argparse.Namespace, replay: Path | None) -> None:
    """Refuse what cannot be: neither a world nor a run to tell again, or a run told again whole, but otherwise."""
    if not args.world and replay is None:
        raise UsageError("name a world, a world file or a run, e.g. ecosim run bazaar; `ecosim worlds` lists them")
    if replay is None:
        return
    if args.world and existing_run(args.world) is not None:
        raise UsageError(f"--replay-thoughts begins a new run, and {args.world} exists; name a world, or none")
    told = {"--set": args.sets, "--seed": args.seed, "--agents": args.agents, "--policy": args.policy}
    told |= {"--model": args.model, "--for": args.duration, "--actions": args.actions, "--approvals": args.approvals}
    if not args.world:
        for option, value in told.items():
            if value:
                raise UsageError(
                    f"{option}: without WORLD all of {args.replay} happens again as it was; name its world too"
                )


def _default_approvals(headless: bool, existing: bool) -> str | None:
    """A console has a person; a headless run has not, and one that is resumed keeps what it had."""
    if headless:
        return None if existing else "policy"
    return "ask"


def whole(option: str, text: str | None) -> int | None:
    """The whole number that an option was given; raises UsageError that says what would be right."""
    if text is None:
        return None
    digits = text.replace("_", "").lstrip("0") or text[:1]
    lowest, highest = (0, 2**63 - 1) if option == "--seed" else (1, 2**53)
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= len(str(highest))
    if not is_number or not lowest <= int(digits) <= highest:
        raise UsageError(f"{option} takes a whole number from {lowest} to {highest}, not {text[:40]!r}")
    return int(digits)


def _scale(clock: str) -> float | None:
    if clock == "virtual":
        return None
    if clock == "wall":
        return 1.0
    match = _PACE.fullmatch(clock)
    if match is None or not fits_pace(float(match[1])):
        paces = f"such as 4x or 0.5x (from {SLOWEST}x to {FASTEST:.0f}x)"
        raise UsageError(f"--clock takes wall, virtual, or a pace {paces}, not {clock[:40]!r}")
    return float(match[1])
