"""Terminal escapes: what agents write reaches a terminal as text that moves, colours, hides and opens nothing."""

import pytest

from ecosim_tui.widgets.text import clean
from engine.kernel.actions import Edit, Invoke, Read, Write
from tests.security.attacks.kit import CHECK, attack, call, contract, ruled

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\r\x08\u202eevil\u200b"
HARMFUL = [chr(n) for n in (*range(32), 127, *range(128, 160))] + list(
    "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200b\u2028"
)


def harmless(text: str) -> bool:
    return not any(char in text for char in HARMFUL)


async def test_what_an_agent_writes_is_harmless_wherever_it_comes_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Titles, names, reasons, messages, arguments, topics, errors of code: each as it stands in rows and events."""
    reason = CHECK + f"    return {{'allowed': False, 'reason': {EVIL!r}}}\n"
    raising = CHECK + f"    raise ValueError({EVIL!r})\n"
    told = await attack(
        monkeypatch,
        contract("speaking", "mal", reason),
        contract("raising", "mal", raising),
        ruled("paper", "mal", "speaking"),
        ruled("letter", "mal", "raising"),
        mal=[
            Write("x", type="note", metadata={"title": EVIL, "description": EVIL, EVIL: EVIL}),
            call("genesis_messages", "send", to="ann", body=EVIL, topic=EVIL),
            call("genesis_ledger", "transfer", to="ann", amount=1, memo=EVIL),
            call("genesis_capabilities", "request", verb="message.broadcast", resource="x", reason=EVIL),
            call("genesis_ledger", EVIL),
            Invoke(EVIL, EVIL, {EVIL: EVIL}),
            Edit("paper", EVIL, EVIL),
        ],
        ann=[Read("paper"), Read("letter")],
    )
    said = [event.type + str(value) for event in told.events for value in _texts(event.data)]
    said += [text for row in told.state.artifacts.rows.values() for text in _texts(row.metadata)]
    said += [agent.last for agent in told.state.agents.rows.values()]
    assert any("\x1b" in text for text in said)
    assert all(harmless(clean(text)) for text in said)


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for key, part in value.items() for text in (str(key), *_texts(part))]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return [value] if isinstance(value, str) else []
