"""The worked example of docs/debt.md is what the engine reckons."""

import re
from pathlib import Path

from engine.genesis import lending
from engine.kernel import loans
from engine.kernel.entities import Json
from engine.kernel.interest import fee
from engine.kernel.loans import Loan, Schedule

TEXT = (Path(__file__).parents[2] / "docs" / "debt.md").read_text(encoding="utf-8")
DAY = 86_400_000_000


def example(schedule: str, **more: object) -> Loan:
    terms: Json = {"rate": 250, "period": DAY, "periods": 4, "schedule": schedule, "compound": False, "grace": 0}
    return lending.example(
        1_000, {**terms, "late_rate": 0, "early_fee": 0, "recourse": False, "auto_pay": True, **more}
    )


def test_the_table_of_payments_is_what_the_schedules_say() -> None:
    days = [[cell.strip() for cell in row.split("|")[2:-1]] for row in re.findall(r"^\| \d \|.*$", TEXT, re.MULTILINE)]
    assert len(days) == 4
    (totals,) = re.findall(r"^\| interest in all \|(.*)\|$", TEXT, re.MULTILINE)
    columns: list[list[tuple[int, int]]] = []
    for schedule in Schedule:
        lines = {line.at // DAY: line for line in loans.plan(example(schedule))}
        columns.append([(lines[d].interest, lines[d].principal) if d in lines else (0, 0) for d in range(1, 5)])
    shown = [[tuple(int(n.replace(",", "")) for n in cell.split(" + ")) for cell in day] for day in days]
    assert [list(column) for column in zip(*shown, strict=True)] == columns
    assert [int(cell) for cell in totals.split("|")] == [sum(i for i, _ in column) for column in columns]


def test_the_figures_in_the_text_are_right() -> None:
    (compound,) = re.findall(r"the bullet costs (\d+) instead of 100", TEXT)
    assert int(compound) == loans.plan(example("bullet", compound=True))[0].interest
    (interest, rate, more) = re.findall(r"costs (\d+) of interest; with an `early_fee` of (\d+) it costs (\d+)", TEXT)[
        0
    ]
    halfway = loans.accrued(loans.fallen_due(loans.accrued(example("bullet"), DAY)), DAY * 3 // 2)
    assert (halfway.interest, fee(1_000, int(rate))) == (int(interest), int(more))
