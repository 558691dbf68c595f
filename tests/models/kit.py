"""A loop whose time passes when nothing else happens, a provider that does as it is told, and one process for all."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from engine.models.client import Models
from engine.models.faults import Fault, Reply
from engine.models.types import Answer, CallFailed, Message, ModelSpec, Price, Request, Status, ToolCall, Usage
from tests.models.server import Act, Server

T = TypeVar("T")
Outcome = Answer | CallFailed
MILLI = 1_000
USAGE = Usage(12, 3)


class _Leaping(selectors.DefaultSelector):
    """Instead of waiting it says how long the loop would have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        """What is ready now; time passes if nothing is."""
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "everybody waits for ever"
            self.now += timeout
        return ready


def leaping(main: Coroutine[Any, Any, T]) -> T:
    """Run something to its end on a loop that waits for nothing."""
    selector = _Leaping()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()


def now() -> float:
    """The loop's time."""
    return asyncio.get_running_loop().time()


def request(model: str = "fast", text: str = "hi", **other: Any) -> Request:
    """A question to a model."""
    return Request(model, (Message("user", text),), **other)


def reply(text: str = "hello", *tools: ToolCall, usage: Usage = USAGE, cost: int | None = 7) -> Reply:
    """A provider's reply."""
    return Reply(text, tools, "tool" if tools else "stop", usage, cost)


class Told:
    """A provider that gives, raises or waits for what it is told, then answers well; it notes when it was asked."""

    def __init__(self, *plan: Reply | Fault | float) -> None:
        self.plan = list(plan)
        self.asked: list[tuple[float, str]] = []
        self.at_once = self.most_at_once = 0

    async def ask(self, spec: ModelSpec, request: Request, seconds: float) -> Reply:
        """Do what comes next; a number is a time to take before what comes after it."""
        self.asked.append((now(), spec.name))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            async with asyncio.timeout(seconds):
                if self.plan and isinstance(self.plan[0], float):
                    await asyncio.sleep(self.plan.pop(0))  # type: ignore[arg-type]
        except TimeoutError as error:
            raise Fault("timeout", "no whole answer", charged=True) from error
        finally:
            self.at_once -= 1
        step = reply() if not self.plan or isinstance(self.plan[0], float) else self.plan.pop(0)
        if isinstance(step, Fault):
            raise step
        assert isinstance(step, Reply)
        return step

    @property
    def times(self) -> list[float]:
        """When it was asked."""
        return [round(at, 6) for at, _ in self.asked]


def _specs(base: str, elsewhere: str) -> list[ModelSpec]:
    """The models of all tests; what the server is to do is told for `openai/NAME`, by that name."""

    def at(name: str, **other: Any) -> ModelSpec:
        settings: dict[str, Any] = {"api_base": base, "timeout": 20_000 * MILLI, "tries": 3, "backoff": MILLI} | other
        return ModelSpec(name, f"openai/{name}", **settings)

    return [
        at("plain", temperature=0.5, max_tokens=77),
        at("priced", price=Price(1_000_000, 250_000, 3_000_000)),
        at("keyed", api_key_env="ECOSIM_TEST_KEY"),
        at("keyless", api_key_env="ECOSIM_TEST_NO_KEY"),
        at("hasty", timeout=150 * MILLI, tries=1, breaker_failures=20),
        at("brief", deadline=300 * MILLI, tries=9, backoff=10_000 * MILLI),
        at("gone", api_base=elsewhere, tries=2),
        at("frail", breaker_failures=2, breaker_rest=80 * MILLI, tries=1),
        at("first", tries=2, fallbacks=("second", "plain")),
        at("second", api_base=elsewhere, tries=1),
        at("pair", concurrency=2),
        at("slow", tries=1),
        at("once", tries=1, breaker_failures=99),
    ]


KEY = "secretsentinel0123456789"


class Live:
    """A server and the models process that asks it, on a loop of their own: a process takes seconds, so it is kept."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.server = Server()
        self.statuses: list[Status] = []
        self.loop.run_until_complete(self.server.start())
        self.base = f"http://127.0.0.1:{self.server.port}/v1"
        self.models = Models(_specs(self.base, "http://127.0.0.1:9/v1"), self.statuses.append)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run something on that loop."""
        return self.loop.run_until_complete(asyncio.wait_for(main, 60))

    def ask(self, asked: Request, *acts: Act) -> Outcome:
        """What comes of a request, while the server does these things."""
        self.server.scripts[asked.model].extend(acts)

        async def main() -> Outcome:
            return await self.models.complete(asked)

        return self.run(main())

    def close(self) -> None:
        """End all of it."""
        self.models.close()
        self.loop.run_until_complete(self.server.close())
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()
