"""A report for people: rates per day where a run is long, what a sample spans, and what was 0 throughout apart."""

from engine.kernel.entities import Json
from engine.report.words import span

LONG = 2 * 86_400
"""A run of more seconds has its rates per day: per minute they would be too small to read."""
_PER_DAY = 1_440
_SCALED = ("value", "first", "lowest", "highest", "mean", "warning", "critical", "threshold")


def readable(report: Json) -> Json:
    """The report with units that say what they are; figures that are rates are worked out anew from those sampled."""
    run, health = report["run"], report["health"]
    daily, sample = run["sim_seconds"] > LONG, span(run["sample_every_seconds"])
    concerns = [_told(one, daily, sample) for one in health["concerns"]]
    figures = [_told(one, daily, sample) for one in report["figures"]]
    return {**report, "health": {**health, "concerns": concerns}, "figures": figures}


def _told(one: Json, daily: bool, sample: str) -> Json:
    unit = one["unit"]
    if daily and unit.endswith("/min"):
        scaled: Json = {key: _daily(one[key]) for key in _SCALED if key in one}
        if "series" in one:
            scaled["series"] = [[at, _daily(value)] for at, value in one["series"]]
            scaled["tells"] = one["tells"].replace("per minute", "per day")
            scaled["formula"] = one["formula"].replace("÷ minutes", "÷ days")
        return {**one, **scaled, "unit": unit.removesuffix("/min") + "/day"}
    return {**one, "unit": f"{unit} ({sample})"} if unit.endswith("per sample") else one


def _daily(value: float | None) -> float | None:
    return None if value is None else value * _PER_DAY


def apart(figures: list[Json]) -> tuple[list[Json], str]:
    """Figures of which something can be shown, and a line that names those that were 0 throughout."""
    none = [one["name"] for one in figures if one["lowest"] == one["highest"] == 0 and not one["level"]]
    line = f"nothing happened (0 throughout): {', '.join(none)}" if none else ""
    return [one for one in figures if one["name"] not in none], line
