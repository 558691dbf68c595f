"""Asks whoever sits at the terminal of a headless run about its requests; the run goes on meanwhile."""

import asyncio
import os
import sys
from dataclasses import dataclass
from typing import TextIO

from ecosim_tui import format as fmt
from engine.kernel.errors import EcosimError, printable
from engine.operator import Approve, Command, Deny, Door, Query
from engine.view.types import HeaderView, Page, RequestRow, Topic

LOOK_S = 0.2
_LINE = 1 << 16
HELP = (
    "y approves as asked, y USES TIME less than that (y 1, y 1 5m); n REASON denies, and the agent reads the reason;\n"
    "s leaves it to others or to time; no answer in time means no."
)


@dataclass(frozen=True, slots=True)
class Skip:
    """Leave the request to others, or to time."""


@dataclass(frozen=True, slots=True)
class Say:
    """No decision: something to say, and the question stands."""

    text: str


def meaning(line: str, row: RequestRow) -> Approve | Deny | Skip | Say:
    """What an answer to the question about a request means."""
    word, _, rest = line.strip().partition(" ")
    match word.lower():
        case "y" | "yes":
            terms = rest.split()
            if row.risk == "high" and terms[:1] != [row.verb]:
                return Say(f"this is high risk: to approve it type y {row.verb}, and its terms after that")
            return _narrowed(terms[row.risk == "high" :], row)
        case "n" | "no":
            return Deny(row.id, rest.strip())
        case "s" | "skip":
            return Skip()
        case "?" | "h" | "help":
            return Say(HELP)
    return Say("y, y USES TIME, n REASON, s, or ? for what they mean")


def _narrowed(terms: list[str], row: RequestRow) -> Approve | Say:
    uses, ttl = None, None
    if len(terms) > 2:
        return Say("terms are uses and a time, such as y 1 5m")
    if terms:
        digits = terms[0].replace("_", "")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 15 or not 1 <= int(digits) <= row.uses:
            return Say(f"uses are a whole number from 1 to {row.uses}, such as y 1 5m")
        uses = int(digits)
    if len(terms) == 2:
        try:
            ttl = fmt.parse_duration(terms[1])
        except ValueError as error:
            return Say(str(error))
        if not 0 < ttl <= row.ttl:
            return Say(f"a time is above 0 and at most {fmt.duration(row.ttl)}, what was asked for")
    return Approve(row.id, uses, ttl)


def question(row: RequestRow, now: int) -> str:
    """A request in a few lines; every word of the agent's is printable."""
    uses = "1 use" if row.uses == 1 else f"{row.uses:,} uses"
    terms = f"{row.verb} on {row.resource}, {uses}, for {fmt.duration(row.ttl)}"
    terms += "".join(f", at most {most:,} {name} in all" for name, most in row.quota)
    terms += f", to be passed on {row.depth} deep" if row.depth else ""
    second = f"{row.seconded_by} has consented; yours decides" if row.seconded_by else "it takes two people"
    facts = (
        ("who", f"{row.requester}: {row.requester_line}; {row.record}"),
        ("wants", row.sentence),
        ("terms", terms),
        ("risk", f"{row.risk}; costs {row.cost}"),
        ("why", f"“{row.reason}”" if row.reason else "no reason given"),
        ("policy", row.policy),
        *([("second", second)] if row.dual else []),
        ("left", fmt.duration(max(0, row.decide_by - now))),
    )
    return "\n".join([f"request #{row.id}", *(f"  {name:8}{printable(text)}" for name, text in facts)])


class Asker:
    """Puts one question at a time on `out`, and reads answers from the terminal `source` as the loop goes.

    `is_asking` is true while a question stands, so that nobody else writes over it.
    """

    def __init__(self, door: Door, operator: str, source: int | None = None, out: TextIO | None = None) -> None:
        self._door = door
        self._operator = operator
        self._source = sys.stdin.fileno() if source is None else source
        self._out = sys.stderr if out is None else out
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._left: set[int] = set()
        self._rest = b""
        self.is_asking = False

    async def ask(self) -> None:
        """Ask until cancelled, or until the terminal says that there are no more answers."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._source, self._read)
        try:
            while True:
                row = await self._next()
                if row is None:
                    await asyncio.sleep(LOOK_S)
                elif not await self._decide(row):
                    self._print("No more answers: what asks from now on is left to others, or to time.")
                    return
        finally:
            self.is_asking = False
            loop.remove_reader(self._source)

    def _read(self) -> None:
        """A line is there, or the end."""
        try:
            data = os.read(self._source, _LINE)
        except OSError:
            data = b""  # the terminal is gone, or is somebody else's now: a process in the background may not read it
        if not data:
            asyncio.get_running_loop().remove_reader(self._source)
            self._lines.put_nowait(None)
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            # What is typed when nothing is asked answers nothing.
            if self.is_asking:
                self._lines.put_nowait(line.decode(errors="replace"))

    async def _decide(self, row: RequestRow) -> bool:
        """Put one question and see to its answer; False if there are no more answers."""
        self.is_asking = True
        try:
            clear = "\r\x1b[K" if self._out.isatty() else ""  # a line of progress may stand there
            self._print(clear + question(row, await self._now()))
            while True:
                self._print("approve? [y/n/s/?] ", end="")
                gone, line = await self._line_or_end(row.id)
                if gone:
                    self._print(f"\nrequest #{row.id} {gone} meanwhile; enter goes on")
                    # What was half typed for this request must not answer the next.
                    return await self._lines.get() is not None
                if line is None:
                    return False
                meant = meaning(line, row)
                if isinstance(meant, Say):
                    self._print(meant.text)
                    continue
                self._left.add(row.id)
                if not isinstance(meant, Skip):
                    await self._give(meant)
                return True
        finally:
            self.is_asking = False

    async def _line_or_end(self, request: int) -> tuple[str, str | None]:
        """The next line; or, if the request came to its end first, by whom or what."""
        while True:
            try:
                return "", await asyncio.wait_for(self._lines.get(), LOOK_S)
            except TimeoutError:
                row = next((row for row in await self._rows(str(request)) if row.id == request), None)
            if row is None or row.state != "pending":
                by = f" by {printable(row.decided_by)}" if row is not None and row.decided_by else ""
                return f"is {row.state if row is not None else 'gone'}{by}", None

    async def _give(self, command: Command) -> None:
        try:
            ack = await self._door.command(command, self._operator)
        except EcosimError as error:
            self._print(f"it is not recorded: {error}")
            return
        self._print(printable(ack.message))

    async def _next(self) -> RequestRow | None:
        """The request that has waited longest and was not left to others."""
        pending = (row for row in await self._rows() if row.state == "pending" and row.id not in self._left)
        return min(pending, key=lambda row: row.id, default=None)

    async def _rows(self, find: str = "") -> tuple[RequestRow, ...]:
        page = (await self._door.fresh(Query(Topic.REQUESTS, find=find))).data
        assert isinstance(page, Page), "requests are shown in pages"
        return page.rows

    async def _now(self) -> int:
        header = (await self._door.fresh(Query(Topic.HEADER))).data
        assert isinstance(header, HeaderView), "the header topic shows a HeaderView"
        return header.sim_time

    def _print(self, text: str, end: str = "\n") -> None:
        print(text, end=end, file=self._out, flush=True)
