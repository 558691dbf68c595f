"""A run's durable events as JSON lines, to a file that is not there yet or to standard output."""

import contextlib
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import orjson

from ecosim_tui.paths import UsageError
from ecosim_tui.plain import complain
from engine.kernel.transaction import Commit
from engine.runtime.engine import Engine

EVENTS_FAILED = "events failed"


@contextlib.contextmanager
def event_stream(target: str | None) -> Iterator[TextIO | None]:
    if target is None:
        yield None
    elif target == "-":
        yield sys.stdout
    else:
        path = Path(target)
        try:
            # Never over a file that exists: it might be a run.
            file = path.open("x", encoding="utf-8")
        except FileExistsError as error:
            raise UsageError(f"--events: {target} exists; name a file that does not") from error
        except OSError as error:
            raise UsageError(f"--events: cannot write {target}: {error.strerror}; name another file") from error
        try:
            yield file
        except BaseException:
            if file.tell() == 0:
                path.unlink()  # of a run that never began
            raise
        finally:
            # The feed has written all there is; what it could not write it has told of.
            with contextlib.suppress(OSError):
                file.close()


class EventFeed:
    """Writes events as JSON lines once they are durable, in order; if that fails the run is stopped."""

    def __init__(self, engine: Engine, stream: TextIO) -> None:
        self._engine = engine
        self._stream = stream
        self._waiting: deque[Commit] = deque()
        self._failure: OSError | None = None
        engine.followers.append(self._waiting.append)

    def flush(self) -> None:
        """Write what has become durable."""
        if self._failure is not None:
            return
        try:
            self._write()
        except OSError as error:
            self._failure = error
            self._engine.runner.stop(EVENTS_FAILED)

    def complain(self) -> None:
        """Tell of a failure; nobody listens any more if the reader of a pipe has gone."""
        if isinstance(self._failure, BrokenPipeError):
            raise self._failure
        if self._failure is not None:
            complain(
                f"--events: cannot be written: {self._failure.strerror}; the run is whole, and can be gone on with"
            )

    def _write(self) -> None:
        durable = self._engine.journal.durable.seq
        while self._waiting and self._waiting[0].seq <= durable:
            commit = self._waiting.popleft()
            for n, event in enumerate(commit.events):
                line = {
                    "seq": commit.seq,
                    "n": n,
                    "at": commit.at,
                    "type": event.type,
                    "actor": event.actor,
                    "target": event.target,
                    "data": event.data,
                }
                self._stream.write(orjson.dumps(line).decode() + "\n")
        self._stream.flush()
