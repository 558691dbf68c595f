"""Whether the thresholds of a world file are of figures that there are, and make sense."""

from collections.abc import Iterator
from math import inf

from engine.health.figure_catalogue import ABOVE
from engine.health.figures import figure_of
from engine.health.thresholds import known_figures
from engine.worldfile.problems import Finding, meant, shown
from engine.worldfile.schema import World


def health_findings(world: World) -> Iterator[Finding]:
    """Unknown figures, and a critical value on the wrong side of the warning."""
    kinds = {name: asset.kind for name, asset in world.assets.items()}
    known = known_figures(kinds, world.exchange.instruments)
    for name, said in world.health.thresholds.items():
        path = ("health", "thresholds", name)
        figure = figure_of(name)
        if figure is None or name not in known:
            yield Finding(path, f"there is no figure {shown(name)} here", meant(name, known, "the figures are"))
            continue
        lowest, highest = figure.range()
        for key, value in (("warning", said.warning), ("critical", said.critical)):
            if value is not None and not lowest <= value <= highest:
                bound = f"{lowest:g} to {highest:g}" if highest < inf else f"{lowest:g} or more"
                yield Finding(
                    (*path, key), f"is {value:g}, and {name} is always {bound}", "give a value that it can have"
                )
        when = said.when or figure.bad
        if said.warning is None or said.critical is None:
            continue
        if (said.critical < said.warning) if when == ABOVE else (said.critical > said.warning):
            side = "at or above" if when == ABOVE else "at or below"
            problem = f"is {said.critical:g}, which comes before the warning at {said.warning:g}: worse is {when}"
            yield Finding((*path, "critical"), problem, f"write a value {side} {said.warning:g}, or turn `when` round")
