"""One call from beginning to end: tries with growing waits, limits, breakers, fallbacks, and a deadline over all."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential_jitter,
)

from engine.kernel.durations import duration_text
from engine.models.estimate import input_guess
from engine.models.faults import Fault, Provider, Reply
from engine.models.fit import misfit, refuse_bad_schemas, unfenced
from engine.models.limits import Breaker, Place, State, Window
from engine.models.types import OF_THE_MODEL, Answer, CallFailed, ModelSpec, Request, Status, Try

LONGEST_WAIT = 60.0
_JITTER = 0.1
"""Of a wait that the provider asked for, added so that not everybody comes back at once."""


@dataclass(slots=True)
class _Model:
    """A model with what it is limited by."""

    spec: ModelSpec
    breaker: Breaker
    slots: asyncio.Semaphore
    requests: Window | None
    tokens: Window | None
    not_before: float = 0.0
    backoff: wait_exponential_jitter = field(init=False)

    def __post_init__(self) -> None:
        first = self.spec.backoff / 1e6
        self.backoff = wait_exponential_jitter(initial=first, max=LONGEST_WAIT, jitter=first)


@dataclass(slots=True)
class _Call:
    """A request under way: until when, and what has failed so far."""

    request: Request
    until: float
    tries: list[Try] = field(default_factory=list)

    @property
    def spent(self) -> bool:
        """Whether another try could be one more than may be paid for."""
        most = self.request.paid_tries
        return most is not None and sum(one.charged for one in self.tries) >= most


class Calls:
    """Carries out calls of the models of a world; times by the clock of the running loop."""

    def __init__(self, specs: Iterable[ModelSpec], provider: Provider, tell: Callable[[Status], None]) -> None:
        self._provider, self._tell = provider, tell
        self._models = {spec.name: self._model(spec) for spec in specs}

    def _model(self, spec: ModelSpec) -> _Model:
        def told(state: State) -> None:
            self._tell(_status(spec, state))

        return _Model(
            spec,
            Breaker(spec.breaker_failures, spec.breaker_rest / 1e6, told),
            asyncio.Semaphore(spec.concurrency),
            Window(spec.rpm) if spec.rpm is not None else None,
            Window(spec.tpm) if spec.tpm is not None else None,
        )

    async def complete(self, request: Request) -> Answer | CallFailed:
        """What comes of a request, whatever happens; being cancelled is one of the things that can happen."""
        first = self._models.get(request.model)
        if first is None:
            known = ", ".join(self._models) or "none"
            return CallFailed("unknown", f"there is no model {request.model[:40]!r}; there are: {known}")
        call = _Call(request, _now() + (request.deadline or first.spec.deadline) / 1e6)
        try:
            return await self._first_that_answers(first, call)
        except asyncio.CancelledError:
            return CallFailed("cancelled", "the call was cancelled", tuple(call.tries))

    async def _first_that_answers(self, first: _Model, call: _Call) -> Answer | CallFailed:
        failed: list[tuple[str, Fault]] = []
        try:
            refuse_bad_schemas(call.request)
        except Fault as fault:
            return CallFailed(fault.kind, fault.said)
        for name in (first.spec.name, *(() if call.request.embed else first.spec.fallbacks)):
            try:
                return await self._with_retries(self._models[name], call)
            except Fault as fault:
                failed.append((name, fault))
            if call.spent:
                break
        said = "; ".join(f"{name}: {fault.said}" for name, fault in failed)
        agains = [fault.again for _, fault in failed if fault.again is not None]
        again = int(min(agains) * 1e6) if agains else None
        return CallFailed(failed[-1][1].kind, said, tuple(call.tries), again)

    async def _with_retries(self, model: _Model, call: _Call) -> Answer:
        """The answer of one model, asked again while that may help and there is time; raises the last Fault."""

        def wait(state: RetryCallState) -> float:
            fault, pause = _fault(state), float(model.backoff(state))
            if fault is None or fault.again is None:
                return pause
            return fault.again + min(pause, fault.again * _JITTER)

        def too_late(state: RetryCallState) -> bool:
            return bool(_now() + state.upcoming_sleep >= call.until)

        enough = stop_after_attempt(model.spec.tries)
        retrying = AsyncRetrying(
            sleep=asyncio.sleep,
            wait=wait,
            stop=lambda state: enough(state) or too_late(state) or call.spent,
            retry=retry_if_exception(lambda error: isinstance(error, Fault) and error.retryable),
            reraise=True,
        )
        answer: Answer = await retrying(self._try, model, call)
        return answer

    async def _try(self, model: _Model, call: _Call) -> Answer:
        """One try within all limits."""
        _refuse_resting(model)
        at, places = _reserve(model, call)
        reply: Reply | None = None
        entered = False
        try:
            await asyncio.sleep(max(0.0, at - _now()))
            async with _slot(model, call.until):
                _refuse_resting(model)
                model.breaker.enter()
                entered, started = True, _now()
                reply = await self._ask(model, call, started)
                return _answer(model.spec, call, reply, int((_now() - started) * 1e6))
        finally:
            for window, place in places:
                if not entered:
                    window.correct(place, 0)
                elif window is model.tokens and reply is not None:
                    window.correct(place, reply.usage.input + reply.usage.output)

    async def _ask(self, model: _Model, call: _Call, started: float) -> Reply:
        """Ask the provider, and tell the breaker how it went."""
        spec = model.spec
        try:
            reply = await self._provider.ask(spec, call.request, min(spec.timeout / 1e6, call.until - started))
        except Fault as fault:
            if fault.kind in OF_THE_MODEL:
                model.breaker.failed(_now())
            else:
                model.breaker.succeeded()  # it was there, and did not take this
            if fault.again is not None:
                model.not_before = max(model.not_before, _now() + fault.again)
            took = int((_now() - started) * 1e6)
            call.tries.append(Try(spec.name, fault.kind, fault.said, took, fault.charged))
            raise
        except (asyncio.CancelledError, Exception):
            model.breaker.undecided(_now())
            took = int((_now() - started) * 1e6)
            call.tries.append(Try(spec.name, "cancelled", "cancelled while it was being answered", took, True))
            raise
        model.breaker.succeeded()
        return reply


def _refuse_resting(model: _Model) -> None:
    rest = model.breaker.rest_at(_now())
    if rest:
        said = f"it has failed {model.spec.breaker_failures} times in a row and is left alone for a while"
        raise Fault("resting", said, rest)


def _reserve(model: _Model, call: _Call) -> tuple[float, list[tuple[Window, Place]]]:
    """From when on there is room in every window, and that room; raises Fault if there is none before the deadline."""
    at = max(_now(), model.not_before)
    if at >= call.until:
        raise Fault("limit", "the provider has asked for a longer pause than there is time", at - _now())
    places: list[tuple[Window, Place]] = []
    try:
        for window, amount, key in _wanted(model, call.request):
            place = _room(window, amount, key, at, call.until)
            places.append((window, place))
            at = place.at
    except Fault:
        for window, place in places:
            window.correct(place, 0)
        raise
    return at, places


def _room(window: Window, amount: int, key: str, at: float, until: float) -> Place:
    if amount > window.most:
        said = f"a request of {amount:,} tokens is more than {key} = {window.most:,} allows at all"
        raise Fault("refused", f"{said}; raise {key} or lower max_tokens")
    place = window.reserve(at, amount, until)
    if place is None:
        raise Fault("limit", f"{key} = {window.most:,} leaves no room for it in the time that there is")
    return place


def _wanted(model: _Model, request: Request) -> Iterator[tuple[Window, int, str]]:
    if model.requests is not None:
        yield model.requests, 1, "rpm"
    if model.tokens is not None:
        given_out = 0 if request.embed else request.max_tokens or model.spec.max_tokens
        yield model.tokens, input_guess(request) + given_out, "tpm"


@asynccontextmanager
async def _slot(model: _Model, until: float) -> AsyncIterator[None]:
    """One of the calls that may be under way at once; raises Fault if none ends in time."""
    try:
        async with asyncio.timeout_at(until):
            await model.slots.acquire()
    except TimeoutError as error:
        said = f"concurrency = {model.spec.concurrency} leaves no room for it in the time that there is"
        raise Fault("limit", said) from error
    try:
        yield
    finally:
        model.slots.release()


def _answer(spec: ModelSpec, call: _Call, reply: Reply, latency: int) -> Answer:
    text = unfenced(reply.text) if call.request.schema is not None else reply.text
    reply = replace(reply, text=text)
    return Answer(
        spec.name,
        text,
        reply.tools[0] if reply.tools else None,
        reply.finish,
        reply.usage,
        reply.cost,
        latency,
        misfit(call.request, reply),
        tuple(call.tries),
        reply.vector,
    )


def _status(spec: ModelSpec, state: State) -> Status:
    said = {
        "open": f"{spec.name} cannot be had and is left alone for {duration_text(spec.breaker_rest)}",
        "probing": f"{spec.name} is tried again with one call",
        "closed": f"{spec.name} answers again",
    }
    return Status(spec.name, state, said[state], spec.breaker_rest if state == "open" else 0)


def _fault(state: RetryCallState) -> Fault | None:
    error = state.outcome.exception() if state.outcome is not None else None
    return error if isinstance(error, Fault) else None


def _now() -> float:
    return asyncio.get_running_loop().time()
