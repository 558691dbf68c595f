"""What a person needs in order to decide in five seconds, in the order in which they need it."""

from textual.content import Content

from ecosim_tui import format as fmt
from ecosim_tui.widgets.document import block, clean_lines
from ecosim_tui.widgets.text import clean, fit
from engine.view.types import RequestRow

_LABEL = 8
_RISK_STYLE = {"low": "", "medium": "bold $text-warning", "high": "bold $text-error reverse"}
CARD_HEIGHT = 13
"""Lines that a card needs so that nothing a decision depends on is cut."""


def card(row: RequestRow, now: int, width: int, height: int, status: str) -> Content:
    """The card of a request in exactly this room; ``status`` is said last: what is being recorded, or what to press.

    All words of the agent's are quoted and inert.
    """
    room = width - _LABEL
    sign = f"{fmt.RISK_SIGNS.get(row.risk, '?')} {fit(row.risk, 8)}"
    costs = block(f"{sign}, costs {row.cost}", room, 2)
    risk = costs[0].stylize(_RISK_STYLE.get(row.risk, ""), 0, len(sign))
    terms = f"{row.verb} on {row.resource}, {uses(row.uses)}, for {fmt.duration(row.ttl)}"
    before = [
        Content.assemble((f"#{row.id} ", "bold"), (fit(row.requester, width - 12), "bold $text-primary"), " asks"),
        *_field("who", block(row.requester_line, room, 2)),
        *_field("record", [Content(fit(row.record, room))]),
        *_field("wants", [line.stylize("bold") for line in block(row.sentence, room, 2)]),
        *_field("", [Content.styled(fit(terms, room), "$foreground-muted")]),
        *_field("risk", [risk, *costs[1:]]),
    ]
    after = [
        *_field("policy", [Content(fit(row.policy, room))]),
        time_left(row, now, width),
        Content.styled(status, "bold $text-primary"),
    ]
    lines = max(1, height - len(before) - len(after))
    words = (
        block(f"“{row.reason}”", room, lines)
        if row.reason
        else [Content.styled("no reason given", "$foreground-muted")]
    )
    return Content("\n").join([*before, *_field("why", words), *after])


def time_left(row: RequestRow, now: int, width: int) -> Content:
    """How long until no answer means no."""
    left = max(0, row.decide_by - now)
    whole = max(1, row.decide_by - row.asked_at)
    text = fmt.duration(left - left % fmt.SECOND) if left else "none: no answer means no"
    style = "$text-warning bold" if left * 5 < whole else ""
    room = max(0, min(24, width - _LABEL - len(text) - 1))
    return Content.assemble(
        ("left    ", "$foreground-muted"), (text, style), " ", (fmt.bar(left, whole, room), "$text-primary")
    )


def uses(number: int) -> str:
    """A number of uses in words."""
    return "1 use" if number == 1 else f"{number:,} uses"


def whole_request(row: RequestRow) -> Content:
    """Everything about a request, to be read at leisure."""
    facts = (
        ("state", row.state),
        ("asks", f"{row.requester}: {row.requester_line}"),
        ("record", row.record),
        ("wants", row.sentence),
        ("terms", f"{row.verb} on {row.resource}, {uses(row.uses)}, for {fmt.duration(row.ttl)}"),
        ("risk", f"{row.risk}; costs {row.cost}"),
        ("policy", row.policy),
        ("asked", fmt.clock(row.asked_at)),
        ("until", fmt.clock(row.decide_by)),
        ("decided", f"by {row.decided_by}: {row.decision_reason}" if row.decided_by else "not yet"),
        ("grant", f"#{row.grant}" if row.grant is not None else "none"),
    )
    lines = [Content.assemble((f"{name:{_LABEL}}", "$foreground-muted"), clean(value)) for name, value in facts]
    return Content("\n").join([*lines, Content(""), Content(f"“{clean_lines(row.reason)}”")])


def _field(name: str, lines: list[Content]) -> list[Content]:
    """Lines with a name before the first and space before the others."""
    return [
        Content.assemble((f"{name if number == 0 else '':{_LABEL}}", "$foreground-muted"), line)
        for number, line in enumerate(lines)
    ]
