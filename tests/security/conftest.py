"""One sandbox for all tests of a module, because starting a broker costs more than most attacks on it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from engine.sandbox.types import Limits
from tests.security.kit import Bench, bench


@pytest.fixture(scope="module")
def limits() -> Limits:
    """What a call may take."""
    return Limits()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox(limits: Limits) -> AsyncIterator[Bench]:
    """The sandbox that the tests of a module share."""
    async with bench(limits) as one:
        yield one
