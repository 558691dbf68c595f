"""The line that answers: is it well?"""

from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from ecosim_tui import format as fmt
from ecosim_tui.widgets.parts import Part, lay_out, line
from engine.operator import Query
from engine.view.types import HeaderView, RunState, Snapshot, Topic

DISK_LOW = 2 * 1024**3
"""Bytes left on the disk below which the header warns; a busy run writes gigabytes an hour."""
ONE_LINE = 190
"""Columns from which one line holds the header."""
SOON = 600_000_000
"""World time for which a budget lasts below which the header warns."""
YEAR = 365 * 86_400_000_000
_BEHIND = 2_000_000
_NOTICE = 60

_STATE_STYLE = {
    RunState.RUNNING: "bold $text-success",
    RunState.PAUSED: "bold $text-warning",
    RunState.STOPPED: "bold $foreground-muted",
    RunState.FAILED: "bold $text-error reverse",
    RunState.LOST: "bold $text-error reverse",
}


def header_parts(view: HeaderView) -> list[Part]:
    """Everything the header can say, in order, with what gives way first."""
    parts = [Part(view.world, "bold $text-primary"), _state(view)]
    if view.pending:
        noun = "request" if view.pending == 1 else "requests"
        parts.append(Part(f" {view.pending} {noun} waiting ", "bold $text-warning reverse"))
    parts += [
        *_health(view),
        Part(fmt.clock(view.sim_time)),
        Part(_pace(view), "$text-warning" if view.behind > _BEHIND else "", 1),
        Part(fmt.rate(view.actions_per_second), "", 4),
        Part(f"{fmt.count(view.actions)} actions", "", 6),
        Part(_agents(view), "", 2),
        Part(f"{fmt.count(view.scrip_total)} scrip", "", 3),
        *_spend(view),
        Part(f"cpu {view.cpu_percent:.0f}%", "$foreground-muted", 7),
        Part(f"mem {fmt.size(view.memory)}", "$foreground-muted", 9),
        *_code(view),
        Part(_size(view), "$foreground-muted", 8),
        _disk(view),
        *_notice(view),
    ]
    return parts


def _health(view: HeaderView) -> list[Part]:
    """What the auditor last said; what is wrong does not give way."""
    if not view.health:
        return []
    text = f"{fmt.HEALTH_SIGNS.get(view.health, '?')} {view.health} {view.score}"
    style = {"warning": "bold $text-warning", "critical": "bold $text-error"}.get(view.health, "$text-success")
    return [Part(text, style, 5 if view.health == "healthy" else 1)]


def _state(view: HeaderView) -> Part:
    text = f"{fmt.RUN_SIGNS[view.state]} {view.state}"
    return Part(f"{text}: {view.detail[:60]}" if view.detail else text, _STATE_STYLE[view.state])


def _pace(view: HeaderView) -> str:
    pace = fmt.pace(view.pace)
    return f"{pace}, {fmt.duration(view.behind)} behind" if view.behind > _BEHIND else pace


def _agents(view: HeaderView) -> str:
    return " ".join(f"{fmt.STATE_SIGNS.get(state, state)}{count:,}" for state, count in view.agents)


def _spend(view: HeaderView) -> list[Part]:
    if view.spent is None:
        return []
    if view.cap is None:
        return [Part(f"{fmt.dollars(view.spent)} spent", "", 3)]
    near = view.spent >= view.cap * 0.9
    spent = Part(f"{fmt.dollars(view.spent)}/{fmt.dollars(view.cap)}", "bold $text-warning" if near else "", 3)
    if view.lasts is None:
        return [spent]
    soon = view.lasts < SOON
    return [spent, Part(f"lasts {_long(view.lasts)}", "bold $text-warning" if soon else "", 1 if soon else 3)]


def _long(micros: int) -> str:
    return fmt.duration(micros) if micros < YEAR else "over a year"


def _code(view: HeaderView) -> list[Part]:
    """What the processes take that run agents' code, where there are any."""
    if not view.code_processes:
        return []
    return [Part(f"code {view.code_cpu:.0f}% {fmt.size(view.code_memory)}", "$foreground-muted", 10)]


def _size(view: HeaderView) -> str:
    """What the run takes, with what of its log is archived beside it."""
    archived = f" + {fmt.size(view.archive_bytes)} archived" if view.archive_bytes else ""
    return f"run {fmt.size(view.run_bytes)}{archived}"


def _notice(view: HeaderView) -> list[Part]:
    if not view.notice:
        return []
    text = view.notice if len(view.notice) <= _NOTICE else f"{view.notice[: _NOTICE - 1]}…"
    return [Part(f"! {text}", "bold $text-error")]


def _disk(view: HeaderView) -> Part:
    left = fmt.size(view.disk_free)
    if view.disk_free < DISK_LOW:
        return Part(f"! disk {left} left", "bold $text-error")
    return Part(f"{left} free", "$foreground-muted", 8)


def _rows(parts: list[Part], width: int, lines: int) -> list[list[Part]]:
    """The parts on their lines; what is said of the machine begins the second line where the rest fits on the first."""
    of_machine = next((place for place, part in enumerate(parts) if part.text.startswith("cpu ")), len(parts))
    world = parts[:of_machine]
    if lines == 2 and lay_out(world, width, 1) == [world] and len(lay_out(parts, width, 2)) == 2:
        return [world, *lay_out(parts[of_machine:], width, 1)]
    return lay_out(parts, width, lines)


class HeaderBar(Widget):
    """One line from `ONE_LINE` columns, else two; what does not fit is left out, the least important first."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._parts: list[Part] = []
        self._lines = 0
        self.since = ""
        self.pending = 0
        self.stands_still = False
        """Whether the world does nothing until it is told to."""

    def on_mount(self) -> None:
        """Take the lines that this terminal needs, and follow when it changes."""
        self._measure()
        self.screen.screen_layout_refresh_signal.subscribe(self, lambda _: self._measure())

    def _measure(self) -> None:
        lines = 1 if self.app.size.width >= ONE_LINE else 2
        if self._lines != lines:
            self._lines = lines
            self.styles.height = lines

    def wants(self) -> Query:
        """The header's own view."""
        return Query(Topic.HEADER)

    def pass_time(self, now: int) -> None:
        """World time is part of the view."""

    def show(self, snapshot: Snapshot) -> None:
        """Draw the header anew if anything in it differs."""
        assert isinstance(snapshot.data, HeaderView), "the header topic shows a HeaderView"
        self.since = snapshot.data.since
        self.pending = snapshot.data.pending
        self.stands_still = snapshot.data.state is not RunState.RUNNING
        parts = header_parts(snapshot.data)
        if parts != self._parts:
            self._parts = parts
            self.refresh()

    def render(self) -> RenderResult:
        rows = _rows(self._parts, self.size.width, self.size.height)
        return Content("\n").join(line(row) for row in rows)
