"""What holds for all tests: property tests have no clock, and continuous integration always draws the same examples.

Sockets of runs are made in a directory of the tests' own, with a path that is short enough for them.
"""

import os
from collections.abc import Iterator
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("local"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(autouse=True, scope="session")
def runtime_folder() -> Iterator[None]:
    """Nothing is served where the user's own runs are."""
    with TemporaryDirectory(prefix="eco-") as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", folder)
        patch.delenv("ECOSIM_RUNTIME_DIR", raising=False)
        yield
