"""A journal that keeps nothing but the hash: for tests and benchmarks."""

from engine.kernel.codec import chain
from engine.store.errors import StoreError
from engine.store.values import NOTHING, Durable


class MemoryJournal:
    """Chains the commits as the store would; everything is durable at once, `bytes_written` counts the bodies."""

    def __init__(self) -> None:
        self.durable = NOTHING
        self.failure: StoreError | None = None
        self.congested = False
        self.notice = ""
        self.due_in: float | None = None

    def append(self, body: bytes) -> None:
        """Take the canonical bytes of the next commit."""
        last = self.durable
        self.durable = Durable(last.seq + 1, chain(last.hash, body), last.bytes_written + len(body))

    def tick(self) -> None:
        """There is nothing to ship."""

    async def room(self) -> None:
        """There always is."""

    async def barrier(self) -> Durable:
        """Everything is as durable as it gets."""
        return self.durable

    async def close(self) -> Durable:
        """There is nothing to close."""
        return self.durable
