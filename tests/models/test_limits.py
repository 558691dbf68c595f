"""Windows, breakers and estimates: laws that hold for whatever comes."""

from hypothesis import given
from hypothesis import strategies as st

from engine.models.estimate import input_bound, input_guess, most, one_try
from engine.models.limits import MINUTE, Breaker, Window
from engine.models.types import Described, ModelSpec, Price, Tool, Usage
from tests.models.kit import request

ASKED = st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, 10), st.booleans()), max_size=60)


@given(most=st.integers(1, 20), asked=ASKED)
def test_no_minute_holds_more_than_a_window_allows_and_nobody_waits_without_need(
    most: int, asked: list[tuple[int, int, bool]]
) -> None:
    window, now, taken = Window(most), 0.0, list[tuple[float, int]]()
    for millis, amount, given_back in asked:
        now += millis / 1024
        last = taken[-1][0] if taken else 0.0
        place = window.reserve(now, amount, now + 1e6)
        if amount > most:
            assert place is None
            continue
        assert place is not None
        assert place.at >= max(now, last)
        used = [(at, size) for at, size in taken if place.at < at + MINUTE]
        assert sum(size for _, size in used) + amount <= most
        if place.at > max(now, last):  # a moment sooner there was no room
            before = [(at, size) for at, size in taken if place.at <= at + MINUTE]
            assert sum(size for _, size in before) + amount > most
        if given_back:
            window.correct(place, 0)
        taken.append((place.at, 0 if given_back else amount))


def test_a_place_that_would_come_too_late_is_not_taken() -> None:
    window = Window(1)
    assert window.reserve(0.0, 1, 10.0) is not None
    assert window.reserve(1.0, 1, 59.0) is None
    late = window.reserve(1.0, 1, 61.0)
    assert late is not None
    assert late.at == MINUTE


def test_a_breaker_opens_after_failures_in_a_row_and_lets_one_call_probe() -> None:
    told: list[str] = []
    breaker = Breaker(3, 30.0, told.append)
    for _ in range(2):
        breaker.failed(0.0)
    breaker.succeeded()
    for _ in range(3):
        assert breaker.rest_at(5.0) == 0
        breaker.failed(5.0)
    assert breaker.rest_at(6.0) == 29.0
    assert breaker.rest_at(35.0) == 0
    breaker.enter()
    assert breaker.rest_at(36.0) > 0  # one probes, others wait
    breaker.failed(40.0)
    assert breaker.rest_at(41.0) == 29.0
    assert breaker.rest_at(70.0) == 0
    breaker.enter()
    breaker.undecided(71.0)  # it was cancelled; another may probe
    assert breaker.rest_at(71.0) == 0
    breaker.enter()
    breaker.succeeded()
    assert breaker.rest_at(71.0) == 0
    assert told == ["open", "probing", "open", "probing", "probing", "closed"]


def test_failures_of_calls_that_began_before_it_opened_do_not_prolong_the_rest() -> None:
    breaker = Breaker(1, 30.0, lambda _: None)
    breaker.failed(0.0)
    breaker.failed(20.0)
    assert breaker.rest_at(30.0) == 0


@given(
    tokens=st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6)),
    price=st.builds(Price, *[st.integers(0, 10**8)] * 3),
)
def test_costs_are_rounded_up_once(tokens: tuple[int, int, int], price: Price) -> None:
    given_, cached, made = tokens
    usage = Usage(given_, made, min(cached, given_))
    exact = (given_ - usage.cached) * price.input + usage.cached * price.cached + made * price.output
    assert 0 <= price.cost(usage) * 1_000_000 - exact < 1_000_000


@given(text=st.text(max_size=300), made=st.integers(1, 500))
def test_no_try_costs_more_than_the_estimate(text: str, made: int) -> None:
    dear, cheap = Price(3_000_000, 300_000, 15_000_000), Price(100_000, 100_000, 400_000)
    specs = {
        "fast": ModelSpec("fast", "x", tries=2, fallbacks=("slow",)),
        "slow": ModelSpec("slow", "y", tries=1),
    }
    known = {
        "fast": Described("fast", "", True, cheap, "litellm", cheap),
        "slow": Described("slow", "", True, dear, "litellm", dear),
    }
    asked = request("fast", text, max_tokens=made, tools=(Tool("act", text, {"type": "object"}),))
    bound = most(asked, specs, known)
    tokens = len(text.encode())  # no tokenizer makes more of it
    worst = Usage(2 * tokens, made)
    assert bound.one_try is not None
    assert bound.all_tries is not None
    assert bound.input >= worst.input
    assert bound.one_try >= dear.cost(worst)
    assert bound.all_tries >= 2 * cheap.cost(worst) + dear.cost(worst)
    assert input_guess(asked) <= input_bound(asked)


def test_what_has_no_known_price_has_no_known_bound() -> None:
    specs = {"fast": ModelSpec("fast", "x")}
    bound = most(request(), specs, {"fast": Described("fast", "", True, None, "unknown")})
    assert (bound.one_try, bound.all_tries, bound.output) == (None, None, 1024)


def test_what_is_set_aside_is_that_of_the_tries_that_may_be_paid_for_and_cost_most() -> None:
    specs = {
        "fast": ModelSpec("fast", "m", max_tokens=10, tries=3, fallbacks=("b",)),
        "b": ModelSpec("b", "m", tries=1),
    }
    prices = {"fast": Price(1_000_000, 0, 0), "b": Price(2_000_000, 0, 0)}
    known = {name: Described(name, "", True, one, "world file", one.dearest) for name, one in prices.items()}
    given = input_bound(request())
    assert one_try(request(), specs, prices) == (given + 1024, 2 * given)
    assert one_try(request(max_tokens=5), specs, prices)[0] == given + 5
    assert one_try(request(), specs, {"fast": prices["fast"]})[1] is None
    assert most(request(), specs, known).all_tries == 5 * given
    assert most(request(paid_tries=1), specs, known).all_tries == 2 * given
    assert most(request(paid_tries=2), specs, known).all_tries == 3 * given
    assert most(request(paid_tries=9), specs, known).all_tries == 5 * given


def test_input_that_a_cache_makes_dearer_is_set_aside_as_such() -> None:
    assert Price(1, 5, 3).dearest == Price(5, 5, 3)
