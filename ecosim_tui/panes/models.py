"""The language models of the world: how they are, what is being asked of them, what went wrong."""

from typing import ClassVar

from textual.content import Content

from ecosim_tui import format as fmt
from ecosim_tui.panes.base import Opened, Read, Subject, TablePane
from ecosim_tui.panes.thoughts import since
from ecosim_tui.widgets.document import clean_lines
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, TableRow, Tone
from engine.view.model_types import CallRow, ModelErrorRow, ModelRow, ModelsView
from engine.view.types import Topic

_NUMBER = ColumnKind.NUMBER
BREAKERS = {
    "closed": ("● closed", Tone.GOOD),
    "probing": ("▲ probing", Tone.WARN),
    "open": ("✗ open", Tone.BAD),
}
SOURCES = {"litellm": "LiteLLM's list", "local": "it runs on this machine", "": "not known"}


def _models(data: object) -> ModelsView:
    assert isinstance(data, ModelsView), "the topic of models shows a ModelsView"
    return data


def per_million(item: ModelRow) -> str:
    """What a million tokens cost, in and out: ``$0.15/$0.60``."""
    if item.price is None:
        return "?"
    given, _, made = item.price
    return "free" if not given and not made else f"{fmt.dollars(given)}/{fmt.dollars(made)}"


class ModelsPane(TablePane[ModelRow]):
    """Each model of the world, in the order of the world file."""

    TITLE = "Models"
    TOPIC = Topic.MODELS
    EMPTY = "No language models in this world; a world file names them under [models.NAME]."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("name", "model", min_width=6, max_width=16, names=True),
        Column("breaker", "breaker", min_width=9, max_width=9),
        Column("under_way", "now", _NUMBER, min_width=3, max_width=9),
        Column("answers", "answers", _NUMBER, min_width=5, max_width=9),
        Column("failures", "failed", _NUMBER, min_width=4, max_width=8),
        Column("cost", "spent", _NUMBER, min_width=6, max_width=10),
        Column("per_minute", "tok/min", _NUMBER, min_width=6, max_width=9, drop=1),
        Column("took", "p50/p95", _NUMBER, min_width=7, max_width=15),
        Column("price", "in/out per M", _NUMBER, min_width=12, max_width=16, drop=2),
        Column("tokens", "tokens in/out", _NUMBER, min_width=10, max_width=16, drop=5),
        Column("fallbacks", "then", min_width=5, max_width=20, drop=3),
        Column("asks", "asks", min_width=10, max_width=34, drop=4),
    )

    def items(self, data: object) -> tuple[ModelRow, ...]:
        """The models."""
        return _models(data).models

    def key_of(self, item: ModelRow) -> str:
        """Its name."""
        return item.name

    def row_of(self, item: ModelRow) -> TableRow:
        """One model as a row."""
        busy = Tone.WARN if item.under_way > item.concurrency else Tone.NORMAL
        cells: tuple[str | Cell, ...] = (
            item.name,
            Cell(*BREAKERS.get(item.breaker, (item.breaker, Tone.NORMAL))),
            Cell(fmt.count(item.under_way), busy if item.under_way else Tone.MUTED),
            fmt.count(item.answers),
            Cell(fmt.count(item.failures), Tone.BAD if item.failures else Tone.MUTED),
            fmt.dollars(item.cost),
            fmt.short(item.per_minute),
            "–" if item.p95 is None else f"{_latency(item.p50)}/{_latency(item.p95)}",
            Cell(per_million(item), Tone.MUTED),
            Cell(f"{fmt.short(item.input)}/{fmt.short(item.output)}", Tone.MUTED),
            Cell(", ".join(item.fallbacks) or "–", Tone.MUTED),
            Cell(item.asks, Tone.MUTED),
        )
        counts = (item.under_way, item.answers, item.failures, item.cost, item.per_minute, item.p95)
        rest = (per_million(item), item.input + item.output, ", ".join(item.fallbacks), item.asks)
        return TableRow(item.name, cells, (item.name.casefold(), item.breaker, *counts, *rest))

    def opened(self, item: ModelRow) -> None:
        """All there is to know about the model."""
        self.post_message(Read(f"Model {item.name}", model_text(item)))


def _latency(micros: int | None) -> str:
    return "–" if micros is None else fmt.duration(micros)


def model_text(item: ModelRow) -> Content:
    """A model whole, to be read."""
    given, cached, made = item.price or (0, 0, 0)
    cost = "not known"
    if item.price is not None:
        cost = f"{fmt.dollars(given)} in, {fmt.dollars(cached)} in from the cache, {fmt.dollars(made)} out, a million"
    latency = "no answers since this run was opened"
    if item.measured:
        half, most = _latency(item.p50), _latency(item.p95)
        latency = f"half of the last {item.measured} answers within {half}, 95 of 100 within {most}"
    estimated = f"; of {item.estimated:,} answers they are estimates" if item.estimated else ""
    sign = BREAKERS.get(item.breaker, (item.breaker, Tone.NORMAL))[0]
    facts = (
        ("asks", item.asks),
        ("at", item.where or "its provider's usual address"),
        ("breaker", f"{sign}{f': {item.said}' if item.said else ''}"),
        ("limits", item.limits),
        ("then", ", ".join(item.fallbacks) or "nobody stands in for it"),
        ("costs", cost),
        ("says", SOURCES.get(item.source, f"the {item.source}")),
        ("spent", f"{fmt.dollars(item.cost)} on {item.answers:,} answers; {item.failures:,} calls had none"),
        ("tokens", f"{item.input:,} in ({item.cached:,} cached), {item.output:,} out{estimated}"),
        ("lately", f"{item.per_minute:,} tokens in the last minute of world time"),
        ("took", latency),
    )
    lines = [Content.assemble((f"{name:9}", "$foreground-muted"), clean_lines(value)) for name, value in facts]
    return Content("\n").join(lines)


class CallsPane(TablePane[CallRow]):
    """What is being asked: of which model, by whom, since when."""

    TITLE = "Being asked"
    TOPIC = Topic.MODELS
    EMPTY = "Nothing is being asked now."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("payer", "for", min_width=8, max_width=24, names=True),
        Column("model", "model", min_width=6, max_width=16),
        Column("waited", "since", _NUMBER, min_width=6, max_width=10),
        Column("purpose", "purpose", min_width=7, max_width=10),
        Column("most", "set aside", _NUMBER, min_width=8, max_width=12),
        Column("at", "asked", _NUMBER, min_width=10, max_width=14, drop=1),
    )
    _under_way = 0

    def items(self, data: object) -> tuple[CallRow, ...]:
        """The calls, the oldest first."""
        view = _models(data)
        self._under_way = view.under_way
        return view.calls

    def aside(self, count: int) -> str:
        """How many there are."""
        return f"oldest {count:,} of {self._under_way:,}" if count < self._under_way else f"{count:,}" if count else ""

    def key_of(self, item: CallRow) -> str:
        """Its id."""
        return item.call

    def row_of(self, item: CallRow) -> TableRow:
        """One call as a row."""
        cells = (
            item.payer,
            item.model,
            since(item.waited),
            Cell(item.purpose, Tone.MUTED),
            fmt.dollars(item.most),
            Cell(fmt.stamp(item.at), Tone.MUTED),
        )
        sort = (item.payer.casefold(), item.model, item.waited, item.purpose, item.most, item.at)
        return TableRow(item.call, cells, sort)

    @property
    def subject(self) -> Subject:
        """Who asks."""
        return Subject(agent="" if self.current is None else self.current.payer)

    def opened(self, item: CallRow) -> None:
        """Show the thoughts of who asks."""
        self.post_message(Opened("thoughts", item.payer))


class ModelErrorsPane(TablePane[ModelErrorRow]):
    """What went wrong lately, newest first."""

    TITLE = "What went wrong"
    TOPIC = Topic.MODELS
    NEWEST_FIRST = True
    EMPTY = "Nothing has gone wrong with a model since this run was opened here."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("at", "time", min_width=10, max_width=14),
        Column("model", "model", min_width=6, max_width=14),
        Column("kind", "what", min_width=8, max_width=10),
        Column("payer", "for", min_width=6, max_width=16, drop=1, names=True),
        Column("said", "said", min_width=20, max_width=160),
    )

    def items(self, data: object) -> tuple[ModelErrorRow, ...]:
        """The errors."""
        return _models(data).errors

    def key_of(self, item: ModelErrorRow) -> str:
        """Where it was told, and its number there."""
        return item.key

    def row_of(self, item: ModelErrorRow) -> TableRow:
        """One error as a row; one that another try has mended is no loss."""
        tone = Tone.WARN if item.again else Tone.BAD
        paid = f" ({fmt.dollars(item.cost)} may have been charged)" if item.cost else ""
        mended = " (then it answered)" if item.again else ""
        cells = (
            Cell(fmt.stamp(item.at), Tone.MUTED),
            item.model,
            Cell(item.kind, tone),
            item.payer,
            f"{item.said}{paid}{mended}",
        )
        return TableRow(item.key, cells, (item.at, item.model, item.kind, item.payer.casefold(), item.said))

    @property
    def subject(self) -> Subject:
        """For whom it was asked, and the commit that tells it."""
        item = self.current
        return Subject() if item is None else Subject(agent=item.payer, event=item.seq)

    def opened(self, item: ModelErrorRow) -> None:
        """Read it whole."""
        text = f"{item.kind} of {item.model}, asked for {item.payer} at {fmt.stamp(item.at)}, commit {item.seq}"
        self.post_message(Read("What went wrong", Content(clean_lines(f"{text}\n\n{item.said}"))))
