"""Steps that a model has planned: they are taken without asking it while nothing has come that it does not know of."""

import hashlib

import orjson

from engine.kernel.entities import Json
from engine.minds.llm.params import LlmParams
from engine.minds.observation import Observation

MOST_BYTES = 16_384
"""What the steps of a plan take at most, as JSON."""


def mark(observation: Observation, params: LlmParams) -> Json:
    """What a plan rests on: its configuration, the step, and all that can come in."""
    told = (params.model_dump(mode="json"), observation.prompt)
    given = [row.id for row in observation.artifacts() if row.created_by != observation.agent]
    return {
        "config": hashlib.blake2b(orjson.dumps(told), digest_size=8).hexdigest(),
        "step": observation.step,
        "has": {row.asset: row.available + row.held for row in observation.balances()},
        "requests": [row.id for row in observation.pending_requests()],
        "grants": [row.id for row in observation.all_grants()],
        "given": len(given),
        "cases": [row.id for row in observation.cases()],
    }


def disturbed(plan: Json, observation: Observation, params: LlmParams) -> str:
    """Why a plan does not go on; empty if it does."""
    before, now = plan.get("mark") or {}, mark(observation, params)
    if before.get("config") != now["config"]:
        return "your configuration has changed"
    if observation.messages:
        return "a message came"
    if "refused" in observation.result:
        return "a step of it was refused"
    if before.get("step") != now["step"] - 1:
        return "something else was done meanwhile"
    if any(amount > before["has"].get(asset, 0) for asset, amount in now["has"].items()):
        return "you were given something"
    if set(before["requests"]) - set(now["requests"]) or set(now["grants"]) - set(before["grants"]):
        return "a request was decided"
    if now["given"] > before["given"] or now["cases"] != before["cases"]:
        return "an artifact or a sale came to you"
    return ""


def bounded(steps: list[Json]) -> list[Json]:
    """The first steps, as many as a memory is to hold."""
    kept: list[Json] = []
    size = 0
    for step in steps:
        size += len(orjson.dumps(step))
        if size > MOST_BYTES:
            break
        kept.append(step)
    return kept
