"""What a measurement is: a figure, what it is compared with, what is wanted of it, and the row that comes of it."""

from dataclasses import asdict, dataclass
from typing import Any

Found = dict[str, tuple[float, float | None]]
"""What a subject has measured: value and reference value by the name of the figure."""

VALUE, RATIO, EXCESS = "value", "ratio", "value - reference"


@dataclass(frozen=True, slots=True)
class Target:
    """What is wanted: of the value, of the ratio, or of what the value is above its reference; bounds inclusive."""

    of: str = VALUE
    least: float | None = None
    most: float | None = None

    def met(self, value: float, reference_value: float | None) -> bool:
        """Whether a measurement reaches it; without its reference a ratio reaches nothing."""
        judged: float | None = value
        if self.of == RATIO:
            judged = value / reference_value if reference_value else None
        elif self.of == EXCESS:
            judged = value - reference_value if reference_value is not None else None
        if judged is None:
            return False
        return (self.least is None or judged >= self.least) and (self.most is None or judged <= self.most)

    def __str__(self) -> str:
        bound = f"≥ {self.least:,g}" if self.least is not None else f"≤ {self.most:,g}"
        return bound if self.of == VALUE else f"{self.of} {bound}"


@dataclass(frozen=True, slots=True)
class Figure:
    """Something that can be measured; `reference` names what it is compared with."""

    name: str
    unit: str
    reference: str
    target: Target


@dataclass(frozen=True, slots=True)
class Row:
    """A measurement as it is printed; `ratio` is always value / reference_value, and the target says which way is good.

    Without a `value` it could not be measured, and is not ok.
    """

    name: str
    value: float | None
    unit: str
    reference: str
    reference_value: float | None
    ratio: float | None
    target: str
    ok: bool

    def to_json(self) -> dict[str, Any]:
        """The row as plain data."""
        return asdict(self)


def row(figure: Figure, found: tuple[float, float | None] | None) -> Row:
    """The row of a figure, measured or, with None, not."""
    value, reference_value = found if found is not None else (None, None)
    ratio = value / reference_value if value is not None and reference_value else None
    ok = value is not None and figure.target.met(value, reference_value)
    return Row(
        figure.name,
        _rounded(value),
        figure.unit,
        figure.reference,
        _rounded(reference_value),
        _rounded(ratio),
        str(figure.target),
        ok,
    )


def _rounded(value: float | None) -> float | None:
    """Four significant digits: more would claim more than a measurement holds."""
    return None if value is None else float(f"{value:.4g}")


def as_text(rows: list[Row]) -> str:
    """The rows as a table for people."""
    table = [("", "measured", "", "ratio", "against", "target")]
    for one in rows:
        sign = "ok" if one.ok else "--" if one.value is not None else "!!"
        value = f"{_number(one.value)} {one.unit}" if one.value is not None else "could not be measured"
        against = f"{_number(one.reference_value)}  {one.reference}" if one.reference_value is not None else ""
        table.append((one.name, value, sign, _number(one.ratio), against, one.target))
    widths = [max(len(line[place]) for line in table) for place in range(6)]
    return "\n".join(
        f"{name:{widths[0]}}  {value:>{widths[1]}}  {target:{widths[5]}}  {sign:2}  {ratio:>{widths[3]}}  {against}"
        for name, value, sign, ratio, against, target in table
    )


def _number(value: float | None) -> str:
    if value is None:
        return ""
    size = abs(value)
    return f"{value:,.0f}" if size >= 1000 else f"{value:.1f}" if size >= 100 else f"{value:.3g}"
