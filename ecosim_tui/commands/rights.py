"""`ecosim requests` and `ecosim grants`: what agents ask for and what they have been given, on a run live or not."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import orjson

from ecosim_tui import format as fmt
from ecosim_tui.commands.run import whole
from ecosim_tui.hands import hands_on
from ecosim_tui.paths import UsageError, find_run
from ecosim_tui.widgets.text import cell_width, clean, fit, pad
from engine.operator import Approve, Command, Deny, Door, GrantCapability, Query, RevokeGrant, to_json
from engine.remote.peers import operator_of
from engine.view.types import GrantRow, HeaderView, Page, RequestRow, Topic

OK, REFUSED = 0, 1
PAGE = 1_000
_WIDEST = 60


def requests(args: argparse.Namespace) -> int:
    """The requests that wait, or with `--all` all of them."""
    rows, now = _read(args, Topic.REQUESTS, lambda row: row.state == "pending")
    if args.json:
        return _print_json(rows)
    titles = ("#", "agent", "state", "risk", "asks for", "why", "time left")
    return _print_table(titles, [_request_cells(row, now) for row in rows], "No request is waiting.")


def grants(args: argparse.Namespace) -> int:
    """The grants that hold, or with `--all` all of them."""
    rows, now = _read(args, Topic.GRANTS, lambda row: row.state == "active")
    if args.json:
        return _print_json(rows)
    titles = ("#", "agent", "state", "may", "on", "uses", "time left", "given by")
    return _print_table(titles, [_grant_cells(row, now) for row in rows], "No grant holds.")


def approve(args: argparse.Namespace) -> int:
    """Approve requests, as asked or narrower."""
    uses, ttl = whole("--uses", args.uses), _ttl(args.ttl)
    quota, depth = _quota(args.quota) or None, _depth(args.depth)
    numbers = _numbers(args.ids, "request")
    return _give(args, [Approve(n, uses, ttl, args.reason, args.resource, quota, depth) for n in numbers])


def deny(args: argparse.Namespace) -> int:
    """Deny requests; the agents read the reason."""
    return _give(args, [Deny(number, args.reason) for number in _numbers(args.ids, "request")])


def give(args: argparse.Namespace) -> int:
    """Grant an agent a capability that it has not asked for."""
    given = GrantCapability(args.agent, args.verb, args.resource, reason=args.reason, quota=_quota(args.quota))
    uses, ttl = whole("--uses", args.uses) or given.uses, _ttl(args.ttl) or given.ttl
    return _give(args, [replace(given, uses=uses, ttl=ttl, depth=_depth(args.depth) or 0)])


def revoke(args: argparse.Namespace) -> int:
    """End grants."""
    return _give(args, [RevokeGrant(number, args.reason) for number in _numbers(args.ids, "grant")])


# -- on the run --------------------------------------------------------------------------------------------------------


def _read(args: argparse.Namespace, topic: Topic, is_open: Callable[[Any], bool]) -> tuple[list[Any], int]:
    """The rows to be listed, and world time."""

    async def read() -> tuple[list[Any], int]:
        async with hands_on(find_run(args.run_name)) as door:
            header = (await door.fresh(Query(Topic.HEADER))).data
            assert isinstance(header, HeaderView), "the header topic shows a HeaderView"
            return await _rows(door, topic, is_open, args.all), header.sim_time

    return asyncio.run(read())


async def _rows(door: Door, topic: Topic, is_open: Callable[[Any], bool], everything: bool) -> list[Any]:
    """The rows of all pages; what is open comes first, so that the rest is only looked at if it is wanted."""
    rows: list[Any] = []
    while True:
        page = (await door.fresh(Query(topic, start=len(rows), count=PAGE))).data
        assert isinstance(page, Page), f"{topic} shows a Page"
        wanted = [row for row in page.rows if everything or is_open(row)]
        rows += wanted
        if len(wanted) < PAGE or len(rows) >= page.matching:
            return rows


def _give(args: argparse.Namespace, commands: Sequence[Command]) -> int:
    for command in commands:
        for name, value in to_json(command).items():
            try:
                orjson.dumps(value)
            except orjson.JSONEncodeError as error:
                raise UsageError(f"{name} holds bytes that are no UTF-8 text") from error
    return asyncio.run(_carry_out(find_run(args.run_name), commands))


async def _carry_out(path: Path, commands: Sequence[Command]) -> int:
    code = OK
    async with hands_on(path) as door:
        for command in commands:
            ack = await door.command(command, operator_of())
            print(clean(ack.message), file=sys.stdout if ack.ok else sys.stderr)
            code = code if ack.ok else REFUSED
    return code


# -- in and out --------------------------------------------------------------------------------------------------------


def _numbers(texts: Sequence[str], what: str) -> list[int]:
    numbers = []
    for text in texts:
        digits = text.removeprefix("#")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 15:
            raise UsageError(f"a {what} is named by its number, not {text[:40]!r}")
        numbers.append(int(digits))
    return numbers


def _ttl(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        ttl = fmt.parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--ttl: {error}") from error
    if ttl <= 0:
        raise UsageError("--ttl takes a time above 0")
    return ttl


def _quota(texts: Sequence[str]) -> dict[str, int]:
    quota = {}
    for text in texts:
        name, _, number = text.partition("=")
        if not name or not (number.isascii() and number.isdigit()) or len(number) > 18 or int(number) == 0:
            raise UsageError(f"--quota is written MEASURE=N with N above 0, such as scrip=50, not {text[:40]!r}")
        quota[name] = int(number)
    return quota


def _depth(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 3:
        raise UsageError(f"--depth is a whole number from 0, not {text[:40]!r}")
    return int(text)


def _request_cells(row: RequestRow, now: int) -> tuple[str, ...]:
    left = fmt.duration(max(0, row.decide_by - now)) if row.state == "pending" else "–"
    why = f"“{row.reason}”" if row.reason else "–"
    return (str(row.id), row.requester, row.state, row.risk, row.sentence, why, left)


def _grant_cells(row: GrantRow, now: int) -> tuple[str, ...]:
    left = fmt.duration(max(0, row.expires_at - now)) if row.state == "active" else "–"
    by = row.granted_by
    return (str(row.id), row.holder, row.state, row.verb, row.resource, str(row.uses_left), left, by)


def _print_json(rows: list[Any]) -> int:
    print(orjson.dumps([asdict(row) for row in rows]).decode())
    return OK


def _print_table(titles: tuple[str, ...], rows: list[tuple[str, ...]], nothing: str) -> int:
    """Rows as columns of text; agents' words are inert and cut, the whole of them is in `--json`."""
    if not rows:
        print(nothing)
        return OK
    cells = [titles, *(tuple(fit(cell, _WIDEST) for cell in row) for row in rows)]
    widths = [max(cell_width(line[column]) for line in cells) for column in range(len(titles))]
    for line in cells:
        print("  ".join(pad(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip())
    return OK
