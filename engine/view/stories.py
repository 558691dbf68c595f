"""What an event says in whole words, to be read: what found no room in its sentence, and what lay behind a refusal."""

from collections.abc import Iterable

from engine.kernel.entities import Event, Json
from engine.view.words import plain, whole

LIMITS = {
    "time": "it ran longer than one call may",
    "memory": "it took more memory than one call may",
    "depth": "its calls went deeper than they may",
    "output": "it put out more than one call may",
    "host_calls": "it called the world more often than one call may",
    "worker": "the process that ran it died",
}
"""The limits of running code, as what has happened."""
BEHIND = frozenset({"contract.failed", "tool.failed"})
"""Events that may be what lies behind a refusal in the same commit."""


def story(event: Event, behind: Iterable[Event] = (), said: str = "") -> str:
    """What there is to read of an event beyond what has been `said`; `behind` are the failures of its commit."""
    match event.type:
        case "agent.refused":
            told = [_text(event.data, "message"), *_denied(event), *(_failed(one) for one in behind)]
            return whole("\n\n".join(part for part in told if part not in said))
        case "contract.failed":
            return whole(f"{_failed(event)}\nWhoever asked is told only that the contract failed; the rest is for you.")
        case "tool.failed":
            return whole(_failed(event))
        case "mind.failed":
            told = [_text(event.data, "error"), *_limit(event.data)]
            return whole("\n".join(part for part in told if part not in said))
        case "model.answered" | "model.failed":
            return whole("\n\n".join(part for part in _asked_model(event) if part and part not in said))
        case "message.sent":
            body = _text(event.data, "body")
            return whole(body) if body not in said else ""
    return ""


def _asked_model(event: Event) -> list[str]:
    """The tries that failed, what is wrong with the answer, and the answer."""
    tries = event.data.get("tries")
    told = [f"{plain(one[0])} failed: {plain(one[1])}, {plain(one[2], 300)}" for one in tries or () if len(one) == 5]
    return ["\n".join(told), _text(event.data, "said"), _text(event.data, "misfit"), _text(event.data, "text")]


def asked(event: Event) -> str:
    """What a contract was asked: `may ann read secret?`; an event of an older log says less."""
    requester, action = _text(event.data, "requester"), _text(event.data, "action")
    return f"may {requester} {action} {event.target}?" if requester and action else f"about {event.target}."


def limit(data: Json) -> str:
    """Which limit was reached, in words; empty for none."""
    reached = _text(data, "limit")
    return LIMITS.get(reached, reached)


def place(data: Json) -> str:
    """Where code failed or waits: ` at line 3`; empty where that is not known."""
    line = data.get("line")
    return f" at line {plain(line)}" if line else ""


def _denied(event: Event) -> list[str]:
    if event.data.get("refused") != "access_denied":
        return []
    return [f"Only the contracts of {event.target} can allow it. The agent was told this and no more."]


def _failed(event: Event) -> str:
    if event.type == "contract.failed":
        head = f"Contract {event.actor} was asked: {asked(event)} It failed{place(event.data)}, which means no."
    else:
        what = f"{event.target}.{_text(event.data, 'method')}" if event.target else "New code"
        called = "had called it" if event.target else "had handed it in"
        head = f"{what} failed{place(event.data)}; {event.actor} {called}. All it did is undone."
    return "\n".join([head, f"Error: {_text(event.data, 'error') or 'none given'}", *_limit(event.data)])


def _limit(data: Json) -> list[str]:
    reached = limit(data)
    return [f"Limit: {reached}."] if reached else []


def _text(data: Json, name: str) -> str:
    """A text of the event's data, whole; another value in a few words, so that hostile data stays short."""
    value = data.get(name, "")
    return value if isinstance(value, str) else plain(value)
