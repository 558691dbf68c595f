"""When periodic work is due by a cron expression: UTC, counted from the time zero of every world."""

from datetime import UTC, datetime, timedelta

from cronsim import CronSim, CronSimError

from engine.kernel.entities import SimTime

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Time zero of every world."""
_MICROSECOND = timedelta(microseconds=1)
_FIELDS = {
    "Bad second": "its second is none: 0 to 59",
    "Bad minute": "its minute is none: 0 to 59",
    "Bad hour": "its hour is none: 0 to 23",
    "Bad day-of-month": "its day of the month is none of its months: 1 to 31, or L for the last",
    "Bad month": "its month is none: 1 to 12, or JAN to DEC",
    "Bad day-of-week": "its weekday is none: 0 to 7 with Sunday as 0 and 7, or SUN to SAT",
    "Wrong number of fields": "it has to have five fields",
}
"""What is said of each error of cronsim's."""
NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""Words that other crons take, and the expression that each stands for."""


def cron_problem(expression: str) -> str | None:
    """What is wrong with a cron expression; None if it names times that come."""
    try:
        next(CronSim(expression, EPOCH))
    except CronSimError as error:
        return _FIELDS.get(str(error), str(error))
    except (StopIteration, OverflowError):
        return "it names a time that never comes"
    return None


def following(expression: str, after: SimTime) -> SimTime | None:
    """The first time that a cron expression names after a world time (µs); None if none comes.

    Raises ValueError for what is no cron expression.
    """
    try:
        return (next(CronSim(expression, EPOCH + after * _MICROSECOND)) - EPOCH) // _MICROSECOND
    except CronSimError as error:
        raise ValueError(f"{expression!r} is no cron expression: {error}") from error
    except (StopIteration, OverflowError):
        return None
