"""When periodic work is due by a cron expression: UTC, counted from the time zero of every world."""

from datetime import UTC, datetime, timedelta

from cronsim import CronSim, CronSimError

from engine.kernel.entities import SimTime

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Time zero of every world."""
_MICROSECOND = timedelta(microseconds=1)


def cron_problem(expression: str) -> str | None:
    """What is wrong with a cron expression; None if it names times that come."""
    try:
        next(CronSim(expression, EPOCH))
    except CronSimError as error:
        return str(error)
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
