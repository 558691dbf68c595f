"""Everything that can be measured: which function measures which figures, against what, and what is wanted."""

from dataclasses import dataclass

from ecosim_tui.bench.figures import EXCESS, RATIO, Figure, Target


@dataclass(frozen=True, slots=True)
class Subject:
    """Figures that are measured together, by `function` (module:function of this package, called with `short`)."""

    function: str
    figures: tuple[Figure, ...]


_RAW = "bare SQLite, the same rows in 1,000-row FULL transactions"
_PEER = "Textual's DataTable of 1,000 rows"
_MINIMAL = "a minimal Textual app"


def _table(rows: int) -> tuple[Figure, Figure]:
    return (
        Figure(f"table.{rows}.full", "ms", f"{_PEER}, all added anew", Target(most=12)),
        Figure(f"table.{rows}.changed", "ms", f"{_PEER}, 2 % updated", Target(most=2)),
    )


SUBJECTS: tuple[Subject, ...] = (
    Subject(
        "first_frame:measure",
        (
            Figure("first_frame", "s", f"{_MINIMAL}, first frame", Target(RATIO, most=1.25)),
            Figure("first_world", "s", f"{_MINIMAL}, first frame", Target(most=3)),
        ),
    ),
    Subject(
        "console:measure",
        (
            Figure("key_to_paint", "ms (p95)", "with the world paused", Target(most=50)),
            Figure("key_to_paint.view", "ms (p95)", "with the world paused", Target(most=50)),
            Figure("paused_cpu", "% of a core", f"{_MINIMAL}, idle", Target(most=1)),
        ),
    ),
    Subject(
        "economy:durable",
        (
            Figure("economy", "actions/s", _RAW, Target(least=20_000)),
            Figure("economy.gate", "actions/s", _RAW, Target(least=10_000)),
            Figure("economy.rows", "rows/s", _RAW, Target(RATIO, least=0.5)),
            Figure("bytes_per_action", "bytes", "the commit's canonical bytes alone", Target(RATIO, most=2.5)),
        ),
    ),
    Subject("economy:by_size", (Figure("economy.10000_agents", "actions/s", "100 agents", Target(RATIO, least=0.9)),)),
    Subject(
        "long_run:measure",
        (
            Figure("economy.last_tenth", "actions/s", "the first tenth of the run", Target(RATIO, least=0.95)),
            Figure("open", "s", "reading the state rows by bare SQLite", Target(EXCESS, most=1)),
        ),
    ),
    Subject("barrier:measure", (Figure("barrier", "ms (p95)", "with the world paused", Target(most=50)),)),
    Subject(
        "book:measure",
        (
            Figure("book", "orders/s", "a bare heap of their prices", Target(least=150_000)),
            Figure("book.deep", "orders/s", "an empty book", Target(least=150_000)),
            Figure("book.cancels", "cancels/s", "deleting from a bare dict", Target(least=150_000)),
        ),
    ),
    Subject("exchange:measure", (Figure("exchange", "orders/s", "the bare book", Target(least=10_000)),)),
    Subject(
        "access:measure",
        (
            Figure("access.native", "µs", "a coroutine that does nothing", Target(most=3)),
            Figure("access.cached", "µs", "a coroutine that does nothing", Target(most=3)),
        ),
    ),
    Subject(
        "contracts:measure",
        (
            Figure("contract.uncached", "µs", "a raw call of the sandbox's library", Target(RATIO, most=1.5)),
            Figure("contract.kept", "µs", "a raw call of the sandbox's library", Target(most=3)),
            Figure("contract.batched", "checks/s", "raw calls one after the other", Target(least=20_000)),
        ),
    ),
    Subject(
        "contracts:economy",
        (
            Figure("contract.economy", "actions/s", "without contracts of agents", Target(RATIO, least=0.5)),
            Figure("contract.economy.kept", "actions/s", "without contracts of agents", Target(RATIO, least=0.9)),
            Figure("contract.loaded", "µs (p95)", "the median of the same run", Target(most=5_000)),
        ),
    ),
    Subject("contracts:attack", (Figure("contract.attack", "ms (most)", "without an attack", Target(most=500)),)),
    Subject(
        "approvals:measure",
        (
            Figure("decision", "ms (p95)", "with the world paused", Target(most=50)),
            Figure("revocation", "ms (p95)", "with the world paused", Target(most=50)),
        ),
    ),
    Subject("approvals:use", (Figure("capability", "µs", "a verb that needs no grant", Target(most=3)),)),
    Subject(
        "kpi:measure",
        (
            Figure("kpi", "% of engine time", "walks over all 10,000 agents instead", Target(most=1)),
            Figure("kpi.idle", "% of engine time", "walks over all 10,000 agents instead", Target(most=1)),
        ),
    ),
    Subject("sizes:measure", (Figure("bytes_per_agent", "bytes", "its rows as JSON", Target(most=10_000)),)),
    Subject(
        "inbox:measure",
        (
            Figure("inbox.10000.scroll", "ms", "the requests of one agent, one line", Target(most=12)),
            Figure("inbox.10000.filter", "ms", "the requests of one agent, one line", Target(most=12)),
        ),
    ),
    Subject(
        "models:measure",
        (
            Figure("models.call", "ms CPU", "a bare call of LiteLLM", Target(EXCESS, most=2)),
            Figure("models.call.engine", "ms CPU", "a bare call of LiteLLM", Target(most=0.5)),
        ),
    ),
    Subject(
        "minds:village",
        (
            Figure("minds.tokens", "tokens (p95)", "as guessed from bytes", Target(most=1_500)),
            Figure("minds.thought", "ms CPU", "in the process that asks models", Target(most=2)),
            Figure("minds.thoughts", "thoughts/s", "a core with nothing but asking", Target(least=10)),
        ),
    ),
    Subject(
        "minds:waiting",
        (
            Figure("minds.key_to_paint", "ms (p95)", "with the world paused", Target(most=50)),
            Figure("minds.memory", "MB", "when all of them had thought twice", Target(RATIO, most=1.05)),
        ),
    ),
    Subject("table:measure", (*_table(1_000), *_table(10_000), *_table(100_000))),
)


def figures() -> list[Figure]:
    """All figures in order."""
    return [figure for subject in SUBJECTS for figure in subject.figures]


def selected(names: list[str]) -> list[Figure]:
    """The figures under names: exactly, or all below a name (`table` selects `table.1000.full`); ValueError if none."""
    if not names:
        return figures()
    for name in names:
        if not any(_below(figure, name) for figure in figures()):
            raise ValueError(
                f"there is no measurement {name[:40]!r}; there are: {', '.join(f.name for f in figures())}"
            )
    return [figure for figure in figures() if any(_below(figure, name) for name in names)]


def _below(figure: Figure, name: str) -> bool:
    return figure.name == name or figure.name.startswith(f"{name}.")
