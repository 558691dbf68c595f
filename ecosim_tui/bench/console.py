"""How soon the console answers a key while a thousand agents work at full speed, and what it costs when nothing moves.

The console runs in a real pseudo-terminal on the table of agents. A press of the down or up key counts as answered when
the cursor's mark is on the next line of the screen, and nothing else puts it there: rows change all the time, the
mark moves for keys alone.
"""

import random
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles

from ecosim_tui.bench.apart import module
from ecosim_tui.bench.cells import Cells
from ecosim_tui.bench.figures import Found
from ecosim_tui.bench.stress import data_folder
from ecosim_tui.bench.terminal import Terminal

_MARK = "▸"
_DOWN, _UP = "\x1b[B", "\x1b[A"
_AGENTS, _AGENTS_HEAD = "2", "used of allowed"
_EVENTS, _EVENTS_HEAD = "8", "what happened"


def measure(short: bool) -> Found:
    """Key to paint under load and with the world paused; the share of a core when paused, against a minimal app."""
    agents, presses, switches, seconds = ("100", 10, 2, 1.0) if short else ("1000", 100, 20, 5.0)
    with data_folder() as folder:
        run = ["run", "stress", "--agents", agents, "--clock", "virtual", "--db", str(Path(folder, "run.db"))]
        with Terminal([*module("ecosim_tui"), *run], XDG_DATA_HOME=folder) as terminal:
            terminal.until(lambda cells: "RUNNING" in cells)
            views(terminal, 1)  # a view is made when it is shown for the first time
            went = views(terminal, switches)
            keys = cursor(terminal, presses)
            terminal.press(" ")
            terminal.until(lambda cells: "PAUSED" in cells)
            terminal.watch(1.0)
            at_rest, views_at_rest = cursor(terminal, presses), views(terminal, switches)
            paused = _busy(terminal, seconds)
    with Terminal(module("ecosim_tui.bench.minimal")) as terminal:
        idle = _busy(terminal, seconds)
    return {
        "key_to_paint": (keys, at_rest),
        "key_to_paint.view": (went, views_at_rest),
        "paused_cpu": (paused, idle),
    }


def cursor(terminal: Terminal, presses: int) -> float:
    """The 95th percentile of moving the cursor, in ms."""
    rng = random.Random(presses)
    taken = []
    for number in range(presses):
        terminal.watch(rng.uniform(0.03, 0.15))  # not in step with the beat of the screen
        key, way = (_UP, -1) if number % 2 else (_DOWN, 1)
        lines = terminal.cells.lines_with(_MARK)
        if len(lines) != 1:
            raise RuntimeError(f"there is not one cursor on the screen, but on lines {lines}")
        taken.append(_answered(terminal, key, _cursor_on(lines[0] + way)))
    return quantiles(taken, n=20)[-1]


def views(terminal: Terminal, switches: int) -> float:
    """The 95th percentile of going from one view to another, in ms; ends at the table of agents."""
    rng = random.Random(switches)
    taken = []
    for _ in range(switches):
        for key, head, other in ((_EVENTS, _EVENTS_HEAD, _AGENTS_HEAD), (_AGENTS, _AGENTS_HEAD, _EVENTS_HEAD)):
            terminal.watch(rng.uniform(0.1, 0.3))
            taken.append(_answered(terminal, key, _instead(head, other)))
    return quantiles(taken, n=20)[-1]


def _cursor_on(line: int) -> Callable[[Cells], bool]:
    return lambda cells: cells.lines_with(_MARK) == [line]


def _instead(head: str, other: str) -> Callable[[Cells], bool]:
    return lambda cells: head in cells and other not in cells


def _answered(terminal: Terminal, key: str, shown: Callable[[Cells], bool]) -> float:
    pressed = terminal.press(key)
    return (terminal.until(shown) - pressed) * 1000


def _busy(terminal: Terminal, seconds: float) -> float:
    """The share of a core that the program and its processes use, in %."""
    terminal.watch(1.0)
    before = terminal.cpu_seconds()
    terminal.watch(seconds)
    return (terminal.cpu_seconds() - before) / seconds * 100
