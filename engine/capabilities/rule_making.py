"""From a request to the rule that answers it: for exactly that agent, verb and resource, and no wider."""

from collections.abc import Collection

from engine.capabilities.terms import Terms
from engine.kernel.durations import duration_text
from engine.kernel.entities import Json, Request, RequestState
from engine.kernel.errors import Refusal

LINE = 200


def rule_from(request: Request, given: Terms | None = None, taken: Collection[str] = ()) -> Json | Refusal:
    """The rule, as plain data with durations as text, that repeats the decision of a request.

    Of a request that waits it is the rule that would allow it. `given` are the terms that were granted, if they are not
    those asked for; `taken` are names that other rules have. A decision that was none, because nobody answered or the
    request was withdrawn, makes no rule.
    """
    if request.state in (RequestState.APPROVED, RequestState.PENDING):
        rule = _base(request, "allow", taken) | _terms(request, given)
    elif request.state is RequestState.DENIED:
        rule = _base(request, "deny", taken)
    else:
        return Refusal("not_decided", f"request {request.id} is {request.state.value}; only a yes or a no makes a rule")
    reason = _line(request.decision_reason)
    return rule | ({"reason": reason} if reason else {})


def to_toml(rule: Json) -> str:
    """A rule as it stands in a policy file; what says nothing is left out."""
    import tomli_w  # not before the first frame of a console

    said = {key: value for key, value in rule.items() if value not in (None, "", {})}
    text = tomli_w.dumps({key: value for key, value in said.items() if not isinstance(value, dict)})
    for key, table in said.items():
        if isinstance(table, dict):
            # In one line, as people write small tables: numbers and durations need no escaping.
            text += f"{key} = {{ {', '.join(f'{name} = {_inline(value)}' for name, value in table.items())} }}\n"
    return f"[[rules]]\n{text}"


def _inline(value: int | str) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'


def _base(request: Request, effect: str, taken: Collection[str]) -> Json:
    rule: Json = {
        "name": _free(f"{effect} {request.requester} {request.verb}", taken),
        "effect": effect,
        "verb": request.verb,
        "agent": request.requester,
    }
    return rule | ({"resource": request.resource} if request.resource != "*" else {})


def _terms(request: Request, given: Terms | None) -> Json:
    """The bounds of what was granted, so that a larger ask of the same kind is cut to it."""
    asked = Terms(request.resource, request.uses, request.ttl, request.quota, request.depth)
    terms = asked if given is None else given
    found: Json = {"narrow": terms.resource} if terms.resource != asked.resource else {}
    found |= {"uses": terms.uses, "ttl": duration_text(terms.ttl), "depth": terms.depth}
    return found | ({"quota": dict(terms.quota)} if terms.quota else {})


def _free(name: str, taken: Collection[str]) -> str:
    name = _line(name)
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name[: LINE - 12]} {number}"
    return free


def _line(text: str) -> str:
    """The text as the name or reason of a rule can be: one line without what moves or hides text."""
    return "".join(char for char in " ".join(text.split()) if char.isprintable())[:LINE]
