"""docs/health.md defines every figure with unit, formula and default thresholds, as the engine has them."""

from pathlib import Path

import pytest

from engine.health.figure_catalogue import FIGURES, GROUPS, Figure
from engine.health.figures import figure_of, in_order
from engine.worldfile.loader import load_text
from tests.engine.worldfile_kit import SMALL

TEXT = (Path(__file__).parents[3] / "docs" / "health.md").read_text(encoding="utf-8")


def limits(figure: Figure) -> str:
    said = (("warning", figure.warning), ("critical", figure.critical))
    return ", ".join(f"{word} {figure.bad} {value:g}" for word, value in said if value is not None)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: str(figure.name))
def test_a_figure_is_defined(figure: Figure) -> None:
    name = f"`{figure.name}_ASSET`" if figure.per else f"`{figure.name}`"
    assert f"| {name} | {figure.unit} | {figure.tells} | {figure.formula} | {limits(figure)} |" in TEXT
    assert figure.group in GROUPS
    assert figure.means


def test_no_figure_is_defined_that_is_not_there() -> None:
    figures = TEXT.partition("## Figures")[2].partition("## Thresholds")[0]
    assert sum(line.startswith("| `") for line in figures.splitlines()) == len(FIGURES)


def test_the_example_is_a_world_file() -> None:
    (example,) = [block.partition("```")[0] for block in TEXT.split("```toml\n")[1:]]
    assert set(load_text(SMALL + example, "w.toml").world.health.thresholds) == {"gini", "velocity", "dormant_ratio"}


def test_figures_are_found_by_name_and_stand_in_the_order_of_the_catalogue() -> None:
    assert figure_of("price_cpu_rate") is not None
    assert figure_of("agents_active") is not None
    assert figure_of("nothing") is None
    names = ["spread_disk", "zebra", "gini", "spread_cpu_rate", "price_disk", "agents"]
    assert in_order(names) == ["gini", "agents", "price_disk", "spread_cpu_rate", "spread_disk", "zebra"]
