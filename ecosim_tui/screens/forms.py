"""The forms of the operator's decisions: what they ask, and the command they make."""

from collections.abc import Callable, Sequence

from ecosim_tui import format as fmt
from ecosim_tui.screens.dialogs import Field, FormDialog
from ecosim_tui.widgets.document import clean_lines
from ecosim_tui.widgets.text import clean, fit
from engine.operator import Approve, GrantCapability
from engine.view.types import RequestRow, VerbRow


def whole(text: str) -> int:
    """A whole number from 1. Raises ValueError that says so."""
    digits = text.replace(",", "").replace("_", "")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 18 or int(digits) < 1:
        raise ValueError(f"a whole number from 1, not {text[:30]!r}")
    return int(digits)


def at_most(limit: int, read: Callable[[str], int], shown: str) -> Callable[[str], int]:
    """A check for a value that may be narrowed, but not widened."""

    def check(text: str) -> int:
        value = read(text)
        if value > limit:
            raise ValueError(f"at most {shown}, as asked; a request can only be narrowed")
        return value

    return check


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


def grant_form(agent: str, verbs: Sequence[VerbRow]) -> FormDialog:
    """Which of the capabilities that there are an agent is to be granted unasked."""
    names = tuple(row.verb for row in verbs)
    width = max(map(len, names), default=0)
    offered = (f"{row.verb:{width}}  {row.sentence}\n{'':{width}}  {row.risk} risk, costs {row.cost}" for row in verbs)
    return FormDialog(
        f"Grant to {fit(agent, 40)}",
        clean_lines("\n".join(offered)),
        (
            Field("verb", "capability", "", "its first letters, then → completes it", one_of(names), names),
            Field("resource", "on", "*", "* is everything", filled),
            Field("uses", "uses", "1", "how often", whole),
            Field("ttl", "for", "10m", "how long, e.g. 90s, 10m, 1h", fmt.parse_duration),
            Field("reason", "reason", "", "kept in the log"),
        ),
        "Grant",
    )


def grant_of(agent: str, values: dict[str, str]) -> GrantCapability:
    """The command of a filled-in grant form."""
    return GrantCapability(
        agent,
        values["verb"],
        values["resource"],
        whole(values["uses"]),
        fmt.parse_duration(values["ttl"]),
        values["reason"],
    )


def exact_duration(micros: int) -> str:
    """A duration that reads back as itself."""
    return fmt.duration(micros) if _reads_back(micros) else f"{micros}us"


def _reads_back(micros: int) -> bool:
    return fmt.parse_duration(fmt.duration(micros)) == micros


def edit_form(row: RequestRow) -> FormDialog:
    """How far a request is to be narrowed before it is approved."""
    time = exact_duration(row.ttl)
    return FormDialog(
        f"Approve request #{row.id}, narrower",
        f"{clean(row.requester)} asks for {clean(row.verb)} on {clean(row.resource)}",
        (
            Field("uses", "uses", str(row.uses), f"at most {row.uses}", at_most(row.uses, whole, f"{row.uses:,}")),
            Field("ttl", "for", time, f"at most {time}", at_most(row.ttl, fmt.parse_duration, time)),
            Field("reason", "reason", "", "the agent reads it"),
        ),
        "Approve",
    )


def approval_of(row: RequestRow, values: dict[str, str]) -> Approve:
    """The command of a filled-in edit form."""
    return Approve(row.id, whole(values["uses"]), fmt.parse_duration(values["ttl"]), values["reason"])


def deny_form(row: RequestRow) -> FormDialog:
    """Why a request is denied."""
    return FormDialog(
        f"Deny request #{row.id}",
        f"{clean(row.requester)} asks for {clean(row.verb)} on {clean(row.resource)}",
        (Field("reason", "reason", "", "the agent will read it", filled),),
        "Deny",
    )


def risk_form(row: RequestRow) -> FormDialog:
    """A high risk is approved by typing what it is."""

    def same(text: str) -> str:
        if text != row.verb:
            raise ValueError(f"type {clean(row.verb)} to approve, or leave with escape")
        return text

    return FormDialog(
        f"High risk: request #{row.id}",
        f"{clean(row.requester)}: {clean(row.sentence)}\nIt can cost: {clean(row.cost)}",
        (Field("verb", "type", "", clean(row.verb), same),),
        "Approve",
    )


def revoke_form(grant: int, holder: str, verb: str) -> FormDialog:
    """Why a grant is ended."""
    return FormDialog(
        f"Revoke grant #{grant}",
        f"{clean(holder)} may no longer {clean(verb)}; the next use is refused.",
        (Field("reason", "reason", "", "the agent will read it", filled),),
        "Revoke",
    )


def note_form(seq: int) -> FormDialog:
    """What is to be remembered about a commit."""
    return FormDialog(f"Note on commit {seq}", "", (Field("text", "note", "", "kept in the log", filled),), "Attach")


def message_form(agent: str) -> FormDialog:
    """What an agent is to be told."""
    return FormDialog(f"Message to {fit(agent, 40)}", "", (Field("body", "text", "", "", filled),), "Send")
