"""`--model M`: another model takes the place of those that a world thinks and scores with."""

from typing import Any

from engine.worldfile.model_checks import LOCAL
from engine.worldfile.problems import KeyPath, Problem, shown

OPTION = "--model"


def put_model(document: dict[str, Any], model: str) -> list[KeyPath] | Problem:
    """Put a model into every `[models.NAME]` but that of embeddings; the places, or why there are none.

    What belongs to the model that was there goes with it: its price, and with its provider its address and its key.
    """
    models, vectors = document.get("models"), _vectors(document)
    if not isinstance(models, dict) or not models:
        remedy = "name one with [models.NAME], and agents that think with it"
        return Problem(OPTION, None, "", "this world has no [models], so nothing in it can use a model", remedy)
    sections = {name: one for name, one in models.items() if isinstance(one, dict) and name != vectors}
    if not sections:
        problem = f"the only model of this world, {shown(vectors)}, is for vectors of memories"
        return Problem(OPTION, None, "", problem, "add a [models.NAME] that agents think with")
    for section in sections.values():
        before = section.get("model")
        section["model"] = model
        gone = [] if before == model else ["price"]
        if model == LOCAL or _provider(before) != _provider(model):
            gone += ["api_base", "api_key_env"]
        for key in gone:
            section.pop(key, None)
    return [("models", name, "model") for name in sections]


def _vectors(document: dict[str, Any]) -> object:
    memory = document.get("memory")
    vectors = memory.get("vectors") if isinstance(memory, dict) else None
    return vectors.get("model") if isinstance(vectors, dict) else None


def _provider(model: object) -> str:
    return model.partition("/")[0] if isinstance(model, str) else ""
