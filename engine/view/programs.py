"""The program that drives an agent, and the line where it waits."""

from typing import Any

from pydantic import ValidationError

import engine.kernel.entities as ent
from engine.code.measures import Taken
from engine.minds.program import Program, ProgramParams
from engine.sandbox.types import MAX_SOURCE
from engine.view.code import mind_failure
from engine.view.code_types import ProgramView
from engine.view.ring import Place
from engine.view.words import whole

MIND = "program"


def program_view(
    params: Any, row: ent.Program | None, taken: Taken | None, about: list[Place], agent: str
) -> ProgramView:
    """A program by its parameters, where it is suspended, and what it last printed since the run was opened."""
    source, code = _source(params)
    stands = row is not None and row.code == code
    return ProgramView(
        source=source,
        line=row.line if stands and row is not None else 0,
        waits=_waits(row, stands),
        begun_at=row.begun_at if row is not None else None,
        replies=row.replies if row is not None else 0,
        size=row.size if row is not None else 0,
        request=row.request if row is not None else None,
        printed=whole(taken.printed) if taken is not None else "",
        failure=mind_failure(about, agent),
    )


def _source(params: Any) -> tuple[str, str]:
    """The source, and what names it with its arguments; of a configuration that does not hold, what there is."""
    try:
        parsed = ProgramParams.model_validate(params)
    except ValidationError:
        given = params.get("source") if isinstance(params, dict) else None
        return (given[:MAX_SOURCE] if isinstance(given, str) else ""), ""
    return parsed.source, Program(parsed).code


def _waits(row: ent.Program | None, stands: bool) -> str:
    if row is None:
        return "it begins at its top with its next step"
    if not stands:
        return "it was reprogrammed: it begins at its top with its next step"
    return row.asked
