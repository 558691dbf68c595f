"""How the console looks, as pictures: after a change that is meant, `pytest tests/snapshots --snapshot-update`."""

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from ecosim_tui.app import EcosimApp
from engine.kernel.errors import EcosimError
from tests.console.driving import NARROW, WIDE, Console, app_on
from tests.console.fake_door import FakeDoor

Compare = Callable[..., bool]


@pytest.mark.parametrize(
    ("keys", "size"),
    [
        pytest.param((), NARROW, id="overview-narrow"),
        pytest.param((), WIDE, id="overview-wide"),
        pytest.param(("2",), NARROW, id="agents-narrow"),
        pytest.param(("2", "j", "j", "enter"), WIDE, id="agent-wide"),
        pytest.param(("2", "j", "j", "j", "enter"), WIDE, id="program-wide"),
        pytest.param(("3", "end", "enter"), NARROW, id="artifact-narrow"),
        pytest.param(("3", "j", "enter"), WIDE, id="code-wide"),
        pytest.param(("4",), WIDE, id="market-wide"),
        pytest.param(("6",), NARROW, id="kpis-narrow"),
        pytest.param(("7",), NARROW, id="requests-narrow"),
        pytest.param(("7", "j", "a"), WIDE, id="high-risk-wide"),
    ],
)
def test_looks(snap_compare: Compare, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    door = FakeDoor()
    assert snap_compare(app_on(door), terminal_size=size, run_before=press(door, keys))


def test_an_empty_world_looks(snap_compare: Compare) -> None:
    door = FakeDoor(empty=True)
    assert snap_compare(app_on(door), terminal_size=NARROW, run_before=press(door, ()))


def press(door: FakeDoor, keys: tuple[str, ...]) -> Callable[[Pilot[EcosimError]], Awaitable[None]]:
    """Wait until the run is open, then press keys."""

    async def before(pilot: Pilot[EcosimError]) -> None:
        app = app_of(pilot)
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        await Console(app, pilot, door).press(*keys)
        await pilot.pause()

    return before


def app_of(pilot: Pilot[EcosimError]) -> EcosimApp:
    """The application that a pilot flies."""
    app = pilot.app
    assert isinstance(app, EcosimApp)
    return app
