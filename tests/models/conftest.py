"""One server and one models process for all tests of a session; each test finds them as if they were new."""

from collections.abc import Iterator

import pytest

from tests.models.kit import KEY, Live


@pytest.fixture(scope="session")
def _live() -> Iterator[Live]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ECOSIM_TEST_KEY", KEY)
        patch.delenv("ECOSIM_TEST_NO_KEY", raising=False)
        live = Live()
        live.run(live.models.describe())
        yield live
    live.close()


@pytest.fixture
def live(_live: Live) -> Live:
    """The server and the process."""
    _live.server.forget()
    _live.statuses.clear()
    return _live
