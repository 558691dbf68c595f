"""The models process against a real server that does everything wrong that a server can do."""

import asyncio
import json
import os
import signal
from time import perf_counter
from typing import Any

import pytest

from engine.models.client import Models
from engine.models.errors import ModelsUnavailable
from engine.models.types import Answer, CallFailed, Price, Tool, ToolCall, Usage
from tests.models.kit import KEY, Live, Outcome, request
from tests.models.server import completion, cut, drip, fail, gate, hang, packed, raw, say, slam

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
ACT = Tool("act", "do something", SCHEMA)


def answer(outcome: Outcome) -> Answer:
    """The outcome, which is an answer."""
    assert isinstance(outcome, Answer), outcome
    return outcome


def failure(outcome: Outcome) -> CallFailed:
    """The outcome, which is a failure."""
    assert isinstance(outcome, CallFailed), outcome
    return outcome


def kinds(outcome: Outcome) -> list[str]:
    """What went wrong in each try."""
    return [one.kind for one in outcome.tries]


# -- what works ----------------------------------------------------------------------------------------------------


def test_an_answer_has_text_usage_cost_and_latency(live: Live) -> None:
    found = answer(live.ask(request("plain", "how are you?"), say("well")))
    assert (found.model, found.text, found.finish, found.misfit, found.tries) == ("plain", "well", "stop", "", ())
    assert found.usage == Usage(12, 3)
    assert found.cost == 0  # on this machine
    assert 0 < found.latency < 20_000_000
    (asked,) = live.server.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.body["messages"] == [{"role": "user", "content": "how are you?"}]
    assert (asked.body["temperature"], asked.body["max_tokens"]) == (0.5, 77)


def test_a_request_says_otherwise_than_the_world_file(live: Live) -> None:
    live.ask(request("plain", max_tokens=5, temperature=0.0))
    assert (live.server.asked[0].body["temperature"], live.server.asked[0].body["max_tokens"]) == (0.0, 5)


def test_costs_are_by_the_price_of_the_world_file_with_cached_tokens_apart_rounded_up(live: Live) -> None:
    usage = {"prompt_tokens": 11, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 3}}
    found = answer(live.ask(request("priced"), say(usage=usage)))
    assert found.usage == Usage(11, 2, 3)
    assert found.cost == 8 + 1 + 6  # 0.75 rounded up


def test_missing_usage_is_estimated_and_says_so(live: Live) -> None:
    found = answer(live.ask(request("priced"), say("x" * 30, usage=None)))
    assert found.usage.estimated
    assert found.usage.output == 10
    assert found.usage.input > 0
    assert found.cost == found.usage.input + 30


def test_a_schema_is_sent_and_an_answer_that_fits_fits(live: Live) -> None:
    found = answer(live.ask(request("plain", schema=SCHEMA), say('```json\n{"n": 1}\n```')))
    assert (found.text, found.misfit) == ('{"n": 1}', "")
    assert live.server.asked[0].body["response_format"]["json_schema"]["schema"] == SCHEMA


@pytest.mark.parametrize(
    ("text", "finish", "says"),
    [
        ('{"n": "one"}', "stop", "$.n: 'one' is not of type 'integer'"),
        ("certainly!", "stop", "it is no JSON"),
        ('{"n": 1', "length", "cut off at max_tokens"),
    ],
)
def test_an_answer_of_another_shape_is_an_answer_that_says_so_and_is_not_asked_for_again(
    live: Live, text: str, finish: str, says: str
) -> None:
    found = answer(live.ask(request("plain", schema=SCHEMA), say(text, finish=finish)))
    assert says in found.misfit
    assert found.text == text
    assert found.usage == Usage(12, 3)
    assert len(live.server.asked) == 1


def tool_calls(*calls: tuple[str, str]) -> dict[str, Any]:
    """A message that calls tools."""
    made = [
        {"id": f"c{n}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for n, (name, arguments) in enumerate(calls)
    ]
    return {"content": None, "tool_calls": made}


@pytest.mark.parametrize(
    ("calls", "says"),
    [
        ([("act", '{"n": 3}')], ""),
        ([("act", '{"n": 3')], "the arguments of act: it is no JSON"),
        ([("act", "{}")], "'n' is a required property"),
        ([("fly", "{}")], "there is not: 'fly'"),
        ([("act", '{"n": 3}'), ("act", '{"n": 4}')], "2 tools were called at once"),
    ],
)
def test_calls_of_tools_come_back_and_say_in_what_they_are_wrong(
    live: Live, calls: list[tuple[str, str]], says: str
) -> None:
    asked = request("plain", tools=(ACT,), must_call=True)
    found = answer(live.ask(asked, say(message=tool_calls(*calls), finish="tool_calls")))
    assert found.finish == "tool"
    assert found.tool == ToolCall(*calls[0])
    assert says in found.misfit
    assert bool(says) == bool(found.misfit)
    body = live.server.asked[0].body
    assert body["tools"][0]["function"]["parameters"] == SCHEMA
    assert body["tool_choice"] == "required"


def test_text_instead_of_a_call_that_had_to_be_is_a_misfit(live: Live) -> None:
    assert answer(live.ask(request("plain", tools=(ACT,), must_call=True))).misfit == "no tool was called"
    assert answer(live.ask(request("plain", tools=(ACT,)))).misfit == ""


@pytest.mark.parametrize(
    "act",
    [say(None, message={"refusal": "I will not"}), say("I will not", finish="content_filter")],
    ids=["refusal", "filter"],
)
def test_a_refusal_is_an_answer(live: Live, act: Any) -> None:
    found = answer(live.ask(request("plain", schema=SCHEMA), act))
    assert (found.finish, found.text, found.misfit) == ("refusal", "I will not", "the model refused")


def test_a_packed_answer_is_unpacked(live: Live) -> None:
    body = json.dumps(completion("small")).encode()
    assert answer(live.ask(request("plain"), packed(body))).text == "small"


# -- what goes wrong, and is tried again ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "kind", "charged"),
    [
        (fail(429), "rate", False),
        (fail(429, headers={"Retry-After": "0.01"}), "rate", False),
        (fail(500), "server", False),
        (fail(503), "server", False),
        (cut, "connection", True),
        (slam, "connection", True),
        (raw(b'{"choices": ['), "malformed", True),
        (raw(b"<html>hello</html>"), "malformed", True),
        (raw(b"[]"), "malformed", True),
        (raw(b'{"id": "x"}'), "malformed", True),
        (say(choices=[]), "malformed", True),
        (say(usage={"prompt_tokens": "many", "completion_tokens": [1]}), "malformed", True),
    ],
    ids=["429", "429 after", "500", "503", "cut", "slam", "json", "html", "list", "no choices", "none", "usage"],
)
def test_what_may_pass_is_tried_again_and_told(live: Live, act: Any, kind: str, charged: bool) -> None:
    found = answer(live.ask(request("plain"), act, act))
    assert kinds(found) == [kind, kind]
    assert [one.charged for one in found.tries] == [charged, charged]
    assert len(live.server.asked) == 3  # by us, and by no library behind our backs


def test_retry_after_is_waited_for(live: Live) -> None:
    begun = perf_counter()
    answer(live.ask(request("plain"), fail(429, headers={"Retry-After": "0.2"})))
    assert perf_counter() - begun >= 0.2


def test_a_retry_after_beyond_the_deadline_is_not_waited_for(live: Live) -> None:
    begun = perf_counter()
    found = failure(live.ask(request("brief"), fail(429, "slow down", {"Retry-After": "30"})))
    assert perf_counter() - begun < 5
    assert (found.kind, found.again, found.retryable) == ("rate", 30_000_000, True)
    assert "it is asked too often (429): slow down" in found.said


@pytest.mark.parametrize(
    ("act", "kind", "says"),
    [
        (fail(400, "context too long"), "refused", "it says no (400): context too long"),
        (fail(401), "key", "the key is not accepted (401)"),
        (fail(403), "key", "the key may not use this (403)"),
        (fail(404), "refused", "there is no such model or address there"),
        (fail(429, "insufficient_quota: pay first"), "refused", "no credit"),
        (raw(b"", 302, {"Location": "http://127.0.0.1:9/"}), "refused", "set api_base to where it is"),
        (raw(b"x" * 5_000_000), "huge", "longer than 4,000,000 bytes"),
        (packed(b" " * 50_000_000), "huge", "longer than 4,000,000 bytes"),
    ],
    ids=["400", "401", "403", "404", "quota", "redirect", "huge", "bomb"],
)
def test_what_will_not_pass_is_not_tried_again(live: Live, act: Any, kind: str, says: str) -> None:
    found = failure(live.ask(request("plain"), act))
    assert (found.kind, found.retryable, kinds(found)) == (kind, False, [kind])
    assert says in found.said
    assert len(live.server.asked) == 1


@pytest.mark.parametrize("act", [hang, drip])
def test_a_server_that_hangs_or_drips_is_given_up_in_time(live: Live, act: Any) -> None:
    begun = perf_counter()
    found = failure(live.ask(request("hasty"), act))
    assert perf_counter() - begun < 5
    assert (found.kind, found.charged) == ("timeout", True)
    assert "no whole answer within 0.15 s" in found.said


def test_the_deadline_holds_over_all_tries(live: Live) -> None:
    found = failure(live.ask(request("plain", deadline=200_000), drip))
    assert (found.kind, len(found.tries)) == ("timeout", 1)


def test_a_server_that_is_not_there_has_cost_nothing(live: Live) -> None:
    found = failure(live.ask(request("gone")))
    assert (found.kind, kinds(found), found.charged) == ("connection", ["connection"] * 2, False)
    assert "nobody can be reached at http://127.0.0.1:9/v1" in found.said


def test_a_schema_that_is_none_is_refused_before_anybody_is_asked(live: Live) -> None:
    found = failure(live.ask(request("plain", schema={"type": "number of things"})))
    assert found.kind == "refused"
    assert "no JSON Schema" in found.said
    assert live.server.asked == []


def test_a_model_that_is_not_there_is_told_with_those_that_are(live: Live) -> None:
    assert "there are: plain, priced" in failure(live.ask(request("nobody"))).said


# -- fallbacks, breaker, limits -------------------------------------------------------------------------------------


def test_fallbacks_answer_in_order(live: Live) -> None:
    found = answer(live.ask(request("first"), fail(500), fail(500)))
    assert found.model == "plain"
    assert [(one.model, one.kind) for one in found.tries] == [
        ("first", "server"),
        ("first", "server"),
        ("second", "connection"),
    ]


def test_the_breaker_opens_rests_probes_and_closes(live: Live) -> None:
    assert kinds(live.ask(request("frail"), fail(500))) == ["server"]
    assert kinds(live.ask(request("frail"), fail(500))) == ["server"]
    resting = failure(live.ask(request("frail")))
    assert (resting.kind, resting.tries) == ("resting", ())
    assert resting.again is not None
    assert 0 < resting.again <= 80_000
    assert len(live.server.asked) == 2
    while isinstance(found := live.ask(request("frail")), CallFailed):
        assert found.kind == "resting"
    assert len(live.server.asked) == 3
    assert [(one.model, one.breaker) for one in live.statuses] == [
        ("frail", "open"),
        ("frail", "probing"),
        ("frail", "closed"),
    ]
    assert live.statuses[0].rest == 80_000


def test_no_more_are_asked_at_once_than_concurrency_allows(live: Live) -> None:
    async def main() -> None:
        opened = asyncio.Event()
        live.server.scripts["pair"].extend([gate(opened)] * 6)
        calls = [live.models.complete(request("pair")) for _ in range(6)]
        while len(live.server.asked) < 2:
            live.server.came.clear()
            await live.server.came.wait()
        opened.set()
        for outcome in await asyncio.gather(*calls):
            answer(outcome)
        assert live.server.most_at_once == 2

    live.run(main())


# -- stopping, dying --------------------------------------------------------------------------------------------------


def test_a_call_that_is_stopped_says_what_it_may_have_cost(live: Live) -> None:
    async def main() -> None:
        live.server.scripts["slow"].append(hang)
        call = live.models.complete(request("slow"))
        await live.server.came.wait()
        live.models.stop(call)
        found = failure(await call)
        assert (found.kind, kinds(found), found.charged) == ("cancelled", ["cancelled"], True)
        live.models.stop(call)  # over already

    live.run(main())


def test_a_call_that_is_cancelled_at_once_leaves_room_for_others(live: Live) -> None:
    async def main() -> None:
        for _ in range(5):
            live.models.complete(request("slow")).cancel()
        stopped = live.models.complete(request("slow"))
        live.models.stop(stopped)
        assert failure(await stopped).charged is False
        answer(await live.models.complete(request("slow")))

    live.run(main())


async def test_a_process_that_dies_before_it_is_ready_has_asked_nobody() -> None:
    models = Models([])
    call = models.complete(request("slow"))
    described = asyncio.create_task(models.describe())
    await asyncio.sleep(0)
    assert models.pid is not None
    os.kill(models.pid, signal.SIGKILL)
    found = failure(await call)
    assert (found.kind, found.charged) == ("lost", False)
    with pytest.raises(ModelsUnavailable, match="before it was ready"):
        await described
    models.close()


async def test_closing_ends_the_process_and_all_calls() -> None:
    models = Models([])
    call = models.complete(request("slow"))
    process = models.pid
    assert process is not None
    models.close()
    with pytest.raises(asyncio.CancelledError):
        await call
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


# -- keys, prices -----------------------------------------------------------------------------------------------------


def test_a_key_goes_where_the_world_file_names_it_and_nowhere_else(live: Live) -> None:
    live.ask(request("keyed"))
    live.ask(request("plain"))
    assert [asked.headers["authorization"] for asked in live.server.asked] == [f"Bearer {KEY}", "Bearer none"]
    assert KEY not in json.dumps([asked.body for asked in live.server.asked])


@pytest.mark.parametrize("status", [400, 401, 500])
def test_a_key_that_a_provider_repeats_is_told_to_nobody(live: Live, status: int) -> None:
    words = fail(status, f"Incorrect API key provided: {KEY}. Also sk-abcdefghijklmnop1234 is none.")
    found = failure(live.ask(request("keyed"), words, words, words))
    assert KEY not in repr(found)
    assert "sk-abcdef" not in repr(found)
    assert "[key]" in found.said


def test_a_key_that_is_missing_is_named(live: Live) -> None:
    found = failure(live.ask(request("keyless")))
    assert found.kind == "key"
    assert "ECOSIM_TEST_NO_KEY is not set; set it in the environment or in a .env file" in found.said
    assert live.server.asked == []


def test_what_is_known_before_a_call(live: Live) -> None:
    described = live.run(live.models.describe())
    assert (described["keyed"].key, described["keyed"].key_found) == ("ECOSIM_TEST_KEY", True)
    assert (described["keyless"].key, described["keyless"].key_found) == ("ECOSIM_TEST_NO_KEY", False)
    assert (described["plain"].key, described["plain"].key_found) == ("", True)
    assert (described["plain"].price, described["plain"].source) == (Price(0, 0, 0), "local")
    assert described["priced"].source == "world file"
    assert described["priced"].dearest == Price(1_000_000, 250_000, 3_000_000)
    assert KEY not in repr(described)


# -- last, since another process takes seconds to begin ---------------------------------------------------------------


def test_a_process_that_dies_loses_what_it_asked_and_the_next_call_begins_another(live: Live) -> None:
    async def main() -> None:
        live.server.scripts["slow"].append(hang)
        call = live.models.complete(request("slow"))
        await live.server.came.wait()
        first = live.models.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        found = failure(await call)
        assert (found.kind, found.charged, found.retryable) == ("lost", True, True)
        following = live.models.complete(request("slow"))
        assert live.models.pid not in (None, first)
        answer(await following)

    live.run(main())
