"""Looking up key figures by name, alone and by the asset that they are of."""

from collections.abc import Iterable, Iterator

from engine.health.figure_catalogue import FIGURES, GROUPS, Figure

PER_ASSET = {one.name: one for one in FIGURES if one.per}
SINGLE = {one.name: one for one in FIGURES if not one.per}
_ORDER = {one.name: rank for rank, one in enumerate(FIGURES)}
TOTAL = "total_"
"""What begins so is a count since time zero in a sample: what the next sample goes on from, and no figure."""


def figure_of(name: str) -> Figure | None:
    """The figure of this name, that of the family for one of an asset."""
    return SINGLE.get(name) or PER_ASSET.get(name.partition("_")[0])


def asset_of(name: str) -> str:
    """The asset that a figure is of; empty if it is of none."""
    return "" if name in SINGLE else name.partition("_")[2]


def in_order(names: Iterable[str]) -> list[str]:
    """Names of figures, group by group, in the order in which they are listed here."""
    return sorted(names, key=_place)


def _place(name: str) -> tuple[int, int, str]:
    one = figure_of(name)
    return (len(GROUPS), 0, name) if one is None else (GROUPS.index(one.group), _ORDER[one.name], name)


def figure_names(assets: Iterable[tuple[str, str]]) -> Iterator[str]:
    """All names that there are in a world, of whose assets (id, kind) are given; `instrument` is a kind here too."""
    yield from SINGLE
    for asset, kind in assets:
        yield from (f"{one.name}_{asset}" for one in PER_ASSET.values() if kind in one.per)
