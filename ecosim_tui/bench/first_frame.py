"""How long it takes from starting `ecosim` to its first frame, and to the world."""

from statistics import median

from ecosim_tui.bench.apart import module
from ecosim_tui.bench.figures import Found
from ecosim_tui.bench.minimal import GREETING
from ecosim_tui.bench.stress import data_folder
from ecosim_tui.bench.terminal import Terminal


def measure(short: bool) -> Found:
    """Seconds to the first text on the screen, against a minimal application in the same way; they take turns."""
    frames, worlds, minimal = [], [], []
    for _ in range(1 if short else 7):
        with Terminal(module("ecosim_tui.bench.minimal")) as terminal:
            minimal.append(terminal.until(lambda cells: GREETING in cells) - terminal.started)
        with data_folder() as folder, Terminal(module("ecosim_tui"), XDG_DATA_HOME=folder) as terminal:
            frames.append(terminal.until(lambda cells: "opening" in cells) - terminal.started)
            worlds.append(terminal.until(lambda cells: "RUNNING" in cells) - terminal.started)
    return {"first_frame": (median(frames), median(minimal)), "first_world": (median(worlds), median(minimal))}
