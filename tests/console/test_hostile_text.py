"""What agents write is data: shown as it stands, inert, in every view; nothing of it reaches the terminal unescaped."""

from dataclasses import replace

import pytest

from engine.view.escrow_types import EscrowView, LotPart
from engine.view.types import MintResult, RunState
from tests.console import fake_data as data
from tests.console.driving import WIDE, opened
from tests.console.fake_door import FakeDoor

MEAN = "[bold]x[/nope] \x1b]0;title\x07\x9b31m\r\n‮⁦​$world [@click=app.quit]q[/]" + "Z" * 10_000
FORBIDDEN = set(map(chr, range(0x20))) | set(map(chr, range(0x7F, 0xA0))) | set("‮⁦​‏")


def mean_world() -> FakeDoor:
    """Every text that an agent may choose is a mean one."""
    door = FakeDoor()
    door.header = replace(door.header, world=MEAN, state=RunState.FAILED, detail=MEAN, since=MEAN)
    door.agents = [replace(data.agent(2), id=MEAN, waits=MEAN, last=MEAN, mind=MEAN)]
    door.events = [replace(one, type=MEAN, actor=MEAN, target=MEAN, text=MEAN, story=MEAN) for one in data.EVENTS]
    texts = {"requester": MEAN, "verb": MEAN, "resource": MEAN, "sentence": MEAN, "reason": MEAN, "policy": MEAN,
             "record": MEAN, "requester_line": MEAN, "cost": MEAN}  # fmt: skip
    door.requests = [replace(data.REQUEST, **texts), replace(data.REQUEST, id=3, state="denied", decision_reason=MEAN)]  # type: ignore[arg-type]
    door.grants = [replace(data.GRANTS[0], holder=MEAN, verb=MEAN, resource=MEAN, granted_by=MEAN)]
    door.artifacts = [replace(data.artifact(0), id=MEAN, type=MEAN, controller=MEAN, created_by=MEAN, access=(MEAN,))]
    book = replace(data.book("x", 5), id=MEAN, unit=MEAN, tape=((1, 2, 3, MEAN, MEAN),))
    door.artifacts.append(replace(data.artifact(1), id="tool", type="code"))
    door.market = replace(data.MARKET, instruments=(book,))
    mean = replace(
        data.ESCROW.sales[0], parts=(LotPart(MEAN, MEAN, 1, 1),), seller=MEAN, other=MEAN, arbiter=MEAN, terms=(MEAN,)
    )
    door.escrow = EscrowView((mean,), 1)
    result = MintResult(MEAN, MEAN, 5, 5, 5, 5, (MEAN,))
    rounds = (replace(data.MINT.rounds[0], results=(result,)),)
    door.mint = replace(data.MINT, cron=MEAN, bids=((1, MEAN, MEAN, 5, 5),), rounds=rounds)
    door.loans = [replace(data.LOANS[0], id=MEAN, borrower=MEAN, holder=MEAN, lender=MEAN, collateral=MEAN)]
    door.kpis = replace(
        data.KPIS, series=tuple(replace(one, name=f"{MEAN}{n}", unit=MEAN) for n, one in enumerate(data.KPIS.series))
    )
    door.ledger = replace(data.LEDGER, accounts=((MEAN, MEAN, 1, 2),), postings=((1, 2, MEAN, MEAN, MEAN, 3, MEAN),))
    return door


PLACES = (
    ("1",), ("2",), ("3",), ("4",), ("5",), ("6",), ("7",), ("8",), ("9",),
    ("2", "enter"), ("3", "enter"), ("8", "enter"), ("7", "enter"), ("7", "x"), ("7", "e"), ("2", "K"), ("2", "g"),
    ("5", "tab", "enter"), ("3", "end", "enter"), ("3", "end", "enter", "tab"), ("3", "end", "enter", *["tab"] * 3),
    ("9", "tab"), ("9", "tab", "enter"),
    ("2", "end", "enter"), ("2", "end", "enter", *["tab"] * 4), ("4", *["tab"] * 3, "enter"),
)  # fmt: skip


@pytest.mark.parametrize("size", [(80, 24), WIDE])
@pytest.mark.parametrize("keys", PLACES)
async def test_mean_texts_are_shown_as_they_stand(keys: tuple[str, ...], size: tuple[int, int]) -> None:
    async with opened(*keys, door=mean_world(), size=size) as console:
        text = console.text()
        assert not FORBIDDEN & set(text.replace("\n", ""))
        assert console.app.is_running
        assert {len(line) for line in console.lines()} == {size[0]}


@pytest.fixture(autouse=True)
def mean_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """What agents choose in code is mean as well."""
    failure = replace(data.FAILURE, who=MEAN, what=MEAN, error=MEAN, limit=MEAN)
    told = {"who": MEAN, "what": MEAN, "code": MEAN, "why": MEAN, "story": MEAN}
    monkeypatch.setattr(data, "DENIAL", replace(data.DENIAL, **told))  # type: ignore[arg-type]
    monkeypatch.setattr(data, "CHAIN", tuple(replace(one, id=MEAN, kind=MEAN, by=MEAN) for one in data.CHAIN))
    methods = (replace(data.CODE_VIEW.methods[0], name=MEAN, params=(MEAN,), tells=MEAN),)
    callers = tuple(replace(one, who=MEAN, last=MEAN) for one in data.CODE_VIEW.callers)
    code = replace(data.CODE_VIEW, source=MEAN, methods=methods, callers=callers, failures=(failure,))
    monkeypatch.setattr(data, "CODE_VIEW", code)
    monkeypatch.setattr(data, "program_of", lambda _: replace(data.PROGRAM, source=MEAN, printed=MEAN, failure=failure))


async def test_markup_is_shown_and_never_run() -> None:
    async with opened("2", "end", "enter", size=WIDE) as console:
        assert "[bold red]eve[/x]" in console.text()


async def test_a_mean_refusal_is_said_as_it_stands() -> None:
    door = FakeDoor()
    door.refusal = "no [/x] \x1b[2J"
    async with opened("space", door=door) as console:
        assert console.said == ["no [/x] ␛[2J"]
