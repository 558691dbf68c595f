"""What is wrong in a world file is told in the file's own words."""

import pytest

from engine.worldfile import WorldFileError
from tests.engine.worldfile_kit import SMALL, load


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("[exchange]\n[exchange]\n", "cannot declare [exchange] twice"),
        ('[models.fast]\nmodel = "openai/small"\nmax_token = 5\n', "did you mean `max_tokens`?"),
        ("[[loans]]\ncollateral = { disk = 10 }\n", "write [[loans.collateral]] with double brackets"),
        ("[[loans]]\ncollateral = 5\n", "must be an array of tables, not 5; give tables in brackets"),
        ('[retention]\nkeep = "-5s"\n', "must not be below 0"),
        ("[health.thresholds.gini]\nwarning = nan\n", "must be a number that is finite"),
    ],
)
def test_what_is_wrong_is_told_with_what_would_be_right(more: str, said: str) -> None:
    with pytest.raises(WorldFileError) as caught:
        load(SMALL + more)
    assert said in str(caught.value)
