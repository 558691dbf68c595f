"""docs/escrow.md: the world on it runs and sells, and the query under it says what it is said to say."""

import re
from contextlib import closing
from pathlib import Path

import pytest

from ecosim_tui.cli import DONE, main
from engine.store.files import connect_reader

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "escrow.md").read_text(encoding="utf-8")
LESSON = (DOCS / "lessons" / "auction_house.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five minutes of the world on the page."""
    folder = tmp_path_factory.mktemp("gallery")
    (world,) = re.findall(r"^```toml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    (folder / "gallery.toml").write_text(world, encoding="utf-8")
    arguments = ["run", str(folder / "gallery.toml"), "--headless", "--for", "5m", "--db", str(folder / "g.db")]
    assert main(arguments) == DONE
    return folder / "g.db"


def asked(run: Path, query: str) -> list[tuple[object, ...]]:
    with closing(connect_reader(run)) as connection:
        found: list[tuple[object, ...]] = connection.execute(query).fetchall()
        return found


def test_the_world_on_the_page_sells_by_both_kinds_of_auction(gallery: Path) -> None:
    kinds = [kind for (kind,) in asked(gallery, "SELECT DISTINCT kind FROM sales ORDER BY kind DESC")]
    assert kinds == ["english", "dutch"]


def test_the_second_highest_bid_is_below_what_the_winner_paid(gallery: Path) -> None:
    (query,) = re.findall(r"^    (SELECT.*?;)$", TEXT, re.MULTILINE | re.DOTALL)
    rows = asked(gallery, query)
    assert rows
    assert all(0 < second < price for _, price, second in rows)  # type: ignore[operator]


@pytest.mark.parametrize("query", re.findall(r"^```sql\n(.*?)^```", LESSON, re.MULTILINE | re.DOTALL))
def test_the_queries_of_the_lesson_run(query: str, tmp_path: Path) -> None:
    run = tmp_path / "house.db"
    assert main(["run", "auction_house", "--headless", "--for", "5m", "--seed", "7", "--db", str(run)]) == DONE
    assert asked(run, query)


def test_the_settings_to_try_are_ones(tmp_path: Path) -> None:
    settings = re.findall(r"`--set (\S+)`", LESSON)
    assert len(settings) == 5
    arguments = [part for setting in settings for part in ("--set", setting)]
    run = tmp_path / "other.db"
    assert main(["run", "auction_house", "--headless", "--for", "1m", *arguments, "--db", str(run)]) == DONE
