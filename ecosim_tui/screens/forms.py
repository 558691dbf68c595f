"""The forms of the operator's decisions: what they ask, and the command they make."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from ecosim_tui import format as fmt
from ecosim_tui.panes.models import per_million
from ecosim_tui.panes.request_card import quota_words, terms_words, uses
from ecosim_tui.screens.dialogs import Field, FormDialog
from ecosim_tui.widgets.text import clean, fit
from engine.operator import Approve, GrantCapability
from engine.view.model_types import ModelRow
from engine.view.types import GrantRow, RequestRow, VerbRow

Values = Mapping[str, str]
NOTHING: Values = MappingProxyType({})
LISTED = 12
"""Requests that a question about several shows one by one: no more are approved at once."""


def whole(text: str) -> int:
    """A whole number from 1. Raises ValueError that says so."""
    digits = text.replace(",", "").replace("_", "")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 18 or int(digits) < 1:
        raise ValueError(f"a whole number from 1, not {text[:30]!r}")
    return int(digits)


def from_zero(text: str) -> int:
    """A whole number from 0. Raises ValueError that says so."""
    return 0 if text.strip("0") == "" and text else whole(text)


def quota(text: str) -> dict[str, int]:
    """A quota as `500 scrip, 20 units`; empty is none. Raises ValueError that says what would be right."""
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        much, _, name = part.partition(" ")
        if not name.strip():
            raise ValueError(f"amounts with what they are of, like 500 scrip, not {part[:30]!r}")
        found[name.strip()] = whole(much)
    return found


def or_usual(read: Callable[[str], object]) -> Callable[[str], object]:
    """A check for a field that may be left empty."""
    return lambda text: read(text) if text else None


def filled(text: str) -> str:
    """A check that something was given."""
    if not text:
        raise ValueError("must not be empty")
    return text


def one_of(names: Sequence[str]) -> Callable[[str], str]:
    """A check for one of a few names."""

    def check(text: str) -> str:
        if filled(text) not in names:
            raise ValueError(f"one of {', '.join(names)}")
        return text

    return check


def grant_form(agent: str, verbs: Sequence[VerbRow], values: Values = NOTHING, error: str = "") -> FormDialog:
    """Which of the capabilities that there are an agent is to be granted unasked."""
    known = {row.verb: row for row in verbs}
    names = tuple(known)

    def preview(filled_in: dict[str, str]) -> str:
        row = known.get(filled_in["verb"])
        if row is None:
            return f"There are: {', '.join(name for name in names if filled_in['verb'] in name) or ', '.join(names)}"
        usual = f"{uses(row.uses)}, for {exact_duration(row.ttl)}{f', {quota_words(row.quota)}' if row.quota else ''}"
        measures = f"; a quota is in {', '.join(row.measures)}" if row.measures else ""
        on = f" on: {row.kind or 'anything'}{measures}."
        return f"It may {row.sentence}: {row.risk} risk, costs {row.cost}.\nUsual: {usual};{on}"

    return FormDialog(
        f"Grant to {fit(agent, 40)}",
        "",
        _filled(
            (
                Field("verb", "capability", "", "its first letters, then → completes it", one_of(names), names),
                Field("resource", "on", "*", "* is everything", filled),
                Field("uses", "uses", "", "as usual", or_usual(whole)),
                Field("ttl", "for", "", "as usual; or 90s, 10m, 1h", or_usual(fmt.parse_duration)),
                Field("quota", "at most", "", "as usual; or 500 scrip", quota),
                Field("depth", "pass on", "0", "how often it may be passed on", from_zero),
                Field("reason", "reason", "", "kept in the log"),
            ),
            values,
        ),
        "Grant",
        preview,
        error,
    )


def grant_of(agent: str, verbs: Sequence[VerbRow], values: Values) -> GrantCapability:
    """The command of a filled-in grant form; what was left empty is as the world gives it."""
    usual = next(row for row in verbs if row.verb == values["verb"])
    return GrantCapability(
        agent,
        usual.verb,
        values["resource"],
        whole(values["uses"]) if values["uses"] else usual.uses,
        fmt.parse_duration(values["ttl"]) if values["ttl"] else usual.ttl,
        values["reason"],
        quota(values["quota"]) if values["quota"] else dict(usual.quota),
        from_zero(values["depth"]),
    )


def _filled(fields: Sequence[Field], values: Values) -> tuple[Field, ...]:
    """The fields with what was filled in before."""
    return tuple(replace(field, value=values.get(field.name, field.value)) for field in fields)


def exact_duration(micros: int) -> str:
    """A duration that reads back as itself."""
    return fmt.duration(micros) if _reads_back(micros) else f"{micros}us"


def _reads_back(micros: int) -> bool:
    return fmt.parse_duration(fmt.duration(micros)) == micros


def edit_form(row: RequestRow, values: Values = NOTHING, error: str = "") -> FormDialog:
    """How far a request is to be narrowed before it is approved; whether it is narrower the engine says."""
    asked = asked_values(row)
    shown = {"resource": "on", "uses": "uses", "ttl": "for", "quota": "at most", "depth": "pass on"}

    def preview(filled_in: dict[str, str]) -> str:
        changed = (name for name in asked if filled_in[name] != asked[name])
        return (
            "\n".join(f"{shown[name]}: {asked[name] or 'none'} → {filled_in[name] or 'none'}" for name in changed)
            or "As asked so far."
        )

    checks: dict[str, Callable[[str], object]] = {
        "resource": filled, "uses": whole, "ttl": fmt.parse_duration, "quota": quota, "depth": from_zero,
    }  # fmt: skip
    fields = [Field(name, shown[name], asked[name], f"asked: {asked[name] or 'none'}", checks[name]) for name in asked]
    return FormDialog(
        f"Approve request #{row.id}, narrower",
        clean(row.sentence),
        _filled((*fields, Field("reason", "reason", "", "the agent reads it")), values),
        "Approve",
        preview,
        error,
    )


def asked_values(row: RequestRow) -> dict[str, str]:
    """The terms of a request as a form has them."""
    return {
        "resource": row.resource,
        "uses": f"{row.uses}",
        "ttl": exact_duration(row.ttl),
        "quota": quota_words(row.quota),
        "depth": f"{row.depth}",
    }


def approval_of(row: RequestRow, values: Values) -> Approve:
    """The command of a filled-in edit form: what is as asked is left as it is."""
    asked = asked_values(row)
    changed = {name: values[name] for name in asked if values[name] != asked[name]}
    return Approve(
        row.id,
        uses=whole(changed["uses"]) if "uses" in changed else None,
        ttl=fmt.parse_duration(changed["ttl"]) if "ttl" in changed else None,
        reason=values["reason"],
        resource=changed.get("resource"),
        quota=quota(changed["quota"]) if "quota" in changed else None,
        depth=from_zero(changed["depth"]) if "depth" in changed else None,
        payload=row.digest or None,
    )


def deny_form(rows: Sequence[RequestRow]) -> FormDialog:
    """Why a request is denied, or several at once."""
    return FormDialog(
        f"Deny {several(rows)}",
        listed(rows),
        (Field("reason", "reason", "", "the agent will read it", filled),),
        "Deny",
    )


def several(rows: Sequence[RequestRow]) -> str:
    """One request by its number, several by how many they are."""
    return f"request #{rows[0].id}" if len(rows) == 1 else f"these {len(rows):,} requests"


def listed(rows: Sequence[RequestRow]) -> str:
    """What a decision about several requests is about: each in a line, as far as there is room, and all numbers."""
    lines = [fit(f"#{row.id} {row.requester}: {terms_words(row)}", 200) for row in rows[:LISTED]]
    rest = rows[LISTED:]
    if rest:
        lines.append(f"and {len(rest):,} more, #{rest[0].id} to #{rest[-1].id}")
    return "\n".join(lines)


def risk_form(rows: Sequence[RequestRow]) -> FormDialog:
    """A high risk is approved by typing what it is."""
    verbs = sorted({row.verb for row in rows})
    word = " ".join(verbs)

    def same(text: str) -> str:
        if text != word:
            raise ValueError(f"type {clean(word)} to approve, or leave with escape")
        return text

    first = rows[0]
    said = f"{clean(first.sentence)}\nIt can cost: {clean(first.cost)}" if len(rows) == 1 else listed(rows)
    return FormDialog(f"High risk: {several(rows)}", said, (Field("verb", "type", "", clean(word), same),), "Approve")


def revoke_form(row: GrantRow) -> FormDialog:
    """Why a grant is ended, and what falls with it."""
    falls = [f"{clean(row.holder)} may no longer {clean(row.verb)}; the next use is refused."]
    if row.below:
        falls.append(f"{row.below:,} derived from it {'falls' if row.below == 1 else 'fall'} with it.")
    if row.underway:
        falls.append(f"{row.underway:,} under way {'is' if row.underway == 1 else 'are'} void.")
    return FormDialog(
        f"Revoke grant #{row.id}",
        " ".join(falls),
        (Field("reason", "reason", "", "the agent will read it", filled),),
        "Revoke",
    )


def note_form(seq: int) -> FormDialog:
    """What is to be remembered about a commit."""
    return FormDialog(f"Note on commit {seq}", "", (Field("text", "note", "", "kept in the log", filled),), "Attach")


def model_form(agent: str, models: Sequence[ModelRow], name: str = "", error: str = "") -> FormDialog:
    """Which model an agent is to think with."""
    names = tuple(row.name for row in models)
    known = {row.name: row for row in models}

    def preview(filled_in: dict[str, str]) -> str:
        row = known.get(filled_in["model"])
        if row is None:
            return f"There are: {', '.join(names) or 'none in this world'}"
        return f"{row.name} asks {row.asks}; a million tokens cost {per_million(row)}"

    return FormDialog(
        f"Model of {fit(agent, 40)}",
        "",
        (Field("model", "model", name, "its first letters, then → completes it", filled, names),),
        "Change",
        preview,
        error,
    )


def message_form(agent: str) -> FormDialog:
    """What an agent is to be told."""
    return FormDialog(f"Message to {fit(agent, 40)}", "", (Field("body", "text", "", "", filled),), "Send")
