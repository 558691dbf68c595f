"""SIGINT and SIGTERM where there is no run to stop: one sentence, exit code 130, and nothing left half done.

A run has handlers of its own, on its event loop. Until then, and in commands that only read, the process ends at once:
most of that time it imports, where an exception might come up in the midst of anything. Commands that write files are
unwound instead, so that they take away what they have begun.
"""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from types import FrameType

INTERRUPTED = 130
"""The exit code of what was interrupted."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)
WORDS = "interrupted before anything was done"

Handler = Callable[[int, FrameType | None], object] | signal.Handlers


def end_at_once() -> None:
    """From now on a signal ends the process with a sentence."""
    _set(_end)


def too_late() -> None:
    """From now on a signal changes nothing: the work is done and told of."""
    _set(signal.SIG_IGN)


@contextlib.contextmanager
def unwinding() -> Iterator[None]:
    """Meanwhile a signal raises KeyboardInterrupt."""
    before = [(number, signal.getsignal(number)) for number in SIGNALS]
    _set(_raise)
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _set(handler: Handler) -> None:
    for number in SIGNALS:
        # What was started to be left alone (nohup, a background job of a script) stays so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> None:
    os.write(2, f"ecosim: {WORDS}\n".encode())
    os._exit(INTERRUPTED)


def _raise(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
