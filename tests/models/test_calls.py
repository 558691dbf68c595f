"""Calls from beginning to end, on a clock that nobody waits for."""

import asyncio
from collections.abc import Sequence

import pytest

from engine.models.calls import Calls
from engine.models.faults import Fault, Reply
from engine.models.types import Answer, CallFailed, Kind, ModelSpec, Request, Status, Usage
from tests.models.kit import Outcome, Told, leaping, now, reply, request

SECOND = 1_000_000


def spec(name: str = "fast", **other: object) -> ModelSpec:
    """A model with the limits of the defaults."""
    return ModelSpec(name, f"openai/{name}", **other)  # type: ignore[arg-type]


def run(
    provider: Told, *asked: Request, specs: Sequence[ModelSpec] = (spec(),), told: list[Status] | None = None
) -> list[Outcome]:
    """What comes of requests that are made at once."""

    async def main() -> list[Outcome]:
        calls = Calls(specs, provider, (told if told is not None else []).append)
        return list(await asyncio.gather(*(calls.complete(one) for one in asked)))

    return leaping(main())


def failure(outcome: Outcome) -> CallFailed:
    """The outcome, which is a failure."""
    assert isinstance(outcome, CallFailed), outcome
    return outcome


def rate(again: float | None = None) -> Fault:
    """The provider says: too many."""
    return Fault("rate", "slow down", again)


def down() -> Fault:
    """The provider has failed."""
    return Fault("server", "it failed")


def test_waits_grow_and_are_not_alike() -> None:
    provider = Told(down(), down(), down())
    (found,) = run(provider, request())
    assert isinstance(found, Answer)
    one, two, three, four = provider.times
    assert one == 0
    for wait, first in ((two - one, 1), (three - two, 2), (four - three, 4)):
        assert first <= wait <= first + 1
    assert len({round(wait % 1, 4) for wait in (two - one, three - two, four - three)}) == 3  # jitter


def test_retry_after_is_honoured_by_this_call_and_by_all_others_of_the_model() -> None:
    provider = Told(rate(40.0), reply(), reply(), reply())
    outcomes = run(provider, request(), request(), request(), specs=[spec(concurrency=1)])
    assert all(isinstance(one, Answer) for one in outcomes)
    first, second, *_ = provider.times
    assert first == 0
    assert second == 0  # it stood in line already
    later = Told(rate(40.0))

    async def main() -> None:
        calls = Calls([spec()], later, lambda _: None)
        begun = asyncio.create_task(calls.complete(request()))
        await asyncio.sleep(1)
        await calls.complete(request())
        await begun

    leaping(main())
    assert later.times[0] == 0
    assert later.times[1] == 40.0
    assert 40.0 <= later.times[2] <= 44.0


def test_only_what_may_pass_is_tried_again_and_only_so_often() -> None:
    passing: tuple[Kind, ...] = ("rate", "server", "timeout", "connection", "malformed")
    for kind in passing:
        provider = Told(*[Fault(kind, "no") for _ in range(9)])
        (found,) = run(provider, request(deadline=10_000 * SECOND), specs=[spec(tries=3)])
        assert (failure(found).kind, len(provider.asked)) == (kind, 3)
    for_good: tuple[Kind, ...] = ("key", "refused", "huge")
    for kind in for_good:
        provider = Told(*[Fault(kind, "no") for _ in range(9)])
        (found,) = run(provider, request())
        assert (failure(found).kind, len(provider.asked), failure(found).retryable) == (kind, 1, False)


def test_nothing_is_begun_that_the_deadline_would_cut_before_it_begins() -> None:
    provider = Told(*[down() for _ in range(20)])

    async def main() -> float:
        found = failure(await Calls([spec(tries=20)], provider, lambda _: None).complete(request(deadline=10 * SECOND)))
        assert found.kind == "server"
        return now()

    assert leaping(main()) < 10
    assert 3 <= len(provider.asked) <= 4


def test_a_try_has_no_more_time_than_the_deadline_leaves() -> None:
    async def main() -> float:
        calls = Calls([spec(timeout=60 * SECOND)], Told(2.0, down(), 1e6), lambda _: None)
        found = failure(await calls.complete(request(deadline=10 * SECOND)))
        assert [one.kind for one in found.tries] == ["server", "timeout"]
        assert found.charged
        return now()

    assert leaping(main()) == pytest.approx(10)


def test_fallbacks_are_asked_in_order_and_all_failures_are_told() -> None:
    models = [spec(fallbacks=("b", "c"), tries=1), spec("b", tries=1), spec("c", tries=1)]
    (found,) = run(Told(down(), Fault("key", "no key"), down()), request(), specs=models)
    assert failure(found).said == "fast: it failed; b: no key; c: it failed"
    assert [one.model for one in found.tries] == ["fast", "b", "c"]
    (found,) = run(Told(down(), reply("from b")), request(), specs=models)
    assert isinstance(found, Answer)
    assert (found.model, found.text) == ("b", "from b")


def test_a_fallback_has_no_fallbacks_of_its_own() -> None:
    models = [spec(fallbacks=("b",), tries=1), spec("b", tries=1, fallbacks=("fast",))]
    provider = Told(down(), down(), reply())
    assert isinstance(run(provider, request(), specs=models)[0], CallFailed)
    assert len(provider.asked) == 2


def test_calls_beyond_concurrency_stand_in_line() -> None:
    provider = Told(1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    outcomes = run(provider, *[request() for _ in range(6)], specs=[spec(concurrency=2)])
    assert all(isinstance(one, Answer) for one in outcomes)
    assert provider.most_at_once == 2


def test_whoever_stands_in_line_to_the_deadline_has_failed_and_cost_nothing() -> None:
    provider = Told(50.0)
    first, second = run(provider, request(), request(deadline=5 * SECOND), specs=[spec(concurrency=1)])
    assert isinstance(first, Answer)
    assert (failure(second).kind, failure(second).charged, second.tries) == ("limit", False, ())
    assert "concurrency = 1" in failure(second).said


def test_rpm_spreads_calls_over_minutes() -> None:
    provider = Told()
    run(provider, *[request(deadline=1_000 * SECOND) for _ in range(5)], specs=[spec(rpm=2)])
    assert provider.times == [0, 0, 60, 60, 120]


def test_rpm_beyond_the_deadline_is_said_at_once() -> None:
    outcomes = run(Told(), request(), request(deadline=9 * SECOND), specs=[spec(rpm=1)])
    assert "rpm = 1 leaves no room" in failure(outcomes[1]).said


def test_tpm_counts_what_was_used_in_the_end() -> None:
    provider = Told(*[reply(usage=Usage(10, 10)) for _ in range(9)])

    async def main() -> None:
        calls = Calls([spec(tpm=1_000, max_tokens=900)], provider, lambda _: None)
        for _ in range(4):
            assert isinstance(await calls.complete(request()), Answer)

    leaping(main())
    assert provider.times == [0, 0, 0, 0]
    (_, second) = run(Told(5.0), request(), request(deadline=9 * SECOND), specs=[spec(tpm=1_000, max_tokens=900)])
    assert "tpm = 1,000 leaves no room" in failure(second).said


def test_a_request_that_no_minute_has_room_for_is_refused_for_good() -> None:
    (found,) = run(Told(), request(max_tokens=5_000), specs=[spec(tpm=1_000, max_tokens=900)])
    assert (failure(found).kind, failure(found).retryable) == ("refused", False)
    assert "raise tpm or lower max_tokens" in failure(found).said


def test_what_gives_up_gives_its_room_back() -> None:
    async def main() -> list[float]:
        provider = Told(30.0)
        calls = Calls([spec(rpm=2, concurrency=1)], provider, lambda _: None)
        first = asyncio.create_task(calls.complete(request()))
        await asyncio.sleep(1)
        waiting = asyncio.create_task(calls.complete(request()))
        await asyncio.sleep(1)
        waiting.cancel()
        assert failure(await waiting).tries == ()
        await first
        await calls.complete(request())
        return provider.times

    assert leaping(main()) == [0, 30]


def test_an_open_breaker_sends_calls_to_the_fallback_and_says_so_once() -> None:
    told: list[Status] = []
    models = [spec(tries=1, breaker_failures=2, fallbacks=("b",)), spec("b")]
    provider = Told(down(), reply(), down(), reply(), reply())

    async def main() -> None:
        calls = Calls(models, provider, told.append)
        for _ in range(3):
            found = await calls.complete(request())
            assert isinstance(found, Answer)
            assert found.model == "b"
        await asyncio.sleep(31)
        found = await calls.complete(request())
        assert isinstance(found, Answer)
        assert found.model == "fast"

    leaping(main())
    assert [name for _, name in provider.asked] == ["fast", "b", "fast", "b", "b", "fast"]
    assert [one.breaker for one in told] == ["open", "probing", "closed"]
    assert told[0].said == "fast cannot be had and is left alone for 30s"


def test_a_probe_that_breaks_in_our_own_hands_lets_another_probe() -> None:
    class Broken(Told):
        async def ask(self, spec: ModelSpec, request: Request, seconds: float) -> Reply:
            found = await super().ask(spec, request, seconds)
            if found.text == "odd":
                raise ZeroDivisionError
            return found

    provider = Broken(down(), reply("odd"), reply())

    async def main() -> None:
        calls = Calls([spec(tries=1, breaker_failures=1)], provider, lambda _: None)
        await calls.complete(request())
        await asyncio.sleep(30)
        with pytest.raises(ZeroDivisionError):
            await calls.complete(request())
        assert isinstance(await calls.complete(request()), Answer)

    leaping(main())


def test_only_one_call_probes() -> None:
    provider = Told(down(), 5.0, reply(), reply())

    async def main() -> None:
        calls = Calls([spec(tries=1, breaker_failures=1)], provider, lambda _: None)
        await calls.complete(request())
        await asyncio.sleep(30)
        outcomes = await asyncio.gather(*(calls.complete(request()) for _ in range(4)))
        assert [isinstance(one, Answer) for one in outcomes] == [True, False, False, False]
        assert {failure(one).kind for one in outcomes[1:]} == {"resting"}

    leaping(main())


def test_refusals_and_limits_of_the_provider_do_not_open_the_breaker() -> None:
    told: list[Status] = []
    plan: list[Reply | Fault | float] = [Fault("refused", "no"), rate(), Fault("huge", "too long")] * 4
    run(
        Told(*plan),
        *[request() for _ in range(12)],
        specs=[spec(tries=1, breaker_failures=1, concurrency=1)],
        told=told,
    )
    assert told == []


def test_a_call_that_is_cancelled_tells_what_was_under_way_and_frees_its_place() -> None:
    provider = Told(100.0)

    async def main() -> None:
        calls = Calls([spec(concurrency=1)], provider, lambda _: None)
        begun = asyncio.create_task(calls.complete(request()))
        await asyncio.sleep(3)
        begun.cancel()
        found = failure(await begun)
        assert (found.kind, found.tries[0].took, found.charged) == ("cancelled", 3 * SECOND, True)
        provider.plan.clear()
        assert isinstance(await calls.complete(request()), Answer)

    leaping(main())


def doubtful() -> Fault:
    """Nobody knows whether this was paid for."""
    return Fault("timeout", "no whole answer", charged=True)


def test_no_try_is_begun_that_would_be_paid_for_beyond_what_is_set_aside() -> None:
    models = [spec(fallbacks=("b",)), spec("b")]
    for most in (1, 2, 3):
        provider = Told(*[doubtful() for _ in range(most)], reply())
        (found,) = run(provider, request(paid_tries=most, deadline=10_000 * SECOND), specs=models)
        assert (failure(found).kind, failure(found).said) == ("timeout", "fast: no whole answer")
        assert [one.charged for one in found.tries] == [True] * most
        assert len(provider.asked) == most
    (found,) = run(Told(doubtful(), reply("late")), request(paid_tries=2), specs=models)
    assert isinstance(found, Answer)
    assert found.text == "late"


def test_tries_that_cost_nothing_do_not_count_and_fallbacks_are_within_the_same_number() -> None:
    models = [spec(fallbacks=("b", "c"), tries=2), spec("b", tries=2), spec("c", tries=2)]
    provider = Told(down(), down(), doubtful(), reply())
    (found,) = run(provider, request(paid_tries=1), specs=models)
    assert failure(found).said == "fast: it failed; b: no whole answer"
    assert [name for _, name in provider.asked] == ["fast", "fast", "b"]
    (found,) = run(Told(down(), down(), down(), down(), reply()), request(paid_tries=1), specs=models)
    assert isinstance(found, Answer)
    assert found.model == "c"


def test_at_least_one_try_is_paid_for() -> None:
    with pytest.raises(ValueError, match="at least one try"):
        request(paid_tries=0)
