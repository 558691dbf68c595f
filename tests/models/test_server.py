"""The server that stands for providers: its misdeeds are what they are called, and it counts what it charges for."""

import json

import pytest

from engine.models.types import Answer, CallFailed
from tests.models.kit import Live, request
from tests.models.server import MISDEEDS, NOOP, think

SCHEMA = {
    "type": "object",
    "properties": {"why": {"type": "string"}, "action": {"type": "object"}},
    "required": ["why", "action"],
}
FOUND = {
    "429": "rate",
    "429 with Retry-After": "rate",
    "500": "server",
    "time-out": "timeout",
    "slow bytes": "timeout",
    "cut": "connection",
    "hung up": "connection",
    "malformed JSON": "malformed",
    "huge": "huge",
}


@pytest.mark.parametrize("name", list(MISDEEDS))
def test_each_misdeed_is_found_to_be_what_it_is_and_what_it_charges_is_known_to_be_in_doubt(
    name: str, live: Live
) -> None:
    found = live.ask(
        request("hasty" if name in ("time-out", "slow bytes") else "once", schema=SCHEMA, max_tokens=40), MISDEEDS[name]
    )
    charged = live.server.spent.requests
    if name in FOUND:
        assert isinstance(found, CallFailed), found
        assert found.kind == FOUND[name]
        assert charged == (0 if FOUND[name] in ("rate", "server") else 1)
        assert found.charged or not charged
    else:
        assert isinstance(found, Answer), found
        assert charged == 1
        assert bool(found.misfit) == (name != "missing usage")
        assert found.usage.estimated == (name == "missing usage")


def test_it_thinks_as_it_is_told_and_counts_what_it_reports(live: Live) -> None:
    live.server.usual = think(lambda asked: NOOP | {"why": asked.body["messages"][0]["content"]})
    found = live.ask(request("plain", "because", schema=SCHEMA))
    assert isinstance(found, Answer), found
    assert json.loads(found.text) == NOOP | {"why": "because"}
    spent = live.server.spent
    assert (spent.requests, spent.input, spent.output) == (1, found.usage.input, found.usage.output)
