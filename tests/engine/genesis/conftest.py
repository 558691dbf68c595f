"""The fixture of the genesis tests."""

import pytest

from tests.engine.genesis.tiny import Tiny


@pytest.fixture
def world() -> Tiny:
    """A tiny world, fresh for each test."""
    return Tiny()
