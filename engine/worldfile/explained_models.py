"""The models of a world, told to people in plain text."""

from collections.abc import Iterator

from engine.kernel.durations import duration_text
from engine.worldfile.problems import safe
from engine.worldfile.schema import World


def model_lines(world: World) -> Iterator[str]:
    """Each model: what and where it is, its limits, and who stands in for it."""
    for name, model in world.models.items():
        where = f" at {safe(model.api_base, 200)}" if model.api_base is not None else ""
        yield f"  {name}: {safe(model.model, 200)}{where}"
        rates = [f"{model.rpm:,} requests a minute"] if model.rpm is not None else []
        rates += [f"{model.tpm:,} tokens a minute"] if model.tpm is not None else []
        limits = ", ".join([f"{model.max_tokens:,} tokens out", f"{model.concurrency} at once", *rates])
        yield f"    {limits}; {model.tries} tries within {duration_text(model.deadline)}"
        if model.fallbacks:
            yield f"    stands in for it: {', then '.join(model.fallbacks)}"
