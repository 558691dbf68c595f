"""Fills the kernel's state from what the store loaded."""

from engine.kernel.state import State
from engine.store.values import Loaded


def restore_state(loaded: Loaded) -> State:
    """The state of the world as of the last commit: tables with their indexes, rolling windows, seq and time."""
    state = State()
    for table, rows in loaded.rows.items():
        state.tables[table].load(rows)
    for principal, asset, at, amount in loaded.usages:
        state.window(principal, asset).use(at, amount)
    state.seq = loaded.seq
    state.now = loaded.now
    return state
