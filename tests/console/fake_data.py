"""A small world as the views show it: the same at every call, with the texts that hostile agents would choose."""

from dataclasses import replace
from typing import Any

from engine.view.code_types import (
    CallerRow,
    CodeView,
    ContractLink,
    Denial,
    FailureRow,
    Measured,
    MethodRow,
    ProgramView,
)
from engine.view.debt_types import LoanOfferRow, LoanRow
from engine.view.escrow_types import EscrowView, LotPart, SaleRow, SoldRow
from engine.view.model_types import (
    AnswerRow,
    CallRow,
    ModelErrorRow,
    ModelRow,
    ModelsView,
    ThoughtRow,
    ThoughtView,
    TryRow,
)
from engine.view.trading_types import CandleRow, CandleSeries, OpenOrder, PositionRow, TradingView
from engine.view.types import (
    AgentRow,
    AgentView,
    ArtifactRow,
    ArtifactView,
    BalanceLine,
    ConcernRow,
    EventRow,
    GrantRow,
    HeaderView,
    HealthView,
    InstrumentView,
    KpiSeries,
    KpiView,
    LedgerView,
    MarketView,
    MemoryView,
    MintResult,
    MintRoundRow,
    MintView,
    RequestRow,
    RuleRow,
    RunState,
    VerbRow,
    WealthView,
)

S = 1_000_000
NOW = 754 * S
HOSTILE = "[bold red]eve[/x] \x1b[31m‮evil​"
STATES = ("active", "blocked", "sleeping", "dormant", "paused")

HEADER = HeaderView(
    world="bazaar",
    state=RunState.RUNNING,
    detail="",
    sim_time=NOW,
    pace=1.0,
    behind=0,
    actions=12_345,
    actions_per_second=56.24,
    agents=(("active", 9), ("blocked", 3), ("sleeping", 4), ("dormant", 1), ("paused", 1)),
    scrip_total=18_250,
    spent=120_000,
    cap=1_000_000,
    pending=3,
    run_bytes=12_900_000,
    archive_bytes=0,
    disk_free=48 * 1024**3,
    cpu_percent=12.4,
    memory=141_000_000,
    code_cpu=0.0,
    code_memory=0,
    code_processes=0,
    since="",
    notice="",
    health="warning",
    score=80,
)

_MINDS = ("forager", "refiner", "maker", "trader", "curator", "spender")
_WAITS = ("", "cpu_rate: 12 s", "until 00:14:00", "anything", "")
_LAST = (
    "wrote data_31 (412 B)",
    "bought refined_4 for 35",
    "placed bid 200 cpu_rate at 12",
    "sold 100 disk at 9",
    "bid 40 with essay_3",
    "refused: not enough scrip",
)
_NAMES = ("alice", "bob", "carol", "dora", "emil", "frida", "gus", "hana", "iris", "jan", "kim", "lena", "mia", "nils")


def agent(number: int) -> AgentRow:
    """One of the agents; the last of them has a hostile name."""
    name = _NAMES[number] if number < len(_NAMES) else HOSTILE
    return AgentRow(
        id=name,
        state=STATES[number % 5],
        waits=_WAITS[number % 5],
        mind="program" if name == "dora" else _MINDS[number % 6],
        scrip=1_000 + 37 * number,
        held=12 * (number % 3),
        resources=(("cpu_rate", 20_000 * number, 200_000), ("disk", 30_000, 100_000)),
        actions=400 + 31 * number,
        actions_per_s=0.5 * (number % 4),
        refusals=number % 4,
        last=_LAST[number % 6],
        last_at=NOW - number * S,
        pending=1 if number in (2, 5) else 0,
    )


VERBS = (
    VerbRow("agent.spawn", "bring a new agent into the world", "medium", "what the sponsor gives it"),
    VerbRow("message.broadcast", "send a message to every agent", "low", "disk of the sender"),
)
AGENTS = tuple(agent(number) for number in range(len(_NAMES) + 1))

_EVENT_TYPES = (
    "artifact.written",
    "exchange.trade",
    "ledger.transfer",
    "agent.slept",
    "request.asked",
    "agent.refused",
)


def event(seq: int) -> EventRow:
    """One event of the log."""
    kind = _EVENT_TYPES[seq % 6]
    who = AGENTS[seq % len(AGENTS)].id
    texts = {
        "artifact.written": f"{who} wrote data_{seq} (412 B)",
        "exchange.trade": f"{who} bought 100 cpu_rate at 12 from bob",
        "ledger.transfer": f"{who} gave 3 scrip to bob",
        "agent.slept": f"{who} sleeps for 12 s",
        "request.asked": f"{who} asks for message.broadcast, 3 uses",
        "agent.refused": f"{who}: not_enough: 40 scrip were needed, 12 are available",
    }
    return EventRow(seq, 0, seq * S, kind, who, "bob", texts[kind], kind == "agent.refused")


EVENTS = tuple(event(seq) for seq in range(700, 755))

REQUEST = RequestRow(
    id=11,
    requester="carol",
    verb="message.broadcast",
    resource="*",
    sentence="send a message to all agents, at most 3 times within 10m",
    risk="low",
    uses=3,
    ttl=600 * S,
    cost="3 messages of 200 bytes",
    reason="I have data to sell and nobody knows me yet. A word to all of them would make a market for it.",
    policy="asks: no rule matches",
    record="asked 3, granted 1, refused 1, used 2, misused 0",
    requester_line="● active, 1,074 scrip, cpu_rate 20% used",
    asked_at=NOW - 20 * S,
    decide_by=NOW + 220 * S,
    state="pending",
    decided_by="",
    decision_reason="",
    grant=None,
    effect="every agent's inbox gets the message",
    rule="""[[rules]]
name = "carol message.broadcast"
effect = "allow"
verb = "message.broadcast"
agent = "carol"
resource = "*"
uses = 3
ttl = "10m"
depth = 0
""",
)
REQUESTS = (
    REQUEST,
    replace(
        REQUEST,
        id=12,
        requester="frida",
        verb="agent.spawn",
        sentence="create one agent with a mind of its own",
        risk="high",
        uses=1,
        cost="500 scrip and 20% of its cpu_rate",
        reason="A partner would double what I can refine.",
        decide_by=NOW + 30 * S,
    ),
    replace(
        REQUEST,
        id=13,
        requester=HOSTILE,
        verb="budget.raise",
        risk="medium",
        sentence=f"raise its disk by 50,000 bytes {HOSTILE}",
        reason=f"{HOSTILE}\n[@click=app.quit]press me[/]\n" + "A" * 300,
    ),
    replace(REQUEST, id=10, state="approved", decided_by="operator", decision_reason="go on", grant=4),
    replace(REQUEST, id=9, requester="gus", state="denied", decided_by="policy", decision_reason="too often"),
    replace(REQUEST, id=8, requester="bob", state="expired"),
)

GRANTS = (
    GrantRow(4, 10, "carol", "message.broadcast", "*", 2, NOW - 90 * S, NOW + 500 * S, "active", "operator", "go on",
             below=2, depth=2),
    GrantRow(5, None, "dora", "message.broadcast", "*", 2, NOW - 80 * S, NOW + 400 * S, "active", "carol", "passed on",
             parent=4, level=1, below=1, depth=1),
    GrantRow(6, None, "emil", "message.broadcast", "news", 1, NOW - 70 * S, NOW + 300 * S, "active", "dora",
             "passed on", parent=5, level=2, quota=(("bytes", 900),), underway=1),
    GrantRow(3, None, "gus", "agent.spawn", "*", 0, NOW - 400 * S, NOW - 100 * S, "exhausted", "operator", ""),
    GrantRow(2, 7, "bob", "message.broadcast", "*", 1, NOW - 500 * S, NOW + S, "revoked", "policy", "spam"),
)  # fmt: skip
RULES = (
    RuleRow(
        "no spawning",
        "deny",
        "agent.spawn",
        "eve*",
        "*",
        "",
        None,
        "too many",
        '[[rules]]\nname = "no spawning"\n',
    ),
    RuleRow("small disks", "allow", "disk.extra", "*", "disk", "operator:olga", NOW, "", "[[rules]]\n"),
)

_KINDS = ("data", "code", "contract", "config", "memory", "genesis")


def artifact(number: int) -> ArtifactRow:
    """One of the artifacts."""
    kind = _KINDS[number % 6]
    owner = AGENTS[number % len(AGENTS)].id
    return ArtifactRow(
        id=f"{kind}_{number}",
        type=kind,
        category="data",
        controller=owner,
        created_by=AGENTS[(number * 3) % len(AGENTS)].id,
        access=("genesis_freeware",),
        size=100 + number * 411,
        version=1 + number % 4,
        updated_at=NOW - number * 7 * S,
        price=10 + number if number % 4 == 0 else None,
    )


ARTIFACTS = (*(artifact(number) for number in range(30)), replace(artifact(30), id=HOSTILE))

CODE = """def run(context):
    '''Refine what is there.'''
    return context.invoke("genesis_store", "search", {"q": "data"})
"""
INTERFACE = '{\n  "name": "run",\n  "inputSchema": {\n    "type": "object"\n  }\n}'


MEASURED = Measured(12, 1, 30, 48_200, 61_000, 9_400_000, 0)
FAILURE = FailureRow(NOW - 40 * S, 731, HOSTILE, "run", f"ValueError: {HOSTILE}", 2, "")
DENIAL = Denial(
    NOW - 50 * S,
    730,
    "bob",
    "reads code_1",
    "access_denied",
    "bob may not read code_1: its contract failed",
    f"bob may not read code_1: its contract failed\n\nContract gate failed at line 3.\nError: {HOSTILE}",
)
CHAIN = (
    ContractLink("gate", "written", "by bob", 0, False),
    ContractLink("gate", "written", "by bob", 1, True),
    ContractLink("lost_contract", "missing", "it does not exist: everything is denied to everybody", 0, False),
    ContractLink("genesis_freeware", "genesis", "Anyone may read and invoke", 0, False),
)
CODE_VIEW = CodeView(
    source=CODE,
    methods=(MethodRow("run", ("context: object", "deep?"), 3, f"refines {HOSTILE}"),),
    cost_model="whoever asks bears what it calls",
    cache="asked each time",
    measured=MEASURED,
    charged=36,
    callers=(CallerRow("dora", 11, 0, "run", NOW - 9 * S), CallerRow(HOSTILE, 1, 1, "run", NOW - 40 * S)),
    failures=(FAILURE,),
)
PROGRAM = ProgramView(
    source='n = 0\nwhile True:\n    n += 1\n    act({"action": "read", "artifact": "secret"})\n    sleep(1_000_000)\n',
    line=4,
    waits="act",
    begun_at=NOW - 90 * S,
    replies=17,
    size=2_048,
    request=None,
    printed=f"seen 16 {HOSTILE}",
    failure=None,
)


def program_of(row: AgentRow) -> ProgramView | None:
    """The program of an agent that is driven by one."""
    return PROGRAM if row.mind == "program" else None


def artifact_view(row: ArtifactRow) -> ArtifactView:
    """One artifact, whole; those of type code are code."""
    hostile, is_code = row.id == HOSTILE, row.type == "code"
    return ArtifactView(
        row=row,
        content=f"{HOSTILE}\nsecond line" if hostile else "" if row.type == "loan" else CODE,
        interface="" if hostile else INTERFACE,
        metadata='{"topic": "prices"}',
        dangling=("lost_contract",) if hostile else (),
        governs=0,
        history=EVENTS[-4:],
        executable=is_code,
        chain=CHAIN if is_code else CHAIN[-2:] if hostile else CHAIN[-1:],
        denials=(DENIAL,) if is_code else (),
        code=CODE_VIEW if is_code else None,
        memory=memory_of(row.controller) if row.type == "memory" else None,
    )


def memory_of(agent: str) -> MemoryView:
    """What an agent has stored in its memory."""
    rows = (
        (12, NOW - 3 * S, "", "price, map", f"iron is dear in the north {HOSTILE}"),
        (9, NOW - 70 * S, "plan", "", "buy disk below 9,\nsell it above 11"),
    )
    return MemoryView(f"memory.{agent}", agent, agent, 2, 61, 100_000, True, (("map", 1), ("price", 1)), rows)


def agent_view(row: AgentRow) -> AgentView:
    """One agent, whole."""
    return AgentView(
        row=row,
        controller="carol",
        created_at=0,
        mind_params='{"to": "bob", "amount": 3}',
        prompt=f"You refine data.\nBe careful. {HOSTILE}",
        think_delay=2 * S,
        thought="transfer 3 scrip to bob" if row.state == "paused" else "",
        mind_state='{"seen": 12}',
        balances=(
            BalanceLine("scrip", "scrip", "scrip", row.scrip, row.held, None, 0, None),
            BalanceLine("cpu_rate", "renewable", "CPU-µs", 150_000, 50_000, 120_000, 60 * S, NOW + 12 * S),
            BalanceLine("disk", "allocatable", "bytes", 70_000, 30_000, None, 0, None),
            BalanceLine("llm_budget", "depletable", "µUSD", 500_000, 20_000, None, 0, None),
        ),
        actions=tuple(one for one in EVENTS if one.actor == row.id),
        messages=((NOW - 60 * S, "bob", "offer", "refined_4 for 35?"), (NOW - 9 * S, HOSTILE, "", HOSTILE)),
        requests=tuple(one for one in REQUESTS if one.requester == row.id),
        grants=tuple(one for one in GRANTS if one.holder == row.id),
        owns=tuple(one for one in ARTIFACTS if one.controller == row.id),
        orders=((31, "cpu_rate", "bid", 11, 400), (32, "disk", "ask", 9, 2_000)),
        positions=(PositionRow(row.id, "cpu_rate", 300, 3_400, 120, 17, 200), position(row.id, "disk", -500)),
        program=program_of(row),
        refusal=replace(DENIAL, who=row.id) if row.mind == "program" else None,
        measured=MEASURED if row.mind == "program" else None,
        memory=None if row.state == "dormant" else memory_of(row.id),
        owing=tuple(one for one in LOANS if one.borrower == "bob") if row.id == "bob" else (),
        owed=(replace(LOANS[0], holder="bob", borrower="dave"),) if row.id == "bob" else (),
    )


def book(name: str, middle: int) -> InstrumentView:
    """The book of one instrument."""
    tape = tuple(
        (NOW - i * 3 * S, middle + (i * 7) % 5 - 2, 50 + 10 * (i % 4), AGENTS[i % 9].id, AGENTS[(i + 2) % 9].id)
        for i in range(20)
    )
    return InstrumentView(
        id=name,
        unit="CPU-µs" if name == "cpu_rate" else "bytes",
        halted=False,
        last_price=middle,
        volume=48_200,
        turnover=530_000,
        spread=2,
        bids=tuple((middle - 1 - i, 400 + 130 * i, 1 + i % 3) for i in range(8)),
        asks=tuple((middle + 1 + i, 300 + 170 * i, 1 + i % 4) for i in range(6)),
        tape=tape,
    )


MARKET = MarketView(
    instruments=(
        book("cpu_rate", 12),
        book("disk", 9),
        replace(book("llm_rate", 40), bids=(), asks=(), tape=(), halted=True),
    ),
)


def position(principal: str, instrument: str, quantity: int) -> PositionRow:
    """What somebody's trades have come to."""
    return PositionRow(
        principal, instrument, quantity, 11 * quantity, 40 - quantity // 10, abs(quantity) // 50, quantity
    )


def candle(number: int, width: int) -> CandleRow:
    """One of a series that goes up and down; the last begins now."""
    opened, close = 12 + number * 5 % 7, 12 + (number + 1) * 5 % 7
    at = (NOW // width - 30 + number) * width
    return CandleRow(
        at, opened, max(opened, close) + number % 3, min(opened, close) - 1, close, 100 + 40 * (number % 5)
    )


def trading(instrument: str) -> TradingView:
    """One market beyond its book."""
    sides = (("buy", 11), ("sell", 13))
    return TradingView(
        instrument=instrument,
        tick=1,
        lot=10,
        maker_fee=0,
        taker_fee=20,
        fee_to="treasury",
        self_trade="cancel_resting",
        listed_by="" if instrument != "llm_rate" else "bob",
        candles=tuple(
            CandleSeries(width, tuple(candle(number, width) for number in range(31) if number % 9))
            for width in (10 * S, 60 * S, 600 * S, 3_600 * S)
        ),
        orders=tuple(
            OpenOrder(60 + 4 * n + k, AGENTS[(n + k) % 9].id, side, price, 400, 400 - 90 * n, NOW - 70 * S,
                      NOW + 90 * S if n == 1 else None)
            for k, (side, price) in enumerate(sides)
            for n in range(4)
        ),
        resting=31,
        positions=tuple(position(AGENTS[n].id, instrument, 400 - 130 * n) for n in range(7)),
        holders=7,
    )  # fmt: skip


def sale(number: int, kind: str, artifact: str, **facts: Any) -> SaleRow:
    """A sale in escrow."""
    usual: dict[str, Any] = {
        "seller": "bob",
        "price": 35,
        "least": None,
        "bids": 0,
        "other": "",
        "arbiter": "",
        "fee": 0,
    }
    times = {
        "since": NOW - 80 * S,
        "ends_at": None,
        "falls_at": None,
        "held": 0,
        "terms": ("asks 35 scrip of anybody",),
    }
    return SaleRow(number, kind, (LotPart(artifact, "data", 120, 2),), **{**usual, **times, **facts})


ESCROW = EscrowView(
    (
        sale(9, "arbitrated", "tract_1", other="alice", arbiter="carol", fee=5, held=35, ends_at=NOW + 3_600 * S),
        sale(8, "dutch", "print_6", price=18, ends_at=NOW + 50 * S, falls_at=NOW + 3 * S),
        replace(
            sale(7, "english", "canvas_2", bids=4, least=46, price=44, other="emil", held=44, ends_at=NOW + 95 * S),
            parts=(LotPart("canvas_2", "work", 300, 1), LotPart("frame_2", "work", 60, 1)),
        ),
        sale(3, "fixed", "essay_3", seller=HOSTILE, price=50, other="alice", since=NOW - 20 * S),
        sale(2, "fixed", "refined_4"),
    ),
    5,
    (
        SoldRow(6, NOW - 10 * S, "english", ("canvas_1", "frame_1"), "emil", "alice", 61, 0, NOW - 70 * S),
        SoldRow(1, NOW - 90 * S, "arbitrated", ("tract_0",), "bob", HOSTILE, 20, 3, NOW - 95 * S),
    ),
)

MINT = MintView(
    next_at=NOW + 46 * S,
    cron="",
    slots=2,
    ratio=4,
    reserve=0,
    losers="refund",
    scorer="rules",
    bids=((1, "emil", "essay_3", 40, NOW - 30 * S), (2, "bob", "refined_4", 55, NOW - 10 * S)),
    rounds=(
        MintRoundRow(
            3,
            NOW - 14 * S,
            3,
            25,
            38,
            50,
            (
                MintResult("emil", "essay_2", 40, 82, 20, 25, ("length 40/40: 900 bytes, 800 count in full",)),
                MintResult("bob", "refined_1", 30, 71, 18, 25, ("novelty 90%: 10% like essay_2",)),
            ),
        ),
        MintRoundRow(2, NOW - 74 * S, 0, 0, 0, 0, ()),
    ),
)

_FIGURES = (
    ("scrip_total", "scrip", 18_250.0, "capital", "steady", "", "", None, None),
    ("velocity", "1/min", 0.342, "capital", "falling", "", "", None, None),
    ("gini", "0–1", 0.731, "capital", "rising", "warning", "above", 0.7, 0.9),
    ("median", "scrip", 1_120.0, "capital", "steady", "", "", None, None),
    ("active_ratio", "0–1", 0.5, "activity", "steady", "", "", None, None),
    ("blocked_ratio", "0–1", 0.83, "activity", "rising", "critical", "above", 0.5, 0.8),
    ("actions_per_second", "1/s", 56.24, "activity", "rising", "", "", None, None),
    ("turnover", "scrip per sample", 48_200.0, "market", "falling", "", "", None, None),
    ("spread_cpu_rate", "scrip", 2.0, "market", "steady", "", "", None, None),
    ("mint_rate", "scrip/min", 228.0, "market", "", "", "", None, None),
    ("artifacts", "artifacts", 410.0, "market", "rising", "", "", None, None),
    ("exhaustion_llm_budget", "s", None, "resources", "", "", "below", 3_600.0, 600.0),
    ("diversity", "types", 3.4, "emergence", "rising", "", "", None, None),
)
KPIS = KpiView(
    at=NOW - S,
    series=tuple(
        KpiSeries(
            name,
            unit,
            value,
            tuple(None if value is None else value * (1 - abs((i * (k + 2)) % 60 - 30) / 90) for i in range(61)),
            group=group,
            trend=trend,
            level=level,
            when=when,
            warning=warning,
            critical=critical,
            tells="What this figure tells in one sentence.",
            formula="this ÷ that",
        )
        for k, (name, unit, value, group, trend, level, when, warning, critical) in enumerate(_FIGURES, 1)
    ),
    since=NOW - 601 * S,
    window=600 * S,
    wealth=WealthView(
        agents=18,
        total=18_250,
        histogram=tuple(
            (n * 200, n * 200 + 199, count) for n, count in enumerate((2, 3, 4, 3, 2, 1, 1, 0, 1, 0, 0, 1))
        ),
        lorenz=tuple((place / 18) ** 2 for place in range(19)),
    ),
    health=HealthView(
        at=NOW - S,
        status="critical",
        score=60,
        trend="worsening",
        concerns=(
            ConcernRow(
                "blocked_ratio",
                "0–1",
                "critical",
                0.83,
                0.8,
                "above",
                NOW - 61 * S,
                "worsening",
                "Many agents wait for capacity: rates are too small for what agents try to do.",
            ),
            ConcernRow(
                "gini",
                "0–1",
                "warning",
                0.731,
                0.7,
                "above",
                NOW - 301 * S,
                "steady",
                "A few agents hold most of the scrip, and the others can hardly buy anything.",
            ),
        ),
        history=tuple(
            (NOW - (10 - n) * 60 * S, "healthy" if n < 4 else "warning", 100 - 10 * n // 2) for n in range(10)
        ),
    ),
)

_LOAN = LoanRow(
    "loan.7", "bob", "alice", "alice", 400, 412, 0, 100, 60 * S, (1, 4), "annuity", "current", NOW + 40 * S, ""
)
LOAN_OFFERS = (
    LoanOfferRow(4, "carol", "lend", "", 500, 150, 86_400 * S, 10, "annuity", "3 land at 60", NOW - 30 * S, None),
    LoanOfferRow(2, "bob", "borrow", HOSTILE, 80, 200, 3_600 * S, 4, "bullet", "", NOW - 60 * S, NOW + 600 * S),
)
LOANS = (
    _LOAN,
    replace(_LOAN, id="loan.8", borrower="alice", holder=HOSTILE, owed=95, due=95, state="late", collateral="5 disk"),
    replace(_LOAN, id="loan.9", holder="carol", owed=50, due=50, rate=250, state="defaulted", next_at=None),
)

LEDGER = LedgerView(
    assets=(("scrip", "scrip", 18_250, 18_106, 144), ("disk", "allocatable", 300_000, 280_000, 19_000)),
    accounts=tuple((row.id, asset, row.scrip, row.held) for row in AGENTS for asset in ("scrip", "disk")),
    postings=tuple((one.seq, one.at, "scrip", one.actor, "bob", 3, "transfer") for one in reversed(EVENTS)),
    matching=2 * len(AGENTS),
    total=2 * len(AGENTS),
)


def thought(number: int, state: str, **fields: Any) -> ThoughtRow:
    """A thought of alice; `number` seconds ago."""
    plain = ThoughtRow(
        call=f"thought:alice:{number}",
        agent="alice",
        seq=800 - number,
        at=NOW - number * S,
        ended_at=None if state == "thinking" else NOW - number * S + S,
        model="fast",
        purpose="thought",
        state=state,
        waited=0,
        input=1_204,
        cached=800,
        output=96,
        estimated=False,
        cost=412,
        latency=1_250_000,
        tries=0,
        repaired=False,
        why="Bread sells best before noon.",
        action="genesis_escrow.sell(artifact rye_4, price 35)",
        planned=0,
        problem="",
    )
    return replace(plain, **fields)


def answer(**fields: Any) -> AnswerRow:
    """An answer that states an action."""
    plain = AnswerRow(
        purpose="thought",
        model="fast",
        at=NOW,
        text='{"why": "Bread sells best before noon.", "action": {"action": "noop"}}',
        finish="stop",
        wrong="",
        kind="",
        input=1_204,
        cached=800,
        output=96,
        estimated=False,
        cost=412,
        doubt=0,
        latency=1_250_000,
        tries=(),
    )
    return replace(plain, **fields)


_TOLD = (("Time", "2030-01-01T00:12:24Z"), ("Messages", f"1. from bob: rye? {HOSTILE}"))
_PREFIX = (("You", "You are alice, a baker."), ("Actions", "noop, invoke, wait"))
_SLOW = TryRow("fast", "rate", "429: slow down, $0 left", 240_000, False)
_CUT = TryRow("fast", "timeout", f"no whole answer in 60s {HOSTILE}", 60 * S, True)
_NOTHING: dict[str, Any] = {"cost": 0, "latency": 0, "input": 0, "cached": 0, "output": 0, "why": "", "action": ""}


THOUGHTS = (
    ThoughtView(thought(3, "thinking", waited=3 * S, **_NOTHING), 1_480, 3_100, _PREFIX, True, _TOLD, ()),
    ThoughtView(thought(10, "decided", planned=2), 1_480, 3_100, _PREFIX, True, _TOLD, (answer(),)),
    ThoughtView(
        thought(30, "decided", repaired=True, tries=2, cost=1_900, estimated=True, latency=3 * S),
        1_480, 3_100, _PREFIX, True, _TOLD,
        (
            answer(text="I would rather talk. " + HOSTILE, wrong="there is no JSON object in it", tries=(_SLOW, _CUT),
                   doubt=1_000),
            answer(purpose="repair", model="spare", estimated=True, latency=1_750_000),
        ),
    ),
    ThoughtView(
        thought(60, "failed", problem="timeout: no whole answer", tries=2, **{**_NOTHING, "cost": 3_100}),
        1_480, 3_100, (), False, _TOLD,
        (answer(kind="timeout", wrong="no whole answer", text="", doubt=3_100, cost=0, tries=(_CUT, _CUT)),),
    ),
    ThoughtView(
        thought(90, "void", problem="the configuration has changed since", cost=None),
        1_480, 3_100, (), False, _TOLD, (answer(cost=None),),
    ),
)  # fmt: skip
"""Thoughts of alice, the newest first, of every kind."""

MODELS = ModelsView(
    models=(
        ModelRow(
            name="fast", asks="openai/gpt-4o-mini", where="", breaker="closed", said="", under_way=5, concurrency=4,
            answers=1_204, failures=3, input=1_440_000, cached=900_000, output=120_000, estimated=2, cost=288_000,
            per_minute=18_400, p50=1_250_000, p95=4_100_000, measured=200, price=(150_000, 75_000, 600_000),
            source="litellm", fallbacks=("spare",), limits="4 at once, 400 tokens an answer, 60 tries a minute",
        ),
        ModelRow(
            name="spare", asks="ollama_chat/llama3.2", where="http://127.0.0.1:11434", breaker="open",
            said="5 failures in a row: nobody answers there", under_way=0, concurrency=1, answers=0, failures=5,
            input=0, cached=0, output=0, estimated=0, cost=0, per_minute=0, p50=None, p95=None, measured=0,
            price=(0, 0, 0), source="local", fallbacks=(), limits="1 at once, 400 tokens an answer",
        ),
    ),
    calls=(
        CallRow("thought:alice:797", "alice", "fast", "thought", NOW - 3 * S, 3 * S, 3_100, 4_000),
        CallRow("thought:x:798", HOSTILE, "fast", "call_llm", NOW - S, S, 3_100, 4_000),
    ),
    under_way=5,
    errors=(
        ModelErrorRow("770.0.0", 770, NOW - 30 * S, "fast", "alice", "rate", "429: slow down", 0, True),
        ModelErrorRow("740.0.0", 740, NOW - 60 * S, "fast", "alice", "timeout", f"no answer {HOSTILE}", 3_100, False),
    ),
)  # fmt: skip
"""Two models, one of which rests."""
