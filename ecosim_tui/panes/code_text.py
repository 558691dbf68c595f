"""Code in words: methods, contracts, callers, what it took, whom it refused, where it failed; agents' text is data."""

from collections.abc import Sequence

from textual.content import Content

from ecosim_tui import format as fmt
from ecosim_tui.widgets.document import clean_lines
from ecosim_tui.widgets.text import clean
from engine.view.code_types import CallerRow, ContractLink, Denial, FailureRow, Measured, MethodRow

_MUTED = "$foreground-muted"
_DENYING = frozenset({"missing", "not executable"})


def heading(text: str) -> Content:
    """The title of a part."""
    return Content.styled(text, "bold $text-primary")


def fact(name: str, value: str, room: int = 9) -> Content:
    """A name and what there is to say."""
    return Content.assemble((f"{name:{room}}", _MUTED), clean(value))


def chain_lines(chain: Sequence[ContractLink]) -> list[Content]:
    """Who decides, and below each who decides about it; what denies everything stands out by a sign and a word."""
    if not chain:
        return [Content.styled("! it names no contract: nobody may do anything with it", "bold $text-error")]
    return [_link(one) for one in chain]


def _link(link: ContractLink) -> Content:
    branch = "  " * link.level + ("└ " if link.level else "")
    if link.again:
        return Content.assemble(branch, clean(link.id), (" ↺ a circle: it stands above already", _MUTED))
    if link.kind in _DENYING:
        return Content.assemble(branch, (clean(f"! {link.id}  {link.kind}: {link.by}"), "bold $text-error"))
    between = " " if link.kind == "written" else ": "
    return Content.assemble(branch, (clean(link.id), "bold"), (clean(f"  {link.kind}{between}{link.by}"), _MUTED))


def method_lines(methods: Sequence[MethodRow]) -> list[Content]:
    """A signature with its price for each method, and below it what it is for."""
    lines = []
    for one in methods:
        price = f"  {fmt.count(one.price)} scrip" if one.price else "  free"
        signature = f"{clean(one.name)}({clean(', '.join(one.params))})"
        lines.append(Content.assemble((signature, "bold"), (price, "$text-warning" if one.price else _MUTED)))
        if one.tells:
            lines.append(Content.styled("    " + clean(one.tells), _MUTED))
    return lines


def measured_lines(measured: Measured | None) -> list[Content]:
    """What running it took in the whole run."""
    if measured is None:
        return [Content("It has not run yet.")]
    failed = f", {fmt.count(measured.failures)} failed" if measured.failures else ""
    each = f", {_micros(measured.cpu // measured.calls)} a call" if measured.calls else ""
    disk = f", {fmt.size(measured.disk)} of disk traffic" if measured.disk else ", no disk traffic"
    return [
        fact("calls", f"{fmt.count(measured.calls)}{failed}; {fmt.count(measured.host_calls)} calls into the world"),
        fact("CPU", f"{_micros(measured.cpu)}{each}; {_micros(measured.wall)} of wall time"),
        fact("memory", f"{fmt.size(measured.peak)} at the most{disk}"),
    ]


def _micros(micros: int) -> str:
    return f"{fmt.count(micros)} µs" if micros < 10_000 else fmt.duration(micros)


def caller_lines(callers: Sequence[CallerRow]) -> list[Content]:
    """Who called it, the latest first."""
    if not callers:
        return [Content.styled("Nobody has called it lately.", _MUTED)]
    return [_caller(one) for one in callers]


def _caller(one: CallerRow) -> Content:
    times = "once" if one.calls == 1 else f"{fmt.count(one.calls)} times"
    failed = (f", ✗ {fmt.count(one.failures)} in vain", "bold $text-error") if one.failures else ""
    tail = (f", last {clean(one.last)} at {fmt.clock(one.last_at)}", _MUTED)
    return Content.assemble((clean(one.who), "bold"), f"  {times}", failed, tail)


def failure_lines(failures: Sequence[FailureRow]) -> list[Content]:
    """Where it failed and how, and for whom, the latest first."""
    lines = []
    for one in failures:
        place = f"line {one.line}" if one.line else "at no line known"
        whose = f"{one.who}: {one.what}" if one.what else one.who
        head = clean(f"✗ {fmt.clock(one.at)} {place} ({whose})")
        lines.append(Content.styled(head, "bold $text-error"))
        lines += indented(f"{one.limit}: {one.error}" if one.limit else one.error)
    return lines


def denial_lines(denials: Sequence[Denial]) -> list[Content]:
    """Who was refused what, and why: what they were told, and what is for the operator alone."""
    lines = []
    for one in denials:
        head = clean(f"✗ {fmt.clock(one.at)} {one.who}: {one.what} ({one.code})")
        lines.append(Content.styled(head, "bold $text-error"))
        lines += indented(one.story or one.why)
    return lines


def indented(text: str) -> list[Content]:
    """A text of several lines, a little to the right, its blank lines left out."""
    return [Content(f"  {line}") for line in clean_lines(text).split("\n") if line.strip()]
