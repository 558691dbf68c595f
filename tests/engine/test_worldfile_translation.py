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
        (
            "[kpis.thresholds.gini]\nwarning = 1.0\n",
            "kpis: is not a key of a world file; did you mean [health.thresholds]?",
        ),
        ("[thresholds.gini]\nwarning = 1.0\n", "did you mean [health.thresholds]?"),
        ('[vectors]\nmodel = "x"\n', "did you mean [memory.vectors]?"),
        ('[run]\nscorer = "rules"\n', "did you mean `scorer` of [mint]?"),
        ('[[loans]]\nlender = "ann"\nborrower = "ann"\nprincipal = 1\n', "loans[0].period: is missing; add it"),
        ('[health]\nevery = "1ms"\n', 'health.every: must be at least 100ms, not "1ms"; give one such as'),
        (
            "[messages]\nfee_per_recipient = 1\n",
            "is taken for nobody; name an agent, or an artifact with standing, in fee_",
        ),
        (
            '[messages]\nfee_to = "trader"\n',
            'messages.fee_to: there is no principal "trader"; name one member, e.g. trader_1',
        ),
        (
            '[messages]\nfee_to = "note"\n',
            "messages.fee_to: note has no standing, so it cannot hold scrip; set standing",
        ),
        ("[health.thresholds.gini]\nwarning = nan\n", "must be a number that is finite"),
    ],
)
def test_what_is_wrong_is_told_with_what_would_be_right(more: str, said: str) -> None:
    with pytest.raises(WorldFileError) as caught:
        load(SMALL + more)
    assert said in str(caught.value)
