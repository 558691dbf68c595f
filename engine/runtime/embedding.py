"""Where the vectors of texts come from: a model of the world, or the log of a run that is run again."""

from collections.abc import Mapping

from engine.genesis.meaning import Embed, Embedded, NotEmbedded
from engine.genesis.vectors import missing
from engine.kernel.budget import LLM
from engine.models.client import Models
from engine.models.estimate import most
from engine.models.types import Answer, Message, Request
from engine.worldfile.schema import World

Answers = Mapping[str, Embedded | NotEmbedded]


class ModelVectors:
    """Asks the model that a world names for its memories."""

    def __init__(self, models: Models, model: str) -> None:
        self._models, self._model = models, model

    @classmethod
    def of(cls, world: World, models: Models) -> "ModelVectors | None":
        """What a world asks; None if its memories have no vectors."""
        vectors = world.memory.vectors
        return None if vectors is None else cls(models, vectors.model)

    async def __call__(self, digest: str, text: str, allowed: int | None) -> Embedded | NotEmbedded:
        """The vector of a text, or why there is none: what may cost more than is allowed is not asked for."""
        if why := missing():
            return NotEmbedded(why)
        request = Request(self._model, (Message("user", text),), embed=True)
        if allowed is not None:
            worst = most(request, self._models.specs, await self._models.describe()).one_try
            if worst is not None and worst > allowed:
                return NotEmbedded(f"a vector can cost {worst} {LLM}, and {allowed} are there", unpaid=True)
        outcome = await self._models.complete(request)
        if isinstance(outcome, Answer):
            return Embedded(bytes(part & 255 for part in outcome.vector), outcome.cost)
        return NotEmbedded(f"{outcome.kind}: {outcome.said}")


def recorded_vectors(answers: Answers) -> Embed:
    """What gives the answers that a run has had; of an outage the log has the first reason, and the memory keeps it."""

    async def embed(digest: str, text: str, allowed: int | None) -> Embedded | NotEmbedded:
        return answers.get(digest, NotEmbedded(""))

    return embed
