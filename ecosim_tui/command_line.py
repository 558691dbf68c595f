"""The `:` prompt: one line of words into an operator's command, or the id of an action. Errors name what is right."""

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ecosim_tui.format import parse_duration
from ecosim_tui.keys import ACTIONS, BY_ID
from engine import operator as ops

_APPROVALS = ("ask", "policy", "deny", "allow")


class BadCommand(ValueError):
    """What was typed is no command; the message says what would be right."""


@dataclass(frozen=True, slots=True)
class SetPace:
    """World seconds per real second; None is as fast as possible."""

    scale: float | None


@dataclass(frozen=True, slots=True)
class OpenView:
    """Show an agent or an artifact whole."""

    view: str
    key: str


@dataclass(frozen=True, slots=True)
class Perform:
    """Do what a key does."""

    action: str


Intent = ops.Command | SetPace | OpenView | Perform
"""What a line can mean."""


@dataclass(frozen=True, slots=True)
class Word:
    """A command word: how it is used, what it does, and the intent of its arguments."""

    usage: str
    help: str
    build: Callable[[list[str]], Intent]

    @property
    def name(self) -> str:
        """The word itself."""
        return self.usage.split()[0]


def parse(line: str) -> Intent:
    """The intent of a line. Raises BadCommand."""
    words = line.split()
    if not words:
        raise BadCommand("type a command, e.g. fund alice cpu_rate 1000")
    name, arguments = words[0].removeprefix(":"), words[1:]
    word = WORDS.get(name)
    if word is None or (name in BY_ID and not arguments and _needed(word)):
        return _action(name, arguments)
    try:
        if len(arguments) < _needed(word):
            raise BadCommand("something is missing")
        return word.build(arguments)
    except ValueError as error:
        raise BadCommand(f"{error}; use: {word.usage}") from error


def _needed(word: Word) -> int:
    return sum(1 for part in word.usage.split()[1:] if not part.startswith("["))


def _action(name: str, arguments: list[str]) -> Intent:
    if name not in BY_ID:
        near = difflib.get_close_matches(name, [*WORDS, *BY_ID], n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(WORDS)}"
        raise BadCommand(f"there is no command {name[:30]!r}; {hint}")
    if not BY_ID[name].bound:
        raise BadCommand(f"{name} is for keys only")
    if arguments:
        raise BadCommand(f"{name} takes no arguments")
    return Perform(name)


def _whole(text: str, what: str, lowest: int = 1) -> int:
    digits = text.replace("_", "").replace(",", "").removeprefix("#")
    if not digits.isdecimal() or not digits.isascii() or len(digits) > 18 or int(digits) < lowest:
        raise BadCommand(f"{what} is a whole number from {lowest}, not {text[:30]!r}")
    return int(digits)


def _rest(arguments: list[str], start: int) -> str:
    return " ".join(arguments[start:])


def _none_left(arguments: list[str], allowed: int) -> None:
    if len(arguments) > allowed:
        raise BadCommand(f"{arguments[allowed][:30]!r} is too much")


def _one_agent(kind: Callable[[str], ops.Command]) -> Callable[[list[str]], Intent]:
    def build(arguments: list[str]) -> Intent:
        _none_left(arguments, 1)
        return kind(arguments[0])

    return build


def _approve(arguments: list[str]) -> Intent:
    _none_left(arguments, 3)
    uses = _whole(arguments[1], "uses") if len(arguments) > 1 else None
    ttl = parse_duration(arguments[2]) if len(arguments) > 2 else None
    return ops.Approve(_whole(arguments[0], "a request"), uses, ttl)


def _deny(arguments: list[str]) -> Intent:
    return ops.Deny(_whole(arguments[0], "a request"), _rest(arguments, 1))


def _grant(arguments: list[str]) -> Intent:
    _none_left(arguments, 5)
    agent, verb, resource, uses, ttl = [*arguments, *("*", "1", "10m")[len(arguments) - 2 :]]
    return ops.GrantCapability(agent, verb, resource, _whole(uses, "uses"), parse_duration(ttl))


def _revoke(arguments: list[str]) -> Intent:
    return ops.RevokeGrant(_whole(arguments[0], "a grant"), _rest(arguments, 1))


def _halt(halted: bool) -> Callable[[list[str]], Intent]:
    def build(arguments: list[str]) -> Intent:
        _none_left(arguments, 1)
        return ops.HaltInstrument(arguments[0], halted)

    return build


def _configure(arguments: list[str]) -> Intent:
    agent, field, value = arguments[0], arguments[1], _rest(arguments, 2)
    fields: dict[str, Callable[[str], Any]] = {
        "think_delay": parse_duration,
        "prompt": str,
        "mind": str,
        "params": _params,
    }
    if field not in fields:
        raise BadCommand(f"{field[:30]!r} cannot be configured; there are: {', '.join(fields)}")
    return ops.Configure(agent, **{field: fields[field](value)})


def _model(arguments: list[str]) -> Intent:
    _none_left(arguments, 2)
    return ops.SetModel(arguments[0], arguments[1])


def _params(text: str) -> dict[str, Any]:
    import json

    try:
        params = json.loads(text)
    except ValueError as error:
        raise BadCommand(f'params are a JSON object such as {{"amount": 3}}: {error}') from error
    if not isinstance(params, dict):
        raise BadCommand('params are a JSON object such as {"amount": 3}')
    return params


def _fund(arguments: list[str]) -> Intent:
    _none_left(arguments, 3)
    return ops.Fund(arguments[0], arguments[1], _whole(arguments[2], "an amount"))


def _cap(arguments: list[str]) -> Intent:
    _none_left(arguments, 2)
    return ops.RaiseCap(arguments[0], _whole(arguments[1], "a limit"))


def _approvals(arguments: list[str]) -> Intent:
    _none_left(arguments, 1)
    if arguments[0] not in _APPROVALS:
        raise BadCommand(f"{arguments[0][:30]!r} is no way to answer requests; there are: {', '.join(_APPROVALS)}")
    return ops.SetApprovals(arguments[0])


def _pace(arguments: list[str]) -> Intent:
    _none_left(arguments, 1)
    text = arguments[0].lower().removesuffix("x")
    if text in ("ma", "max"):
        return SetPace(None)
    try:
        scale = float(text)
    except ValueError as error:
        raise BadCommand(f"{arguments[0][:30]!r} is no pace; write it like 4x, 0.5x or max") from error
    if not ops.fits_pace(scale):
        raise BadCommand(f"a pace is from {ops.SLOWEST}x to {ops.FASTEST:.0f}x, or max")
    return SetPace(scale)


def _open(arguments: list[str]) -> Intent:
    _none_left(arguments, 2)
    if arguments[0] not in ("agent", "artifact", "thoughts"):
        raise BadCommand(f"{arguments[0][:30]!r} cannot be opened")
    return OpenView(arguments[0], arguments[1])


WORDS: dict[str, Word] = {
    word.name: word
    for word in (
        Word("pause AGENT", "stop an agent before its next action", _one_agent(ops.PauseAgent)),
        Word("resume AGENT", "let a paused agent go on", _one_agent(ops.ResumeAgent)),
        Word("step AGENT", "let an agent do one step", _one_agent(ops.StepAgent)),
        Word("kill AGENT", "stop an agent at once, with its grants, requests and orders", _one_agent(ops.StopAgent)),
        Word("message AGENT TEXT", "send an agent a message", lambda a: ops.SendMessage(a[0], _rest(a, 1))),
        Word("fund PRINCIPAL ASSET AMOUNT", "issue more of a resource to a principal", _fund),
        Word("cap ASSET LIMIT", "set how much of an asset may be issued", _cap),
        Word("configure AGENT FIELD VALUE", "set think_delay, prompt, mind or params", _configure),
        Word("model AGENT NAME", "let an agent think with another language model", _model),
        Word("approve REQUEST [USES] [TIME]", "approve a request, perhaps narrower", _approve),
        Word("deny REQUEST [REASON]", "deny a request", _deny),
        Word("grant AGENT VERB [RESOURCE] [USES] [TIME]", "grant a capability unasked", _grant),
        Word("revoke GRANT [REASON]", "end a grant", _revoke),
        Word("approvals MODE", "who answers requests: ask, policy, deny or allow", _approvals),
        Word("halt INSTRUMENT", "stop trading in an instrument", _halt(True)),
        Word("unhalt INSTRUMENT", "let trading go on", _halt(False)),
        Word("note COMMIT TEXT", "attach a note to a commit",
             lambda a: ops.AttachNote(_whole(a[0], "a commit"), _rest(a, 1))),
        Word("pace NUMBER", "set the pace: 4x, 0.5x, max", _pace),
        Word("open agent|artifact|thoughts ID", "show an agent, an artifact or an agent's thoughts", _open),
        Word("stop [REASON]", "end the run for good; asks first", lambda a: ops.StopRun(_rest(a, 0) or "operator")),
    )
}  # fmt: skip
"""All command words."""


def suggestions() -> list[str]:
    """Beginnings of lines, for completion."""
    words = [f"{name} " for name in WORDS]
    return [*words, *(f"approvals {mode}" for mode in _APPROVALS), *(action.id for action in ACTIONS if action.bound)]
