"""Figures as people read them: pure functions from numbers to short plain text."""

import re
from collections.abc import Sequence

SECOND = 1_000_000
_UNITS = {"us": 1, "ms": 1_000, "s": SECOND, "m": 60 * SECOND, "h": 3_600 * SECOND, "d": 86_400 * SECOND}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(us|ms|[smhd])")
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LEVELS = "▁▂▃▄▅▆▇█"

STATE_SIGNS = {"active": "●", "blocked": "◐", "sleeping": "☾", "dormant": "○", "paused": "‖"}
"""A sign for each state of an agent, so that colour never tells it alone."""
RUN_SIGNS = {"RUNNING": "▶", "PAUSED": "‖", "STOPPED": "■", "FAILED": "✗", "LOST": "?"}
"""A sign for each state of a run."""
HEALTH_SIGNS = {"healthy": "●", "warning": "▲", "critical": "✗"}
"""A sign for each state of health."""
TREND_SIGNS = {"rising": "↗", "falling": "↘", "steady": "→", "": ""}
"""A sign for where a figure is going."""
RISK_SIGNS = {"low": "·", "medium": "▲", "high": "▲▲"}
"""A sign for each class of risk of a request."""


def count(number: int) -> str:
    """A whole number with separators: ``12,345``."""
    return f"{number:,}"


def short(number: float) -> str:
    """A number in at most about six characters: ``950``, ``12.3k``, ``4.5M``."""
    size = abs(number)
    for limit, divisor, suffix in ((1e4, 1, ""), (1e6, 1e3, "k"), (1e9, 1e6, "M"), (1e12, 1e9, "G")):
        if size < limit:
            shown = number / divisor
            return f"{shown:,.0f}{suffix}" if divisor == 1 or abs(shown) >= 100 else f"{shown:.1f}{suffix}"
    return f"{number / 1e12:.1f}T"


def figure(value: float | None, unit: str = "") -> str:
    """A measured figure with its unit; ``–`` where there was nothing to measure."""
    if value is None:
        return "–"
    size = abs(value)
    if value == int(value) and size < 1e7:
        text = f"{int(value):,}"
    elif size >= 1e5:
        text = short(value)
    elif size < 0.001:
        text = f"{value:.2g}"
    else:
        text = f"{value:,.1f}" if size >= 100 else f"{value:.2f}" if size >= 1 else f"{value:.3f}"
    return f"{text} {unit}" if unit else text


def rate(per_second: float) -> str:
    """Things per second: ``56.2/s``, ``1,204/s``."""
    return f"{per_second:,.0f}/s" if per_second >= 100 else f"{per_second:.1f}/s"


def size(number: int) -> str:
    """Bytes in binary units: ``512 B``, ``12.3 MiB``."""
    if number < 1024:
        return f"{number} B"
    amount = float(number)
    for unit in ("KiB", "MiB", "GiB", "TiB"):
        amount /= 1024
        if amount < 1024 or unit == "TiB":
            return f"{amount:.0f} {unit}" if amount >= 100 else f"{amount:.1f} {unit}"
    raise AssertionError("the last unit has no limit")


def dollars(micro_usd: int) -> str:
    """µUSD as dollars, with as many digits as matter: ``$1.50``, ``$0.0042``."""
    return f"${micro_usd / 1e6:,.2f}" if micro_usd == 0 or abs(micro_usd) >= 100_000 else f"${micro_usd / 1e6:.4f}"


def clock(micros: int) -> str:
    """World time since time zero: ``00:02:05``, ``3d 04:00:00``."""
    days, seconds = divmod(micros // SECOND, 86_400)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    text = f"{hour:02}:{minute:02}:{second:02}"
    return f"{days}d {text}" if days else text


def stamp(micros: int) -> str:
    """World time of one event, to the tenth of a second: ``00:02:05.3``."""
    return f"{clock(micros)}.{micros % SECOND // 100_000}"


def duration(micros: int) -> str:
    """A length of time in its two largest units: ``450ms``, ``2m 05s``, ``1d 3h``."""
    if micros < 0:
        return f"-{duration(-micros)}"
    if micros < SECOND:
        return f"{micros // 1000}ms" if micros % 1000 == 0 or micros >= 1000 else f"{micros}us"
    if micros < 10 * SECOND and micros % SECOND:
        return f"{micros / SECOND:.1f}s"
    seconds = micros // SECOND
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3_600:
        return f"{seconds // 60}m {seconds % 60:02}s" if seconds % 60 else f"{seconds // 60}m"
    if seconds < 86_400:
        return f"{seconds // 3_600}h {seconds % 3_600 // 60:02}m" if seconds % 3_600 >= 60 else f"{seconds // 3_600}h"
    return f"{seconds // 86_400}d {seconds % 86_400 // 3_600}h"


def parse_duration(text: str) -> int:
    """Micros of ``2s``, ``1h30m``, ``1.5s``, ``250ms``. Raises ValueError that says what would be right."""
    compact = text.replace(" ", "").lower()
    parts = _DURATION.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise ValueError(f"{text[:40]!r} is no length of time; write it like 90s, 10m, 1h30m or 250ms")
    return sum(round(float(number) * _UNITS[unit]) for number, unit in parts)


def pace(scale: float | None) -> str:
    """World seconds per real second: ``1x``, ``0.5x``, ``max``."""
    return "max" if scale is None else f"{scale:g}x"


def bar(part: float, whole: float, width: int) -> str:
    """A horizontal bar of exactly ``width`` cells, filled by ``part`` of ``whole``; full when the whole is nothing."""
    share = 1.0 if whole <= 0 < part else 0.0 if whole <= 0 else min(1.0, max(0.0, part / whole))
    eighths = round(share * width * 8)
    if share > 0 and not eighths:
        eighths = 1
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width, "·")


def spark(history: Sequence[float | None], width: int) -> str:
    """The last ``width`` values as a line of blocks; a gap where there was nothing to measure."""
    return chart(history, width, 1)[0]


def chart(history: Sequence[float | None], width: int, height: int) -> list[str]:
    """The last ``width`` values as columns of blocks in ``height`` lines, the newest at the right.

    The lowest value is one eighth high. A flat line stands at the bottom for zero, in the middle for anything else.
    """
    values = list(history[-width:]) if width > 0 else []
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    eighths = height * 8

    def level(value: float | None) -> int:
        if value is None:
            return 0
        if high == low:
            return 1 if high == 0 else height * 4
        return min(eighths, 1 + int((value - low) / (high - low) * eighths))

    levels = [level(value) for value in values]
    marks = f" {_LEVELS}"
    rows = reversed(range(height))
    return ["".join(marks[max(0, min(8, one - row * 8))] for one in levels).rjust(width) for row in rows]


def state(name: str) -> str:
    """The state of an agent with its sign: ``● active``."""
    return f"{STATE_SIGNS.get(name, '?')} {name}"
