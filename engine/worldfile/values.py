"""What the values of a world file are: durations, amounts, names, and the table that every section is.

Durations are written as text (`"1.5s"`, `"20m"`, `"2h"`, `"3d"`) and read into integer microseconds of world time;
amounts are whole numbers.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from engine.kernel.entities import SECOND

MAX = 2**53
_UNITS = {"us": 1, "ms": 1_000, "s": SECOND, "m": 60 * SECOND, "h": 3_600 * SECOND, "d": 86_400 * SECOND}
_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*(us|ms|s|m|h|d)", re.ASCII)


def parse_duration(value: object) -> int:
    """Microseconds from text like `"1.5s"`; raises ValueError that shows how a duration is written."""
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError('a duration is written as text with a unit (us, ms, s, m, h, d), e.g. "1.5s" or "20m"')
    micros = Decimal(match[1]) * _UNITS[match[2]]
    if micros != int(micros) or micros > MAX:
        raise ValueError("a duration is a whole number of microseconds, at most 285 years")
    return int(micros)


T = TypeVar("T")
Many = Annotated[tuple[T, ...], Field(strict=False)]
"""A TOML array, read into a tuple."""

Duration = Annotated[int, BeforeValidator(parse_duration), Field(gt=0)]
Period = Annotated[int, BeforeValidator(parse_duration), Field(ge=SECOND // 10)]
Delay = Annotated[int, BeforeValidator(parse_duration), Field(ge=0)]
Amount = Annotated[int, Field(ge=0, le=MAX)]
Positive = Annotated[int, Field(gt=0, le=MAX)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Text = Annotated[str, StringConstraints(max_length=20_000)]
Code = Annotated[str, StringConstraints(max_length=64_000)]
Line = Annotated[str, StringConstraints(max_length=200)]


@dataclass(frozen=True, slots=True)
class Names:
    """Marks a text that is the name of something in the world, which has to be there when a world file gives it."""

    what: Literal["agent", "asset", "mind", "model"]


class Section(BaseModel):
    """A table of the world file: unknown keys are refused, nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
