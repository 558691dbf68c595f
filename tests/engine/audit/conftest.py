"""One run of the gatekeeper on disk, for everything that reads logs."""

from pathlib import Path

import pytest

from ecosim_tui import cli
from engine.audit.audit import audit
from engine.audit.stories import Audit


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute and a half under the world's own rules."""
    path = tmp_path_factory.mktemp("gatekeeper") / "run.db"
    assert cli.main(["run", "gatekeeper", "--headless", "--for", "90s", "--db", str(path)]) == cli.DONE
    return path


@pytest.fixture
def found(run: Path) -> Audit:
    """Its audit."""
    return audit(run)
