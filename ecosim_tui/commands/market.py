"""`ecosim market`: what trades in a run, live or not, and halting it."""

import argparse
import asyncio
import sys
from dataclasses import asdict

import orjson

from ecosim_tui import format as fmt
from ecosim_tui.hands import hands_on
from ecosim_tui.paths import UsageError, find_run
from ecosim_tui.widgets.text import cell_width, clean, fit, pad
from engine.operator import Door, HaltInstrument, Query
from engine.remote.peers import operator_of
from engine.view.types import InstrumentView, MarketView, Topic

OK, REFUSED = 0, 1
_WIDEST = 40


def listed(args: argparse.Namespace) -> int:
    """The instruments with their best prices."""
    rows = asyncio.run(_instruments(args))
    if args.json:
        print(orjson.dumps([asdict(row) for row in rows]).decode())
        return OK
    if not rows:
        print("This world has no instruments: nothing can be traded in it.")
        return OK
    titles = ("instrument", "state", "last", "bid", "ask", "volume", "turnover")
    cells = [titles, *(_cells(row) for row in rows)]
    widths = [max(cell_width(line[column]) for line in cells) for column in range(len(titles))]
    for line in cells:
        print("  ".join(pad(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip())
    return OK


def halt(args: argparse.Namespace) -> int:
    """Stop trading in instruments."""
    return asyncio.run(_halt(args, True))


def resume(args: argparse.Namespace) -> int:
    """Let instruments trade again."""
    return asyncio.run(_halt(args, False))


async def _instruments(args: argparse.Namespace) -> tuple[InstrumentView, ...]:
    async with hands_on(find_run(args.run_name)) as door:
        return await _shown(door)


async def _shown(door: Door) -> tuple[InstrumentView, ...]:
    view = (await door.fresh(Query(Topic.MARKET))).data
    assert isinstance(view, MarketView), "the market topic shows a MarketView"
    return view.instruments


def _cells(row: InstrumentView) -> tuple[str, ...]:
    bid, ask = row.bids[0][0] if row.bids else None, row.asks[0][0] if row.asks else None
    figures = (row.last_price, bid, ask, row.volume, row.turnover)
    shown = ("–" if value is None else fmt.count(value) for value in figures)
    return (fit(row.id, _WIDEST), "halted" if row.halted else "open", *shown)


async def _halt(args: argparse.Namespace, halted: bool) -> int:
    for name in args.instruments:
        try:
            orjson.dumps(name)
        except orjson.JSONEncodeError as error:
            raise UsageError("an instrument's name holds bytes that are no UTF-8 text") from error
    code = OK
    async with hands_on(find_run(args.run_name)) as door:
        there = [row.id for row in await _shown(door)]
        for name in args.instruments:  # all of them first: either all that are named are there, or nothing is done
            if name not in there:
                known = f"there are: {', '.join(there)}" if there else "this world has none"
                raise UsageError(f"{args.run_name}: there is no instrument {name[:_WIDEST]!r}; {known}")
        for name in args.instruments:
            ack = await door.command(HaltInstrument(name, halted), operator_of())
            print(clean(ack.message), file=sys.stdout if ack.ok else sys.stderr)
            code = code if ack.ok else REFUSED
    return code
