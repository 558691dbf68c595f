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
    """The card of a request in exactly this room; ``status``, what is being recorded, is said in place of the time.

    All words of the agent's are quoted and inert.
    """
    room = width - _LABEL
    sign = f"{fmt.RISK_SIGNS.get(row.risk, '?')} {fit(row.risk, 8)}"
    terms = f"{row.verb} on {row.resource}, {uses(row.uses)}, for {fmt.duration(row.ttl)}"
    texts = {
        "who": row.requester_line,
        "record": row.record,
        "wants": row.sentence,
        "": terms,
        "risk": f"{sign}, costs {row.cost}",
        "why": f"“{row.reason}”" if row.reason else "no reason given",
        "policy": row.policy,
    }
    room_for = _share({name: len(block(text, room, height)) for name, text in texts.items()}, height - 2)
    cut = any(len(block(text, room, room_for[name] + 1)) > room_for[name] for name, text in texts.items())
    lines = [Content.assemble((f"#{row.id} ", "bold"), (fit(row.requester, width - 12), "bold $text-primary"), " asks")]
    for name, text in texts.items():
        shown = block(text, room, room_for[name])
        if name == "wants":
            shown = [line.stylize("bold") for line in shown]
        elif name == "risk":
            shown = [shown[0].stylize(_RISK_STYLE.get(row.risk, ""), 0, len(sign)), *shown[1:]]
        elif name == "" or (name == "why" and not row.reason):
            shown = [line.stylize("$foreground-muted") for line in shown]
        lines += _field(name, shown)
    last = Content.styled(status, "bold $text-primary") if status else time_left(row, now, width, cut=cut)
    return Content("\n").join([*lines, last])


def _share(needed: dict[str, int], lines: int) -> dict[str, int]:
    """Lines for each field: one for each, those left over to what a decision depends on most."""
    given = dict.fromkeys(needed, 1)
    left = lines - len(needed)
    for name in ("wants", "why", "", "risk", "who", "record", "policy"):
        more = max(0, min(left, needed[name] - 1))
        given[name] += more
        left -= more
    return given


def time_left(row: RequestRow, now: int, width: int, *, cut: bool = False) -> Content:
    """How long until no answer means no; if the card is ``cut``, also where all of it can be read."""
    left = max(0, row.decide_by - now)
    whole = max(1, row.decide_by - row.asked_at)
    text = fmt.duration(left - left % fmt.SECOND) if left else "none: no answer means no"
    style = "$text-warning bold" if left * 5 < whole else ""
    hint = "  enter: all of it" if cut and width - _LABEL - len(text) > 24 else ""
    room = max(0, min(24, width - _LABEL - len(text) - 1 - len(hint)))
    bar = (fmt.bar(left, whole, room), "$text-primary")
    return Content.assemble(("left    ", "$foreground-muted"), (text, style), " ", bar, (hint, "$foreground-muted"))


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
