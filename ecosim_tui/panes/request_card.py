"""What a person needs in order to decide in five seconds, in the order in which they need it."""

from dataclasses import dataclass

from textual.content import Content

from ecosim_tui import format as fmt
from ecosim_tui.widgets.document import block, clean_lines
from ecosim_tui.widgets.text import cell_width, clean, fit
from engine.view.types import RequestRow

_LABEL = 8
_RISK_STYLE = {"low": "", "medium": "bold $text-warning", "high": "bold $text-error reverse"}
CARD_HEIGHT = 14
"""Lines that a card needs so that nothing a decision depends on is cut."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What the console itself knows: a decision that is being recorded, requests alike, whether a rule is due."""

    status: str = ""
    alike: tuple[int, ...] = ()
    offers_rule: bool = False


def alike_key(row: RequestRow) -> tuple[str, ...]:
    """The same for requests that ask for exactly the same."""
    return (row.requester, row.verb, row.resource, f"{row.uses}", f"{row.ttl}", f"{row.quota}", f"{row.depth}")


def card(row: RequestRow, now: int, width: int, height: int, situation: Situation) -> Content:
    """The card of a request in exactly this room; a decision that is being recorded is said in place of the time.

    All words of the agent's are quoted and inert.
    """
    room = width - _LABEL
    texts = _texts(row, situation)
    room_for = _share({name: len(block(text, room, height)) for name, text in texts.items()}, height - 2)
    cut = any(len(block(text, room, room_for[name] + 1)) > room_for[name] for name, text in texts.items())
    lines = [_title(row, width)]
    for name, text in texts.items():
        lines += _field(name, _styled(name, block(text, room, room_for[name]), row, situation))
    status = situation.status
    last = Content.styled(status, "bold $text-primary") if status else time_left(row, now, width, cut=cut)
    return Content("\n").join([*lines, last])


def _texts(row: RequestRow, situation: Situation) -> dict[str, str]:
    """The fields that the card has, in the order in which they are needed."""
    rule = " ".join(row.rule.splitlines()[2:])
    made = "five alike approved, r makes it" if situation.offers_rule else "r makes it"
    texts = {
        "alike": f"{len(situation.alike):,} more of this agent: {_numbers(situation.alike)}" if situation.alike else "",
        "who": row.requester_line,
        "record": row.record,
        "wants": row.sentence,
        "exactly": row.payload,
        "changes": row.effect,
        "risk": f"{_sign(row)}, costs {row.cost}",
        "why": f"“{row.reason}”" if row.reason else "no reason given",
        "policy": row.policy,
        "second": second(row),
        "rule": f"{made}: {rule}" if rule else "",
    }
    return {name: text for name, text in texts.items() if text}


def _title(row: RequestRow, width: int) -> Content:
    through = f" for {', '.join(row.on_behalf_of)}" if row.on_behalf_of else ""
    number, tail = f"#{row.id} ", fit(f"{through} asks for {row.verb}", width)
    room = max(6, width - len(number) - cell_width(tail))
    return Content.assemble((number, "bold"), (fit(row.requester, room), "bold $text-primary"), tail).truncate(width)


def _numbers(ids: tuple[int, ...]) -> str:
    return " ".join(f"#{number}" for number in ids[:3]) + (" …" if len(ids) > 3 else "")


def _sign(row: RequestRow) -> str:
    return f"{fmt.RISK_SIGNS.get(row.risk, '?')} {fit(row.risk, 8)}"


def second(row: RequestRow) -> str:
    """Whose consent it has and still needs; empty where one person is enough."""
    if not row.dual:
        return ""
    if row.seconded_by:
        return f"{row.seconded_by} has consented to these terms; it waits for a second person"
    return "takes two people; nobody has consented yet"


def _styled(name: str, shown: list[Content], row: RequestRow, situation: Situation) -> list[Content]:
    if name == "wants":
        return [line.stylize("bold") for line in shown]
    if name == "risk":
        return [shown[0].stylize(_RISK_STYLE.get(row.risk, ""), 0, len(_sign(row))), *shown[1:]]
    if name in {"second", "alike"} or (name == "rule" and situation.offers_rule):
        return [line.stylize("$text-warning") for line in shown]
    if name == "rule" or (name == "why" and not row.reason):
        return [line.stylize("$foreground-muted") for line in shown]
    return shown


def _share(needed: dict[str, int], lines: int) -> dict[str, int]:
    """Lines for each field: one for each, those left over to what a decision depends on most."""
    given = dict.fromkeys(needed, 1)
    left = lines - len(needed)
    for name in ("wants", "exactly", "record", "risk", "changes", "policy", "second", "why", "who", "rule", "alike"):
        more = max(0, min(left, needed.get(name, 1) - 1))
        if name in given:
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


def quota_words(quota: tuple[tuple[str, int], ...]) -> str:
    """A quota as a form takes it: `500 scrip, 20 units`; empty for none."""
    return ", ".join(f"{most} {name}" for name, most in quota)


def terms_words(row: RequestRow) -> str:
    """The terms of a request: `message.broadcast on *, 3 uses, for 10m`."""
    quota = f", at most {quota_words(row.quota)}" if row.quota else ""
    passed = f", passed on {row.depth} deep" if row.depth else ""
    return f"{row.verb} on {row.resource}, {uses(row.uses)}, for {fmt.duration(row.ttl)}{quota}{passed}"


def whole_request(row: RequestRow) -> Content:
    """Everything about a request, to be read at leisure."""
    facts = (
        ("state", row.state),
        ("asks", f"{row.requester}: {row.requester_line}"),
        ("record", row.record),
        ("wants", row.sentence),
        ("through", ", ".join(row.on_behalf_of) or "nobody: it asks for itself"),
        ("terms", terms_words(row)),
        ("exactly", row.payload or "left open"),
        ("changes", row.effect),
        ("risk", f"{row.risk}; costs {row.cost}"),
        ("second", second(row) or "one person decides"),
        ("policy", row.policy),
        *(("", traced) for traced in row.trace),
        ("asked", fmt.clock(row.asked_at)),
        ("until", fmt.clock(row.decide_by)),
        ("decided", f"by {row.decided_by}: {row.decision_reason}" if row.decided_by else "not yet"),
        ("grant", f"#{row.grant}" if row.grant is not None else "none"),
        ("again", f"asked again {row.again:,} times, answered by this decision" if row.again else "not asked again"),
    )
    lines = [Content.assemble((f"{name:{_LABEL}}", "$foreground-muted"), clean(value)) for name, value in facts]
    reason = Content(f"“{clean_lines(row.reason)}”")
    rule = Content.styled(clean_lines(row.rule), "$foreground-muted")
    return Content("\n").join([*lines, Content(""), reason, Content(""), rule])


def _field(name: str, lines: list[Content]) -> list[Content]:
    """Lines with a name before the first and space before the others."""
    return [
        Content.assemble((f"{name if number == 0 else '':{_LABEL}}", "$foreground-muted"), line)
        for number, line in enumerate(lines)
    ]
